import { css, html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { base } from "../../../common/base.css";
import { cross } from "../../../common/icons";
import { Part, at, download, failure } from "../page";
import { chips, segments } from "../styles";
import { keepCases, parseCases, readCases } from "./cases-kept";
import type { PolicyWhole, TestCase, Tested, Verdict } from "./shapes";
import { w } from "./words";

const VERDICTS: Verdict[] = ["allow", "flag", "block"];
/** As many as the API takes at once. */
const MOST = 500;

/** Texts with a known answer: written down once, run before each publishing. */
export class PolicyCases extends Part {
  static override properties = {
    ...Part.properties,
    policy: { attribute: false },
    cases: { state: true },
    tested: { state: true },
    draft: { state: true },
    busy: { state: true },
    error: { state: true },
    badFile: { state: true },
  };
  policy!: PolicyWhole;
  private cases: TestCase[] = [];
  private tested: Tested | null = null;
  private draft = true;
  private busy = false;
  private error: unknown = null;
  private badFile = false;

  protected override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get("policy") as PolicyWhole | undefined;
    if (!changed.has("policy") || before?.id === this.policy.id) return;
    this.cases = readCases(this.policy.id);
    this.tested = null;
  }

  private get byDraft(): boolean {
    return this.draft || this.policy.version === 0;
  }

  /** A result belongs to the cases that were run: it goes with the first change. */
  private set(cases: TestCase[]): void {
    this.cases = cases;
    this.tested = null;
    keepCases(this.policy.id, cases);
  }

  private change(index: number, part: Partial<TestCase>): void {
    this.set(this.cases.map((c, i) => (i === index ? { ...c, ...part } : c)));
  }

  private async add(): Promise<void> {
    this.set([...this.cases, { text: "", expect: "block" }]);
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>("li:last-child textarea")?.focus();
  }

  private async run(): Promise<void> {
    if (this.busy || !this.cases.length) return;
    this.busy = true;
    this.error = null;
    try {
      const body = { cases: this.cases, ...(this.byDraft ? { draft: true } : {}) };
      this.tested = await this.app.api.post<Tested>(at(this.app, `policies/${this.policy.id}/test`), body);
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
  }

  private async open(e: Event): Promise<void> {
    const input = e.target as HTMLInputElement;
    const file = input.files?.[0];
    if (!file) return;
    const cases = parseCases(await file.text());
    input.value = "";
    this.badFile = cases === null;
    if (cases) this.set([...this.cases, ...cases].slice(0, MOST));
  }

  private export(): void {
    const file = { policy: this.policy.name, draft: true, cases: this.cases };
    download(`${this.policy.name}.cases.json`, [JSON.stringify(file, null, 2), "\n"], "application/json");
  }

  private result(index: number) {
    const app = this.app;
    const of = this.tested?.cases[index];
    if (!of) return nothing;
    if (!of.verdict) return html`<span class="chip">${w(app, "caseNotRun")}</span>`;
    if (of.ok) return html`<span class="chip ok">${w(app, "caseOk")}</span>`;
    const why = [...new Set((of.reasons ?? []).map((r) => r.rule_id))].slice(0, 3).join(", ");
    return html`<span class="chip failed">${w(app, "caseWrong", { verdict: w(app, `action_${of.verdict}`) })}</span>
      ${why ? html`<bdi class="why">${why}</bdi>` : nothing}`;
  }

  private case(c: TestCase, index: number) {
    const app = this.app;
    return html`<li>
      <textarea rows="2" dir="auto" aria-label="${w(app, "caseText")} ${index + 1}" placeholder=${w(app, "caseText")}
        .value=${live(c.text)}
        @input=${(e: Event) => this.change(index, { text: (e.target as HTMLTextAreaElement).value })}></textarea>
      <div class="side">
        <input aria-label="${w(app, "caseName")} ${index + 1}" placeholder=${w(app, "caseName")} maxlength="200"
          .value=${live(c.name ?? "")}
          @input=${(e: Event) => this.change(index, { name: (e.target as HTMLInputElement).value || null })} />
        <select aria-label="${w(app, "caseExpect")} ${index + 1}"
          @change=${(e: Event) => this.change(index, { expect: (e.target as HTMLSelectElement).value as Verdict })}>
          ${VERDICTS.map((v) => html`<option value=${v} ?selected=${c.expect === v}>${w(app, `action_${v}`)}</option>`)}
        </select>
        <span class="result">${this.result(index)}</span>
      </div>
      <button type="button" class="icon" aria-label=${w(app, "caseRemove", { n: index + 1 })}
        @click=${() => this.set(this.cases.filter((_, i) => i !== index))}>${cross}</button>
    </li>`;
  }

  private summary() {
    const app = this.app;
    const s = this.tested?.summary;
    if (!s) return nothing;
    const bad = s.cases - s.passed;
    return html`<p class="note ${bad ? "bad" : "fine"}" role="status">
      ${bad ? w(app, "caseFailed", { n: bad, all: s.cases }) : w(app, "casePassed", { n: s.cases })}
    </p>`;
  }

  protected override render() {
    const app = this.app;
    const some = this.cases.length > 0;
    return html`<p class="muted">${w(app, "casesLead")} <code>cardea policies test FILE</code></p>
      ${failure(app, this.error)} ${this.badFile ? html`<p class="note bad" role="alert">${w(app, "caseBadFile")}</p>` : nothing}
      ${this.summary()}
      ${some
        ? html`<ol>${this.cases.map((c, i) => this.case(c, i))}</ol>`
        : html`<p class="empty">${w(app, "casesNone")}</p>`}
      <div class="row">
        <button type="button" class="button" ?disabled=${this.cases.length >= MOST} @click=${this.add}>${w(app, "caseAdd")}</button>
        <label class="button file">${w(app, "caseImport")}<input class="sr" type="file" accept=".json,application/json" @change=${this.open} /></label>
        ${some ? html`<button type="button" class="button" @click=${this.export}>${w(app, "caseExport")}</button>` : nothing}
        <span class="gap"></span>
        ${this.policy.version
          ? html`<fieldset class="segments">
              <legend class="sr">${w(app, "playBy")}</legend>
              ${[true, false].map(
                (draft) => html`<label><input type="radio" name="by" .checked=${this.draft === draft}
                  @change=${() => ((this.draft = draft), (this.tested = null))} /><span>${w(app, draft ? "byDraft" : "byForce")}</span></label>`,
              )}
            </fieldset>`
          : nothing}
        <button type="button" class="button primary" ?disabled=${!some || this.busy} @click=${this.run}>
          ${w(app, this.busy ? "caseRunning" : "caseRun")}
        </button>
      </div>`;
  }

  static override styles = [
    base,
    chips,
    segments,
    css`
      :host {
        display: grid;
        gap: 16px;
      }
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
        border: 1px solid var(--cardea-border);
        border-radius: var(--cardea-radius);
        background: var(--cardea-surface);
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(220px, 320px) auto;
        gap: 12px;
        padding: 12px;
      }
      li + li {
        border-top: 1px solid var(--cardea-border);
      }
      li textarea {
        resize: vertical;
        min-height: 80px;
      }
      .side {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 8px;
        align-content: start;
        align-items: center;
      }
      .side input {
        grid-column: 1 / -1;
      }
      .result {
        display: grid;
        justify-items: end;
        min-width: 5rem;
      }
      .why {
        font: 11px var(--cardea-mono);
        color: var(--cardea-muted);
        overflow-wrap: anywhere;
        text-align: end;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 10px;
      }
      .gap {
        flex: 1;
      }
      .file {
        cursor: pointer;
        position: relative;
      }
      .file:focus-within {
        outline: 2px solid var(--cardea-link);
        outline-offset: 2px;
      }
      .empty {
        padding: 32px 16px;
        border: 1px dashed var(--cardea-border);
        border-radius: var(--cardea-radius);
        color: var(--cardea-muted);
        text-align: center;
      }
      .note.fine {
        background: var(--cardea-ok-soft);
        color: var(--cardea-ok);
      }
      @media (max-width: 720px) {
        li {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        .side {
          grid-column: 1;
          grid-row: 2;
        }
      }
    `,
  ];
}
customElements.define("policy-cases", PolicyCases);
