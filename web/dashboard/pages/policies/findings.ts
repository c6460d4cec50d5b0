import { css, html, nothing } from "lit";
import type { App } from "../../app";
import { Part } from "../page";
import { chips } from "../styles";
import { actionChip } from "./rules";
import type { Scan, ScanReason } from "./shapes";
import { pieces } from "./spans";
import { w, type Word } from "./words";

/** A page stays quick with 512 findings, too; more than these nobody reads. */
const SHOWN = 100;

export function verdictChip(app: App, verdict: "allow" | "flag" | "block") {
  return html`<span class="chip ${verdict}">${w(app, `verdict_${verdict}`)}</span>`;
}

/** What a scan said of a text, with what was found marked in it. */
export class ScanResult extends Part {
  static override properties = {
    ...Part.properties,
    scan: { attribute: false },
    text: {},
    chosen: { state: true },
  };
  scan!: Scan;
  text = "";
  private chosen = -1;

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has("scan")) this.chosen = -1;
  }

  private choose(index: number): void {
    this.chosen = this.chosen === index ? -1 : index;
    if (this.chosen < 0) return;
    void this.updateComplete.then(() => this.renderRoot.querySelector("mark.chosen")?.scrollIntoView({ block: "nearest" }));
  }

  private verdict(scan: Scan) {
    const decided = scan.rules.find((r) => r.decided);
    return html`<div class="verdict ${scan.verdict}" role="status">
      <strong>${w(this.app, `verdict_${scan.verdict}`)}</strong>
      <span>
        ${w(this.app, `deliver_${scan.deliver}`)}
        ${decided ? html`<span class="by">${w(this.app, "decidedBy", { rule: decided.id })}</span>` : nothing}
      </span>
      <span class="time">${(scan.latency_us / 1000).toLocaleString(this.app.language, { maximumFractionDigits: 1 })} ms</span>
    </div>`;
  }

  private marked(scan: Scan) {
    return html`<div class="text" tabindex="0" role="group" aria-label=${w(this.app, "playText")} dir="auto">${pieces(this.text, scan.reasons).map(
      (p) =>
        p.reasons.length
          ? html`<mark class="${p.severity ?? ""} ${p.reasons.includes(this.chosen) ? "chosen" : ""}">${p.text}</mark>`
          : p.text,
    )}</div>`;
  }

  private snippet(reason: ScanReason): string {
    const found = pieces(this.text, [{ ...reason }]).find((p) => p.reasons.length)?.text ?? "";
    return found.length > 60 ? `${found.slice(0, 59)}…` : found;
  }

  private reason(reason: ScanReason, index: number) {
    const app = this.app;
    return html`<tr class=${index === this.chosen ? "chosen" : ""}>
      <td><span class="chip ${reason.severity}">${w(app, reason.severity as Word)}</span></td>
      <td>
        <span class="code">${reason.code}</span>
        <bdi class="rule">${reason.rule_id}</bdi>
      </td>
      <td>
        ${reason.span
          ? html`<button type="button" class="snippet" aria-pressed=${index === this.chosen ? "true" : "false"}
              @click=${() => this.choose(index)}><bdi>${this.snippet(reason)}</bdi></button>`
          : html`<span class="quiet">${w(app, "whole")}</span>`}
      </td>
      <td>
        ${reason.rule
          ? html`<bdi class="rule">${reason.rule}</bdi> ${reason.action ? actionChip(app, reason.action, reason.mode === "shadow") : nothing}
              ${reason.mode === "shadow" ? html`<span class="chip shadow">${w(app, "shadow")}</span>` : nothing}`
          : html`<span class="quiet">${w(app, "noRule")}</span>`}
      </td>
    </tr>`;
  }

  private findings(scan: Scan) {
    const app = this.app;
    if (!scan.reasons.length) return html`<p class="quiet">${w(app, "noFindings")}</p>`;
    return html`<div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">${w(app, "severity")}</th>
              <th scope="col">${w(app, "reason")}</th>
              <th scope="col">${w(app, "where")}</th>
              <th scope="col">${w(app, "rule")}</th>
            </tr>
          </thead>
          <tbody>${scan.reasons.slice(0, SHOWN).map((r, i) => this.reason(r, i))}</tbody>
        </table>
      </div>
      ${scan.reason_count > Math.min(SHOWN, scan.reasons.length)
        ? html`<p class="quiet">${w(app, "showing", { shown: Math.min(SHOWN, scan.reasons.length), n: scan.reason_count })}</p>`
        : nothing}`;
  }

  private layers(scan: Scan) {
    const app = this.app;
    const { regex, ai } = scan.layers;
    const rules =
      regex.status === "failed"
        ? w(app, "failed")
        : regex.truncated
          ? w(app, "truncated", { limits: regex.limits_reached.join(", ") })
          : w(app, "done");
    const known: Record<string, Word> = { not_configured: "ai_not_configured", not_needed: "ai_not_needed" };
    const why = known[ai.reason] ? w(app, known[ai.reason]!) : ai.reason;
    return html`<dl>
      <div><dt>${w(app, "layerRules")}</dt><dd>${rules}</dd></div>
      <div>
        <dt>${w(app, "layerAi")}</dt>
        <dd>${w(app, `ai_${ai.status}`, { verdict: ai.verdict ?? "" })}${why ? html`: <bdi>${why}</bdi>` : nothing}</dd>
      </div>
      ${scan.excepted ? html`<div><dt>${w(app, "excepted")}</dt><dd>${scan.excepted}</dd></div>` : nothing}
      ${scan.redacted_text !== undefined
        ? html`<div><dt>${w(app, "redacted")}</dt><dd class="pre"><bdi>${scan.redacted_text}</bdi></dd></div>`
        : nothing}
      ${scan.replacement ? html`<div><dt>${w(app, "replaced")}</dt><dd><bdi>${scan.replacement}</bdi></dd></div>` : nothing}
    </dl>`;
  }

  protected override render() {
    const scan = this.scan;
    return html`${this.verdict(scan)} ${this.marked(scan)}
      <h2>${w(this.app, "findings")}</h2>
      ${this.findings(scan)}
      <h2>${w(this.app, "layers")}</h2>
      ${this.layers(scan)}`;
  }

  static override styles = [
    chips,
    css`
      :host {
        display: block;
      }
      .verdict {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 4px 12px;
        padding: 12px 16px;
        border-radius: var(--cardea-radius);
        background: var(--cardea-ok-soft);
        color: var(--cardea-ok);
      }
      .verdict strong {
        font-size: 17px;
      }
      .verdict.flag {
        background: var(--cardea-warn-soft);
        color: var(--cardea-warn);
      }
      .verdict.block {
        background: var(--cardea-danger-soft);
        color: var(--cardea-danger-text);
      }
      .by::before {
        content: "· ";
      }
      .time {
        margin-inline-start: auto;
        font-variant-numeric: tabular-nums;
      }
      .text {
        margin-top: 12px;
        padding: 12px 14px;
        max-height: 16rem;
        overflow: auto;
        border: 1px solid var(--cardea-border);
        border-radius: var(--cardea-radius);
        background: var(--cardea-surface);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        unicode-bidi: isolate;
      }
      .text:focus-visible {
        outline: 2px solid var(--cardea-link);
      }
      mark {
        border-radius: 3px;
        background: var(--cardea-neutral-soft);
        color: inherit;
        box-shadow: 0 2px 0 var(--cardea-muted);
      }
      mark.medium {
        background: var(--cardea-warn-soft);
        box-shadow: 0 2px 0 var(--cardea-warn);
      }
      mark.high,
      mark.critical {
        background: var(--cardea-danger-soft);
        box-shadow: 0 2px 0 var(--cardea-danger);
      }
      mark.chosen {
        outline: 2px solid var(--cardea-link);
        outline-offset: 2px;
      }
      h2 {
        margin: 20px 0 8px;
        font-size: 15px;
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
        padding: 8px 12px 8px 0;
        border-top: 1px solid var(--cardea-border);
        vertical-align: top;
      }
      @media (max-width: 640px) {
        thead {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
        tbody tr {
          display: grid;
          grid-template-columns: max-content 1fr;
          gap: 6px 12px;
          padding: 10px 0;
          border-top: 1px solid var(--cardea-border);
        }
        td {
          padding: 0;
          border: 0;
        }
      }
      tr.chosen td {
        background: var(--cardea-neutral-soft);
      }
      .code {
        display: block;
        font-weight: 600;
      }
      .rule {
        font-family: var(--cardea-mono);
        font-size: 12px;
        overflow-wrap: anywhere;
      }
      .snippet {
        max-width: 16rem;
        padding: 0;
        border: 0;
        background: none;
        color: var(--cardea-link);
        font: 12px var(--cardea-mono);
        text-align: start;
        text-decoration: underline;
        text-underline-offset: 2px;
        overflow-wrap: anywhere;
        cursor: pointer;
      }
      .snippet:focus-visible {
        outline: 2px solid var(--cardea-link);
        outline-offset: 2px;
      }
      dl {
        margin: 0;
        display: grid;
        gap: 6px;
        font-size: 13px;
      }
      dl > div {
        display: grid;
        grid-template-columns: minmax(7rem, 11rem) minmax(0, 1fr);
        gap: 12px;
      }
      dt,
      .quiet {
        color: var(--cardea-muted);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      .pre {
        white-space: pre-wrap;
      }
      p {
        margin: 0;
        font-size: 13px;
      }
    `,
  ];
}
customElements.define("scan-result", ScanResult);
