import { css, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import type { Page as Listed } from "../../common/api";
import { base } from "../../common/base.css";
import "./audit/checkpoint";
import type { AuditCheckpoint } from "./audit/checkpoint";
import "./audit/record";
import type { AuditRecord } from "./audit/shapes";
import { w, type Word } from "./audit/words";
import { peopleOf } from "./names";
import { Page, at, failed } from "./page";
import { layout, tables } from "./styles";

const GROUPS = ["key", "session", "request", "content", "message", "policy", "webhook", "agent", "member", "user", "account", "audit"];
const EMPTY = { actor: "", action: "", subject: "", from: "", to: "" };
type Filter = typeof EMPTY;

/** Local midnight of a day as the API takes it; `after`: of the next one, since `to` is exclusive. */
function midnight(day: string, after = 0): string {
  const [y, m, d] = day.split("-").map(Number);
  return new Date(y!, m! - 1, d! + after).toISOString();
}

/** Who did what. */
class AuditPage extends Page {
  protected override readonly words = w;
  static override properties = {
    ...Page.properties,
    records: { state: true },
    cursor: { state: true },
    error: { state: true },
    busy: { state: true },
    typed: { state: true },
    shown: { state: true },
    people: { state: true },
  };
  private records: AuditRecord[] | null = null;
  private cursor: string | null = null;
  private error: unknown = null;
  private busy = false;
  private typed: Filter = EMPTY;
  private applied: Filter = EMPTY;
  private shown: AuditRecord | null = null;
  private people = new Map<string, string>();
  private of: string | null = null;
  private asked = 0;

  protected override willUpdate(): void {
    const of = this.app.account?.id ?? "";
    if (of === this.of) return;
    this.of = of;
    void this.load();
    void peopleOf(this.app).then((people) => (this.people = people));
  }

  private async load(cursor = ""): Promise<void> {
    const asked = ++this.asked;
    const f = this.applied;
    this.busy = true;
    this.error = null;
    if (!cursor) this.records = null;
    try {
      const query = {
        actor: f.actor.trim(),
        subject: f.subject.trim(),
        action: f.action,
        from: f.from ? midnight(f.from) : "",
        to: f.to ? midnight(f.to, 1) : "",
        cursor,
        limit: 50,
      };
      const page = await this.app.api.get<Listed<AuditRecord>>(at(this.app, "audit", query));
      if (asked !== this.asked) return;
      this.records = [...(this.records ?? []), ...page.data];
      this.cursor = page.next_cursor;
    } catch (error) {
      if (asked === this.asked) this.error = error;
    }
    this.busy = false;
  }

  private apply(part: Partial<Filter> = {}): void {
    this.typed = { ...this.typed, ...part };
    this.applied = this.typed;
    this.shown = null;
    void this.load();
    if (!part.actor && !part.subject) void this.renderRoot.querySelector<AuditCheckpoint>("audit-checkpoint")?.load();
  }

  private who(actor: string) {
    const app = this.app;
    const name = this.people.get(actor);
    if (name) return html`<bdi class="cut person" title=${actor}>${name}</bdi>`;
    if (actor === "root" || actor === "system" || actor === "nobody") return html`<span class="muted">${w(app, `people_${actor}`)}</span>`;
    return html`<span class="mono">${actor}</span>`;
  }

  /** Within a minute much may happen. */
  private seconds(time: string): string {
    return new Date(time).toLocaleString(this.app.language, { dateStyle: "medium", timeStyle: "medium" });
  }

  private row(r: AuditRecord) {
    const app = this.app;
    const refused = /\.(refused|denied|blocked|failed|leaked|exposed)$/.test(r.action);
    return html`<tr class="open" @click=${() => (this.shown = r)}>
      <td>
        <button type="button" class="action ${refused ? "bad" : ""}" aria-label=${w(app, "open", { index: r.index, action: r.action })}
          >${r.action}</button>
      </td>
      <td data-label=${w(app, "actor")}>${this.who(r.actor)}</td>
      <td class="mono sub" data-label=${w(app, "subjectShort")}>${this.people.get(r.subject) ?? r.subject}</td>
      <td class="mono ${r.address ? "" : "none"}" data-label=${w(app, "address")}>${r.address ?? html`<span class="muted">–</span>`}</td>
      <td class="time" data-label=${w(app, "time")}><time datetime=${r.time} title=${r.time}>${this.seconds(r.time)}</time></td>
    </tr>`;
  }

  private set(name: keyof Filter) {
    return (e: Event) => (this.typed = { ...this.typed, [name]: (e.target as HTMLInputElement).value });
  }

  private filters() {
    const app = this.app;
    const f = this.typed;
    const used = Object.values(this.applied).some(Boolean);
    return html`<form class="filters" @submit=${(e: Event) => (e.preventDefault(), this.apply())}>
      <div class="field">
        <label for="action">${w(app, "action")}</label>
        <select id="action" .value=${live(f.action)} @change=${(e: Event) => this.apply({ action: (e.target as HTMLSelectElement).value })}>
          <option value="">${w(app, "anyAction")}</option>
          ${GROUPS.map((g) => html`<option value="${g}.*" ?selected=${f.action === `${g}.*`}>${w(app, `group_${g}` as Word)}</option>`)}
        </select>
      </div>
      <div class="field">
        <label for="actor">${w(app, "actor")}</label>
        <input id="actor" list="people" autocomplete="off" spellcheck="false" maxlength="64" placeholder=${w(app, "actorHelp")}
          .value=${live(f.actor)} @input=${this.set("actor")} />
        <datalist id="people">${[...this.people].map(([id, name]) => html`<option value=${id}>${name}</option>`)}</datalist>
      </div>
      <div class="field">
        <label for="subject">${w(app, "subject")}</label>
        <input id="subject" autocomplete="off" spellcheck="false" maxlength="64" .value=${live(f.subject)} @input=${this.set("subject")} />
      </div>
      <div class="field day">
        <label for="from">${w(app, "from")}</label>
        <input id="from" type="date" .value=${live(f.from)} @input=${this.set("from")} />
      </div>
      <div class="field day">
        <label for="to">${w(app, "to")}</label>
        <input id="to" type="date" .value=${live(f.to)} @input=${this.set("to")} />
      </div>
      <div class="buttons">
        <button class="button">${w(app, "apply")}</button>
        ${used ? html`<button type="button" class="button" @click=${() => this.apply(EMPTY)}>${w(app, "clear")}</button>` : nothing}
      </div>
    </form>`;
  }

  private list() {
    const app = this.app;
    if (this.error)
      return failed(app, this.error, () => this.load());
    if (!this.records) return html`<p class="muted" role="status">${app.t("list.loading")}</p>`;
    const filtered = Object.values(this.applied).some(Boolean);
    const more = this.cursor
      ? html`<p class="more"><button type="button" class="button" ?disabled=${this.busy} @click=${() => this.load(this.cursor!)}>${w(app, "more")}</button></p>`
      : nothing;
    if (!this.records.length)
      return html`<p class="empty">${w(app, this.cursor ? "noneHere" : filtered ? "noneOf" : "none")}</p>${more}`;
    const head: Word[] = ["action", "actor", "subjectShort", "address", "time"];
    return html`<div class="table">
        <table class="cards">
          <thead><tr>${head.map((name) => html`<th scope="col">${w(app, name)}</th>`)}</tr></thead>
          <tbody>${this.records.map((r) => this.row(r))}</tbody>
        </table>
      </div>
      ${more}`;
  }

  protected override render() {
    const app = this.app;
    return html`<div class="head">
        <div>
          <h1>${w(app, "title")}</h1>
          <p class="lead">${w(app, "lead")}</p>
        </div>
      </div>
      <div class="stack">
        <audit-checkpoint ?hidden=${Boolean(this.error)} .app=${app} .newest=${this.records?.[0]?.index ?? -1}></audit-checkpoint>
        ${this.filters()}
        <div>${this.list()}</div>
      </div>
      ${this.shown
        ? html`<audit-record .app=${app} .record=${this.shown} .people=${this.people} @close=${() => (this.shown = null)}
            @filter=${(e: CustomEvent<Partial<Filter>>) => this.apply(e.detail)}></audit-record>`
        : nothing}`;
  }

  static override styles = [
    base,
    tables,
    layout,
    css`
      .filters {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
        gap: 12px;
        align-items: end;
      }
      .filters label {
        color: var(--cardea-muted);
        font-size: 13px;
      }
      .filters .buttons {
        display: flex;
        gap: 8px;
      }
      tr.open {
        cursor: pointer;
      }
      .action {
        padding: 0;
        border: 0;
        background: none;
        font: 500 13px var(--cardea-mono);
        text-align: start;
      }
      .action.bad {
        color: var(--cardea-danger-text);
      }
      .person {
        display: block;
        max-width: 14rem;
      }
      .sub {
        overflow-wrap: anywhere;
      }
      .time {
        white-space: nowrap;
      }
      @media (max-width: 640px) {
        .filters {
          grid-template-columns: 1fr 1fr;
        }
        .cards tr.open td {
          display: inline;
          margin-inline-end: 10px;
          font-size: 13px;
        }
        .cards tr.open td::before {
          content: none;
        }
        .cards tr.open td:first-child {
          display: block;
          margin-bottom: 2px;
        }
        .cards tr.open td.none {
          display: none;
        }
        .person {
          display: inline;
        }
      }
    `,
  ];
}
customElements.define("cardea-page-audit", AuditPage);
