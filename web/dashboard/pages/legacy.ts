import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { path } from "../../common/api";
import { quoted } from "../../common/format";
import { listing } from "../elements/listing";
import { List } from "../list";
import { PageElement } from "../page";
import { base, pageStyles } from "../styles";
import { speaker } from "../words";
import { words } from "./legacy/words";

const say = speaker(words);

interface Key {
  id: string;
  prefix: string;
  name: string;
  kind: string;
  legacy: boolean;
  status: "active" | "disabled" | "expired" | "revoked";
  user: string | null;
  last_used_at: string | null;
  use_count: number;
}

const MONTH_MS = 30 * 86_400_000;
const DAY_MS = 86_400_000;
const BADGE = { active: "warn", disabled: "", expired: "", revoked: "" } as const;

/** Which keys of an older system are still in use, and the way away from each. */
export class LegacyPage extends PageElement {
  static override properties = { ...PageElement.properties, month: { state: true } };
  /** Uses in the last 30 days by key; null: not known. */
  declare month: Map<string, number> | null;

  private readonly keys = new List<Key>(this, () => ({
    app: this.app,
    path: "keys",
    query: { ...this.app.accountQuery, kind: this.kinds[0], limit: 200 },
    keep: (key) => key.legacy,
  }));

  constructor() {
    super();
    this.month = null;
  }

  /** More than one kind of older key: then all keys are looked through. */
  private get kinds(): (string | undefined)[] {
    const names = this.app.product.kinds.filter((kind) => kind.legacy).map((kind) => kind.name);
    return names.length === 1 ? names : [undefined];
  }

  protected override firstUpdated(_changed: PropertyValues<this>): void {
    void this.keys.load();
    void this.count();
  }

  /** Without it the list stands as it is, with the day of the last use alone. */
  private async count(): Promise<void> {
    try {
      const { data } = await this.app.api.get<{ data: { key_id: string; granted: number }[] }>("usage", {
        ...this.app.accountQuery,
        by: "key",
      });
      this.month = new Map(data.map((row) => [row.key_id, row.granted]));
    } catch {
      this.month = null;
    }
  }

  private usedLately(key: Key): boolean {
    return key.last_used_at !== null && Date.now() - Date.parse(key.last_used_at) < MONTH_MS;
  }

  override render(): TemplateResult {
    const { app } = this;
    const working = this.keys.items.filter((key) => key.status === "active");
    return html`<div class="head">
        <div>
          <h1>${say(app, "title")}</h1>
          <p>${say(app, "about")}</p>
        </div>
      </div>
      ${working.length ? this.renderSums(working) : nothing}
      ${listing({
        app,
        list: this.keys,
        table: (keys) => this.renderTable(keys),
        empty: { icon: "legacy", title: say(app, "emptyTitle"), text: say(app, "emptyText") },
      })}
      ${working.length ? this.renderHow() : nothing}`;
  }

  private renderSums(working: Key[]): TemplateResult {
    const { app } = this;
    const used = working.filter((key) => this.usedLately(key)).length;
    const more = this.keys.hasMore ? "+" : "";
    const sums: [string, number, string][] = [
      [say(app, "working"), working.length, ""],
      [say(app, "used"), used, ""],
      [say(app, "unused"), working.length - used, working.length > used ? say(app, "unusedHint") : ""],
    ];
    return html`<dl class="sums">
      ${sums.map(
        ([name, count, hint]) =>
          html`<div class="card">
            <dt>${name}</dt>
            <dd>${app.format.number(count)}${more}</dd>
            ${hint ? html`<dd class="hint">${hint}</dd>` : nothing}
          </div>`,
      )}
    </dl>`;
  }

  private renderHow(): TemplateResult {
    const { app } = this;
    const { kinds, default_kind } = app.product;
    const kind = kinds.find((one) => one.name === default_kind)?.title ?? app.product.keys.noun;
    return html`<section class="how">
      <h2>${say(app, "howTitle")}</h2>
      <ol>
        <li>${say(app, "how1", { kind })}</li>
        <li>${say(app, "how2")} <code>Authorization: Bearer …</code></li>
        <li>${say(app, "how3")}</li>
      </ol>
    </section>`;
  }

