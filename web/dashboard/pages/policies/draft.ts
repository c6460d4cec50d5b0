import { css, html, nothing } from "lit";
import { ApiError } from "../../../common/api";
import { base } from "../../../common/base.css";
import { Part, at, failure } from "../page";
import "./editor";
import type { Mark, PolicyEditor } from "./editor";
import { JsonSlip, lineOf, placeOf, places, pretty, type Place } from "./positions";
import "./rules";
import type { Policy, PolicyDocument, PolicyWhole } from "./shapes";
import { w } from "./words";

interface Mistake {
  pointer: string;
  message: string;
}

/** The draft as it is read and as it is written, side by side. What is typed outlives a change of tabs: the page keeps it. */
export class PolicyDraft extends Part {
  static override properties = {
    ...Part.properties,
    policy: { attribute: false },
    text: { attribute: false },
    busy: { state: true },
    mistakes: { state: true },
    error: { state: true },
  };
  policy!: PolicyWhole;
  /** What was typed since the last save; null: nothing. */
  text: string | null = null;
  private busy = false;
  private mistakes: Mistake[] = [];
  private error: unknown = null;
  private parsed: PolicyDocument | null = null;
  private places = new Map<string, Place>();
  private slip: JsonSlip | null = null;

  private get editable(): boolean {
    return this.policy.id !== "builtin" && this.app.can("manage");
  }
  private get value(): string {
    return this.text ?? pretty(this.policy.draft ?? this.policy.document);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has("text") && !changed.has("policy")) return;
    try {
      this.places = places(this.value);
      this.parsed = JSON.parse(this.value) as PolicyDocument;
      this.slip = null;
    } catch (error) {
      if (!(error instanceof JsonSlip)) throw error;
      this.parsed = null;
      this.slip = error;
    }
  }

  private tell(text: string | null): void {
    this.dispatchEvent(new CustomEvent("typed", { detail: text }));
  }

  private marks(): Mark[] {
    const text = this.value;
    if (this.slip) {
      const { at: start, slip } = this.slip;
      return [{ line: lineOf(text, start), start, end: start + 1, message: w(this.app, `slip_${slip}`) }];
    }
    return this.mistakes
      .map(({ pointer, message }) => {
        const place = placeOf(this.places, pointer) ?? { start: 0, end: 0 };
        return { line: lineOf(text, place.start), ...place, message };
      })
      .sort((a, b) => a.start - b.start);
  }

  private async save(overwrite = false): Promise<void> {
    if (this.busy || !this.parsed || this.text === null) return;
    this.busy = true;
    this.error = null;
    this.mistakes = [];
    const sent = this.text;
    try {
      const body = { document: this.parsed, ...(overwrite ? {} : { revision: this.policy.revision }) };
      await this.app.api.put<Policy>(at(this.app, `policies/${this.policy.id}/draft`), body);
      if (this.text === sent) this.tell(null);
      this.app.toast(w(this.app, "saved"));
      this.dispatchEvent(new Event("changed"));
    } catch (error) {
      this.refused(error);
    }
    this.busy = false;
  }

  /** What is wrong in the document is shown in it; anything else above it. */
  private refused(error: unknown): void {
    const all = error instanceof ApiError ? error.errors : [];
    const inside = all.filter((e) => e.location === "/document" || e.location.startsWith("/document/"));
    this.mistakes = inside.map((e) => ({
      pointer: e.location.slice("/document".length),
      message: e.fix ? `${e.message} ${e.fix}` : e.message,
    }));
    if (!inside.length) this.error = error;
  }

  private jump(start: number, end: number): void {
    this.renderRoot.querySelector<PolicyEditor>("policy-editor")!.jump(start, end);
  }

  private jumpToRule(index: number): void {
    const place = this.places.get(`/rules/${index}`);
    if (place) this.jump(place.start, place.end);
  }

  private async discard(): Promise<void> {
    const app = this.app;
    const sure = await app.confirm({ title: w(app, "discard"), text: w(app, "discardText"), action: w(app, "discard"), danger: true });
    if (!sure) return;
    this.mistakes = [];
    this.error = null;
    this.tell(null);
  }

  private conflict() {
    const app = this.app;
    return html`<div class="note warn" role="alert">
      <span>${w(app, "conflict")}</span>
      <span class="row">
        <button type="button" class="button" @click=${() => {
          this.error = null;
          this.tell(null);
          this.dispatchEvent(new Event("changed"));
        }}>${w(app, "conflictLoad")}</button>
        <button type="button" class="button" @click=${() => this.save(true)}>${w(app, "conflictKeep")}</button>
      </span>
    </div>`;
  }

  private problems(marks: Mark[]) {
    const app = this.app;
    if (this.error instanceof ApiError && this.error.code === "policy_changed") return this.conflict();
    if (this.error) return failure(app, this.error);
    if (!marks.length) return nothing;
    const head = this.slip ? w(app, "noJson") : w(app, "mistakes", { n: marks.length });
    return html`<div class="note bad" role=${this.slip ? nothing : "alert"}>
      <strong>${head}</strong>
      <ul>
        ${marks.map(
          (m) => html`<li>
            <button type="button" class="link" @click=${() => this.jump(m.start, m.end)}>${w(app, "line", { line: m.line })}</button>
            <bdi>${m.message}</bdi>
          </li>`,
        )}
      </ul>
    </div>`;
  }

  private bar() {
    const app = this.app;
    const dirty = this.text !== null;
    return html`<div class="bar">
      <h2>${w(app, "document")}</h2>
      ${dirty ? html`<span class="badge warn">${w(app, "unsaved")}</span>` : nothing}
      <span class="gap"></span>
      ${dirty ? html`<button type="button" class="button" ?disabled=${this.busy} @click=${this.discard}>${w(app, "discard")}</button>` : nothing}
      <button type="button" class="button ${dirty ? "primary" : ""}" ?disabled=${!dirty || this.busy || this.slip !== null}
        @click=${() => this.save()}>${w(app, this.busy ? "saving" : "save")}</button>
    </div>`;
  }

  protected override render() {
    const app = this.app;
    const marks = this.marks();
    return html`<section class="read">
        <div class="bar"><h2>${w(app, "rules")}</h2></div>
        <policy-rules .app=${app} .document=${this.parsed} @chosen=${(e: CustomEvent<number>) => this.jumpToRule(e.detail)}></policy-rules>
      </section>
      <section class="write" @keydown=${(e: KeyboardEvent) => {
        if (e.key !== "s" || !(e.ctrlKey || e.metaKey)) return;
        e.preventDefault();
        void this.save();
      }}>
        ${this.editable ? this.bar() : html`<div class="bar"><h2>${w(app, "document")}</h2></div>`}
        ${this.problems(marks)}
        <policy-editor .value=${this.value} .marks=${marks} .label=${w(app, "documentLabel")} ?readonly=${!this.editable}
          @edited=${(e: CustomEvent<string>) => this.tell(e.detail)}></policy-editor>
      </section>`;
  }

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 5fr) minmax(0, 7fr);
        gap: 28px;
        align-items: start;
      }
      section {
        display: grid;
        gap: 10px;
        min-width: 0;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        min-height: 36px;
      }
      .bar h2 {
        font-size: 15px;
      }
      .gap {
        flex: 1;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      ul {
        display: grid;
        gap: 4px;
        margin: 0;
        padding: 0;
        list-style: none;
        font-size: 13px;
      }
      li .link {
        color: inherit;
        font-weight: 600;
        text-decoration: underline;
        margin-inline-end: 4px;
      }
      @media (max-width: 960px) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];
}
customElements.define("policy-draft", PolicyDraft);
