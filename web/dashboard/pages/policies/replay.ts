import { css, html, nothing } from "lit";
import { base } from "../../../common/base.css";
import { Part, at, failure } from "../page";
import { chips, tables } from "../styles";
import { actionChip } from "./rules";
import type { PolicyWhole, Replayed, Verdict } from "./shapes";
import { w } from "./words";

const CHANGES: [keyof Replayed["changes"], Verdict, Verdict][] = [
  ["flag_to_block", "flag", "block"],
  ["flag_to_allow", "flag", "allow"],
  ["block_to_flag", "block", "flag"],
  ["block_to_allow", "block", "allow"],
];

/** The draft over what was flagged or blocked before: what would be different. */
export class PolicyReplay extends Part {
  static override properties = {
    ...Part.properties,
    policy: { attribute: false },
    dirty: { type: Boolean },
    limit: { state: true },
    replayed: { state: true },
    busy: { state: true },
    error: { state: true },
  };
  policy!: PolicyWhole;
  dirty = false;
  private limit = 100;
  private replayed: Replayed | null = null;
  private busy = false;
  private error: unknown = null;

  private async run(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      const path = at(this.app, `policies/${this.policy.id}/replay`);
      this.replayed = await this.app.api.post<Replayed>(path, { limit: this.limit });
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
  }

  private number(label: string, n: number, kind = "", help = "") {
    return html`<div class="tile ${n ? kind : ""}">
      <dt>${label}</dt>
      <dd>${this.app.format.number(n)}</dd>
      ${help && n ? html`<dd class="help">${help}</dd>` : nothing}
    </div>`;
  }

  private matrix(r: Replayed) {
    const app = this.app;
    const some = CHANGES.filter(([name]) => r.changes[name]);
    if (!some.length) return nothing;
    return html`<ul class="moves">
      ${some.map(
        ([name, was, would]) => html`<li>
          ${actionChip(app, was)} <span aria-hidden="true">→</span> ${actionChip(app, would)}
          <strong>${app.format.number(r.changes[name])}</strong>
        </li>`,
      )}
    </ul>`;
  }

  private examples(r: Replayed) {
    const app = this.app;
    if (!r.examples.length) return nothing;
    return html`<h2>${w(app, "replayExamples")}</h2>
      <div class="table">
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">${w(app, "replayWhen")}</th>
              <th scope="col">${w(app, "replayMatrix")}</th>
              <th scope="col">${w(app, "findings")}</th>
              <th scope="col">${w(app, "replayBy")}</th>
              <th scope="col">${w(app, "event")}</th>
            </tr>
          </thead>
          <tbody>
            ${r.examples.map(
              (e) => html`<tr>
                <td class="move">${app.format.time(e.created_at)}</td>
                <td class="move">${actionChip(app, e.was)} <span aria-hidden="true">→</span> ${actionChip(app, e.would_be)}</td>
                <td class="mono wrap"><bdi>${[...new Set(e.reasons.map((x) => x.rule_id))].slice(0, 4).join(", ") || "–"}</bdi></td>
                <td data-label=${w(app, "replayBy")}>${w(app, `basis_${e.basis}`)}</td>
                <td class="mono">${e.event}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
  }

  private result(r: Replayed) {
    const app = this.app;
    if (!r.events) return html`<p class="empty">${w(app, "replayNone")}</p>`;
    return html`<p class="said" role="status">${r.changed ? w(app, "replayChanged", { n: r.changed }) : w(app, "replaySame")}</p>
      <dl class="tiles">
        ${this.number(w(app, "replayLooked"), r.events)}
        ${this.number(w(app, "replayStricter"), r.stricter, "bad")}
        ${this.number(w(app, "replayLooser"), r.looser, "warn")}
        ${this.number(w(app, "replayUnjudged"), r.unjudged, "", w(app, "replayUnjudgedHelp"))}
      </dl>
      ${this.matrix(r)} ${r.complete ? nothing : html`<p class="note warn">${w(app, "replayIncomplete")}</p>`}
      <p class="muted small">
        ${w(app, "replayBasis", { rescanned: r.rescanned, rejudged: r.rejudged })}
        ${r.rejudged ? w(app, "replayBasisHelp") : nothing}
      </p>
      ${this.examples(r)}`;
  }

  protected override render() {
    const app = this.app;
    return html`<p class="muted">${w(app, "replayLead")} ${w(app, "replayAllowed")}</p>
      <div class="row">
        <label>${w(app, "replayLast")}
          <select @change=${(e: Event) => (this.limit = Number((e.target as HTMLSelectElement).value))}>
            ${[100, 500, 1000].map((n) => html`<option value=${n}>${w(app, "replayEvents", { n })}</option>`)}
          </select>
        </label>
        <button type="button" class="button primary" ?disabled=${this.busy} @click=${this.run}>
          ${w(app, this.busy ? "replayRunning" : "replayRun")}
        </button>
      </div>
      ${this.dirty ? html`<p class="note warn">${w(app, "playUnsaved")}</p>` : nothing} ${failure(app, this.error)}
      ${this.replayed ? this.result(this.replayed) : nothing}`;
  }

  static override styles = [
    base,
    chips,
    tables,
    css`
      :host {
        display: grid;
        gap: 16px;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 12px;
      }
      label {
        display: flex;
        align-items: center;
        gap: 8px;
        font-weight: 400;
      }
      select {
        width: auto;
      }
      .said {
        font-size: 17px;
        font-weight: 600;
      }
      .tiles {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(140px, 1fr));
        gap: 12px;
        margin: 0;
      }
      .tile {
        padding: 12px 16px;
        border: 1px solid var(--cardea-border);
        border-radius: var(--cardea-radius);
        background: var(--cardea-surface);
      }
      dt {
        color: var(--cardea-muted);
        font-size: 13px;
      }
      dd {
        margin: 0;
        font-size: 22px;
        font-weight: 600;
        font-variant-numeric: tabular-nums;
      }
      dd.help {
        color: var(--cardea-muted);
        font-size: 12px;
        font-weight: 400;
      }
      .tile.bad dd:first-of-type {
        color: var(--cardea-danger-text);
      }
      .tile.warn dd:first-of-type {
        color: var(--cardea-warn);
      }
      .moves {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 24px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .moves li {
        display: flex;
        align-items: center;
        gap: 6px;
      }
      .move {
        white-space: nowrap;
      }
      h2 {
        font-size: 15px;
      }
      .wrap {
        overflow-wrap: anywhere;
      }
      .empty {
        padding: 32px 16px;
        border: 1px dashed var(--cardea-border);
        border-radius: var(--cardea-radius);
        color: var(--cardea-muted);
        text-align: center;
      }
    `,
  ];
}
customElements.define("policy-replay", PolicyReplay);
