import { css, html, nothing } from "lit";
import { base } from "../../../common/base.css";
import { Part, failure } from "../page";
import "./findings";
import { keepCases, readCases } from "./cases-kept";
import type { PolicyWhole, Scan, Sensitivity } from "./shapes";
import { segments } from "../styles";
import { w } from "./words";

/** A text, judged by the draft or by what is in force. */
export class PolicyPlayground extends Part {
  static override properties = {
    ...Part.properties,
    policy: { attribute: false },
    dirty: { type: Boolean },
    text: { state: true },
    draft: { state: true },
    sensitivity: { state: true },
    scan: { state: true },
    scanned: { state: true },
    busy: { state: true },
    error: { state: true },
  };
  policy!: PolicyWhole;
  dirty = false;
  private text = "";
  private draft = true;
  private sensitivity: Sensitivity | "" = "";
  private scan: Scan | null = null;
  private scanned = "";
  private busy = false;
  private error: unknown = null;

  private get builtin(): boolean {
    return this.policy.id === "builtin";
  }
  /** Before the first version there is a draft alone; of the built-in policy there is none. */
  private get byDraft(): boolean {
    return !this.builtin && (this.draft || this.policy.version === 0);
  }

  private async run(): Promise<void> {
    if (this.busy || !this.text) return;
    this.busy = true;
    this.error = null;
    const text = this.text;
    const body = {
      ...this.app.accountQuery,
      text,
      policy: this.policy.id,
      ...(this.byDraft ? { draft: true } : {}),
      ...(this.sensitivity ? { sensitivity: this.sensitivity } : {}),
    };
    try {
      this.scan = await this.app.api.post<Scan>("scan", body);
      this.scanned = text;
    } catch (error) {
      this.scan = null;
      this.error = error;
    }
    this.busy = false;
  }

  private keep(): void {
    const cases = readCases(this.policy.id);
    keepCases(this.policy.id, [...cases, { text: this.scanned, expect: this.scan!.verdict }]);
    this.app.toast(w(this.app, "keptCase"));
    this.dispatchEvent(new Event("kept"));
  }

  private choices() {
    const app = this.app;
    const sensitivity = (this.byDraft ? this.policy.draft : this.policy.document)?.sensitivity ?? "medium";
    return html`
      ${this.builtin || this.policy.version === 0
        ? nothing
        : html`<fieldset class="segments">
            <legend class="sr">${w(app, "playBy")}</legend>
            ${[true, false].map(
              (draft) => html`<label><input type="radio" name="by" .checked=${this.draft === draft}
                @change=${() => (this.draft = draft)} /><span>${w(app, draft ? "byDraft" : "byForce")}</span></label>`,
            )}
          </fieldset>`}
      <label class="inline"><span>${w(app, "playSensitivity")}</span>
        <select @change=${(e: Event) => (this.sensitivity = (e.target as HTMLSelectElement).value as Sensitivity)}>
          <option value="">${w(app, "ofPolicy", { value: w(app, sensitivity) })}</option>
          ${(["low", "medium", "high"] as const).map((s) => html`<option value=${s}>${w(app, s)}</option>`)}
        </select>
      </label>`;
  }

  protected override render() {
    const app = this.app;
    return html`<form @submit=${(e: Event) => (e.preventDefault(), void this.run())}>
        <label class="sr" for="text">${w(app, "playText")}</label>
        <textarea id="text" rows="7" dir="auto" .value=${this.text} placeholder=${w(app, "playHolder")}
          @input=${(e: Event) => (this.text = (e.target as HTMLTextAreaElement).value)}
          @keydown=${(e: KeyboardEvent) => {
            if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) void this.run();
          }}></textarea>
        <div class="row">
          ${this.choices()}
          <span class="gap"></span>
          ${this.scan && !this.builtin
            ? html`<button type="button" class="button" @click=${this.keep}>${w(app, "keepCase")}</button>`
            : nothing}
          <button class="button primary" ?disabled=${this.busy || !this.text}>${w(app, this.busy ? "scanning" : "scan")}</button>
        </div>
        ${this.dirty && this.byDraft ? html`<p class="note warn">${w(app, "playUnsaved")}</p>` : nothing}
        <p class="muted small">${w(app, "playRecorded")}</p>
      </form>
      ${failure(app, this.error)}
      ${this.scan ? html`<scan-result .app=${app} .scan=${this.scan} .text=${this.scanned}></scan-result>` : nothing}`;
  }

  static override styles = [
    base,
    segments,
    css`
      :host {
        display: grid;
        gap: 20px;
      }
      form {
        display: grid;
        gap: 12px;
      }
      textarea {
        resize: vertical;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 12px;
      }
      .gap {
        flex: 1;
      }
      .inline {
        display: flex;
        align-items: center;
        gap: 8px;
        font-weight: 400;
      }
      .inline span {
        color: var(--cardea-muted);
      }
      .inline select {
        width: auto;
      }
    `,
  ];
}
customElements.define("policy-playground", PolicyPlayground);
