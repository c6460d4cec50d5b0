import { css, html, nothing } from "lit";
import { define } from "../../../common/define";
import { Dialog } from "../../../common/dialog";
import { PageDialog } from "../dialog";
import { pretty } from "../policies/positions";
import { changesIn, restOf, type AuditRecord } from "./shapes";
import { w } from "./words";

/** One record: what changed, and all else that was written down. */
class AuditRecordView extends PageDialog {
  static override properties = { ...PageDialog.properties, record: { attribute: false }, people: { attribute: false } };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      :host {
        --dialog-width: 640px;
      }
      .facts {
        display: grid;
        gap: 6px;
        margin: 0;
      }
      .facts > div {
        display: grid;
        grid-template-columns: 9rem minmax(0, 1fr);
        gap: 12px;
      }
      dt {
        color: var(--cardea-muted);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      .link {
        font-size: 13px;
      }
      section {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 8px;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 13px;
      }
      th {
        padding: 0 12px 6px 0;
        color: var(--cardea-muted);
        font-weight: 500;
        text-align: start;
      }
      td {
        padding: 6px 12px 6px 0;
        border-top: 1px solid var(--cardea-border);
        vertical-align: top;
        overflow-wrap: anywhere;
      }
      td.mono {
        white-space: pre-wrap;
      }
      .before {
        color: var(--cardea-danger-text);
      }
      .after {
        color: var(--cardea-ok);
      }
      pre {
        margin: 0;
        padding: 12px 14px;
        border-radius: var(--cardea-radius);
        background: var(--cardea-sunken);
        font: 12.5px/1.6 var(--cardea-mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      @media (max-width: 520px) {
        .facts > div {
          grid-template-columns: minmax(0, 1fr);
          gap: 0;
        }
      }
    `,
  ];
  declare record: AuditRecord;
  declare people: Map<string, string>;

  private show(value: unknown): string {
    return value === undefined ? "–" : typeof value === "string" ? value : pretty(value);
  }

  private changes() {
    const app = this.app;
    const changes = changesIn(this.record.detail);
    if (!changes.length) return nothing;
    return html`<section>
      <h3>${w(app, "changes")}</h3>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">${w(app, "member")}</th>
              <th scope="col">${w(app, "before")}</th>
              <th scope="col">${w(app, "after")}</th>
            </tr>
          </thead>
          <tbody>
            ${changes.map(
              (c) => html`<tr>
                <td class="mono">${c.name}</td>
                <td class="mono before"><bdi>${this.show(c.before)}</bdi></td>
                <td class="mono after"><bdi>${this.show(c.after)}</bdi></td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`;
  }

  private filter(by: "actor" | "subject", value: string) {
    return html`<button type="button" class="link" @click=${() => this.dispatchEvent(new CustomEvent("filter", { detail: { [by]: value } }))}>
      ${w(this.app, by === "actor" ? "filterActor" : "filterSubject")}</button>`;
  }

  protected override heading() {
    return html`<code>${this.record.action}</code>`;
  }

  protected override body() {
    const app = this.app;
    const r = this.record;
    const rest = restOf(r.detail);
    const name = this.people.get(r.actor);
    const time = new Date(r.time).toLocaleString(app.language, { dateStyle: "long", timeStyle: "medium" });
    return html`<dl class="facts">
        <div><dt>${w(app, "time")}</dt><dd><time datetime=${r.time} title=${r.time}>${time}</time></dd></div>
        <div>
          <dt>${w(app, "actor")}</dt>
          <dd>${name ? html`<bdi>${name}</bdi> ` : nothing}<code>${r.actor}</code> ${this.filter("actor", r.actor)}</dd>
        </div>
        ${r.actor_key ? html`<div><dt>${w(app, "actorKey")}</dt><dd><code>${r.actor_key}</code></dd></div>` : nothing}
        <div><dt>${w(app, "subjectShort")}</dt><dd><code>${r.subject}</code> ${this.filter("subject", r.subject)}</dd></div>
        ${r.account ? html`<div><dt>${w(app, "account")}</dt><dd><code>${r.account}</code></dd></div>` : nothing}
        ${r.source
          ? html`<div><dt>${w(app, "address")}</dt><dd>${r.address ?? w(app, "erased")}</dd></div>
              <div><dt>${w(app, "source")}</dt><dd><code>${r.source}</code></dd></div>`
          : nothing}
        <div><dt>${w(app, "index")}</dt><dd>${r.index}</dd></div>
      </dl>
      ${this.changes()}
      ${rest.length
        ? html`<section>
            <h3>${w(app, "said")}</h3>
            <pre tabindex="0"><bdi>${pretty(Object.fromEntries(rest))}</bdi></pre>
          </section>`
        : nothing}
      <section>
        <p class="small muted">${w(app, "prove")}</p>
        <pre tabindex="0">cardea audit prove ${r.index} --out ${r.index}.proof</pre>
      </section>`;
  }

  protected override footer() {
    return html`<button type="button" class="button" autofocus @click=${this.close}>${w(this.app, "close")}</button>`;
  }
}
define("audit-record", AuditRecordView);
