import { css, html, nothing } from "lit";
import { base } from "../../../common/base.css";
import { quoted } from "../../../common/format";
import { Part, at, failed } from "../page";
import { layout, tables } from "../styles";
import "./credits";
import type { Statement, StatementKey } from "./shapes";
import { w, type Word } from "./words";

const MONTHS = 13;
const SHOWN = 100;

/** The months that can be asked for, this one first: hourly counts are kept for 400 days. */
function months(now = new Date()): string[] {
  return Array.from({ length: MONTHS }, (_, i) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - i)).toISOString().slice(0, 7),
  );
}

/** What an account used in a month, and what is left of its keys' credits. */
export class UsageStatement extends Part {
  static override properties = {
    ...Part.properties,
    month: { state: true },
    statement: { state: true },
    error: { state: true },
    changing: { state: true },
    shown: { state: true },
  };
  private month = months()[0]!;
  private statement: Statement | null = null;
  private error: unknown = null;
  private changing: StatementKey | null = null;
  private shown = SHOWN;
  private of: string | null = null;
  private asked = 0;

  protected override willUpdate(): void {
    const of = this.app.account?.id ?? "";
    if (of === this.of) return;
    this.of = of;
    void this.load();
  }

  private async load(): Promise<void> {
    const asked = ++this.asked;
    this.error = null;
    try {
      const statement = await this.app.api.get<Statement>(at(this.app, "billing", { month: this.month }));
      if (asked === this.asked) this.statement = statement;
    } catch (error) {
      if (asked === this.asked) this.error = error;
    }
  }

  private choose(month: string): void {
    this.month = month;
    this.shown = SHOWN;
    void this.load();
  }

  private refill(k: StatementKey) {
    const app = this.app;
    if (!k.refill) return html`<span class="muted">–</span>`;
    return html`${w(app, `refill_${k.refill.every}`, { n: k.refill.credits })}
      <span class="small muted">${w(app, "next", { when: app.format.day(k.refill.next_at) })}</span>`;
  }

  private row(k: StatementKey) {
    const app = this.app;
    const num = (name: Word, n: number) => html`<td class="num" data-label=${w(app, name)}>${app.format.number(n)}</td>`;
    return html`<tr>
      <td>
        <span class="cut name">${k.name || html`<span class="muted">–</span>`}</span>
        <span class="mono muted">${k.prefix}…</span>
      </td>
      ${num("granted", k.granted)} ${num("refused", k.refused)} ${num("credits", k.credits)}
      <td class="num" data-label=${w(app, "left")}>
        ${k.credits_left === null ? html`<span class="muted">${w(app, "unmetered")}</span>` : app.format.number(k.credits_left)}
      </td>
      <td data-label=${w(app, "refill")}>${this.refill(k)}</td>
      ${app.can("manage")
        ? html`<td class="act"><button type="button" class="link" aria-label=${w(app, "changeFor", { name: quoted(k.name || k.prefix) })}
            @click=${() => (this.changing = k)}>${w(app, "change")}</button></td>`
        : nothing}
    </tr>`;
  }

  private keys(s: Statement) {
    const app = this.app;
    if (!s.keys.length) return html`<p class="empty">${w(app, "noKeys")}</p>`;
    const head: [Word, string][] = [["key", ""], ["granted", "num"], ["refused", "num"], ["credits", "num"], ["left", "num"], ["refill", ""]];
    return html`<div class="table">
        <table class="cards">
          <thead>
            <tr>
              ${head.map(([name, kind]) => html`<th scope="col" class=${kind}>${w(app, name)}</th>`)}
              ${app.can("manage") ? html`<th scope="col"><span class="sr">${w(app, "actions")}</span></th>` : nothing}
            </tr>
          </thead>
          <tbody>${s.keys.slice(0, this.shown).map((k) => this.row(k))}</tbody>
        </table>
      </div>
      ${s.keys.length > this.shown
        ? html`<p class="more"><button type="button" class="button" @click=${() => (this.shown += SHOWN)}>${w(app, "more")}</button></p>`
        : nothing}`;
  }

  private groups(s: Statement) {
    const app = this.app;
    if (!s.route_groups?.length) return nothing;
    return html`<section>
      <h2>${w(app, "byGroups")}</h2>
      <div class="table narrow">
        <table>
          <thead>
            <tr><th scope="col">${w(app, "route_group")}</th><th scope="col" class="num">${w(app, "granted")}</th></tr>
          </thead>
          <tbody>
            ${s.route_groups.map(
              (g) => html`<tr>
                <td>${g.route_group ?? html`<span class="muted">${w(app, "noRoute")}</span>`}</td>
                <td class="num">${app.format.number(g.granted)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`;
  }

  protected override render() {
    const app = this.app;
    const s = this.statement;
    const name = new Intl.DateTimeFormat(app.language, { year: "numeric", month: "long", timeZone: "UTC" });
    const tile = (label: Word, n: number) => html`<div><dt>${w(app, label)}</dt><dd>${app.format.number(n)}</dd></div>`;
    return html`<div class="bar">
        <label>${w(app, "month")}
          <select @change=${(e: Event) => this.choose((e.target as HTMLSelectElement).value)}>
            ${months().map((m) => html`<option value=${m} ?selected=${m === this.month}>${name.format(new Date(`${m}-01T00:00:00Z`))}</option>`)}
          </select>
        </label>
        ${s ? html`<p class="muted">${w(app, "statementLead", { name: quoted(s.name) })}</p>` : nothing}
      </div>
      ${this.error
        ? failed(app, this.error, () => this.load())
        : s
          ? html`<dl class="tiles">${tile("granted", s.granted)} ${tile("refused", s.refused)} ${tile("credits", s.credits)}</dl>
              ${this.keys(s)} ${this.groups(s)}`
          : html`<p class="muted" role="status">${app.t("list.loading")}</p>`}
      ${this.changing
        ? html`<key-credits .app=${app} .line=${this.changing} @close=${() => (this.changing = null)} @done=${() => {
            this.changing = null;
            app.toast(w(app, "saved"));
            void this.load();
          }}></key-credits>`
        : nothing}`;
  }

  static override styles = [
    base,
    tables,
    layout,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 20px;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 20px;
      }
      .bar label {
        display: flex;
        align-items: center;
        gap: 8px;
        color: var(--cardea-muted);
        font-weight: 400;
      }
      .bar select {
        width: auto;
        color: var(--cardea-text);
      }
      .tiles {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(150px, 30%), 1fr));
        gap: 12px;
        margin: 0;
      }
      .tiles > div {
        padding: 12px clamp(10px, 2vw, 18px);
        border: 1px solid var(--cardea-border);
        border-radius: calc(var(--cardea-radius) + 2px);
        background: var(--cardea-surface);
      }
      dt {
        color: var(--cardea-muted);
        font-size: 13px;
      }
      dd {
        margin: 0;
        font-size: 24px;
        font-weight: 600;
        letter-spacing: -0.01em;
        font-variant-numeric: tabular-nums;
      }
      .name {
        display: block;
        max-width: 18rem;
        font-weight: 500;
      }
      section {
        display: grid;
        gap: 10px;
      }
      h2 {
        font-size: 15px;
      }
      .narrow {
        max-width: 420px;
      }
    `,
  ];
}
customElements.define("usage-statement", UsageStatement);