  private renderTable(keys: Key[]): TemplateResult {
    const { app } = this;
    const sorted = [...keys].sort(
      (a, b) =>
        Number(b.status === "active") - Number(a.status === "active") ||
        (b.last_used_at ?? "").localeCompare(a.last_used_at ?? ""),
    );
    return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col">${say(app, "key")}</th>
          <th scope="col">${say(app, "status")}</th>
          <th scope="col">${say(app, "last")}</th>
          <th scope="col" class="num">${say(app, "month")}</th>
          <th scope="col" class="num">${say(app, "total")}</th>
          <th scope="col" class="end"><span class="sr">${app.loc.text("actions")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${sorted.map((key) => this.renderKey(key))}
      </tbody>
    </table>`;
  }

  private renderKey(key: Key): TemplateResult {
    const { app } = this;
    const uses = this.month ? app.format.number(this.month.get(key.id) ?? 0) : "–";
    return html`<tr>
      <td class="wide"><b class="cut">${key.name}</b><span class="cut muted mono">${key.prefix}…</span></td>
      <td data-label=${say(app, "status")}><span class="badge ${BADGE[key.status]}">${say(app, `status.${key.status}`)}</span></td>
      <td data-label=${say(app, "last")} class="nowrap">
        ${key.last_used_at
          ? html`<time datetime=${key.last_used_at} title=${app.format.time(key.last_used_at)}>${app.format.ago(key.last_used_at)}</time>`
          : html`<span class="muted">${say(app, "never")}</span>`}
      </td>
      <td data-label=${say(app, "month")} class="num">${uses}</td>
      <td data-label=${say(app, "total")} class="num">${app.format.number(key.use_count)}</td>
      <td class="end buttons">${key.status === "active" ? this.renderWays(key) : nothing}</td>
    </tr>`;
  }

  private renderWays(key: Key): TemplateResult {
    const { app } = this;
    const link = `${app.product.keys.path}?${new URLSearchParams({ name: key.name.slice(0, 100) })}#create`;
    const revoke = app.can("manage") || (app.can("write") && key.user !== null && key.user === app.session.user);
    const name = quoted(key.name);
    return html`${app.can("write")
      ? html`<a class="button" href=${app.href(link)} aria-label="${say(app, "replace")} ${name}">${say(app, "replace")}</a>`
      : nothing}
    ${revoke
      ? html`<button class="button bad" aria-label="${say(app, "revoke")} ${name}" @click=${() => this.tryRevoke(key)}>
          ${say(app, "revoke")}
        </button>`
      : nothing}`;
  }

  private tryRevoke(key: Key): void {
    this.revoke(key).catch((error: unknown) => this.app.toast(this.app.describe(error), "bad"));
  }

  private async revoke(key: Key): Promise<void> {
    const { app } = this;
    const name = quoted(key.name);
    const last = key.last_used_at;
    const sure = await app.confirm({
      title: say(app, "revokeTitle", { name }),
      text: last ? say(app, "revokeQuiet", { when: app.format.ago(last) }) : say(app, "revokeNever"),
      action: say(app, "revoke"),
      danger: true,
      ...(last && Date.now() - Date.parse(last) < DAY_MS ? { typed: key.name } : {}),
    });
    if (!sure) return;
    await app.api.delete(path`keys/${key.id}`);
    app.toast(say(app, "revoked", { name }));
    await this.keys.load();
  }

  static override styles = [
    ...base,
    pageStyles,
    css`
      .sums {
        display: grid;
        grid-template-columns: repeat(3, minmax(0, 1fr));
        gap: 12px;
        margin-bottom: 20px;
      }
      .sums .card {
        margin: 0;
        padding: 14px 16px;
      }
      .sums dt {
        color: var(--cardea-muted);
        font-size: 13px;
      }
      .sums dd:not(.hint) {
        margin-top: 2px;
        font-size: 24px;
        font-weight: 600;
        line-height: 1.25;
        font-variant-numeric: tabular-nums;
      }
      .buttons .button + .button {
        margin-inline-start: 4px;
      }
      .nowrap {
        white-space: nowrap;
      }
      .buttons .button {
        min-height: 32px;
        padding: 0 10px;
      }
      .how {
        margin-top: 32px;
      }
      .how ol {
        margin: 10px 0 0;
        padding-inline-start: 22px;
        list-style: decimal;
      }
      .how li + li {
        margin-top: 6px;
      }
      @media (max-width: 640px) {
        .sums {
          gap: 8px;
        }
        .sums .card {
          padding: 10px 12px;
        }
        table.rows tbody tr td.end.buttons {
          position: static;
          display: flex;
          gap: 8px;
          justify-content: flex-start;
          padding-top: 10px;
        }
        table.rows tbody tr td.end.buttons:empty {
          display: none;
        }
      }
    `,
  ];
}
customElements.define("cardea-page-legacy", LegacyPage);
