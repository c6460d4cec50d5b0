import { html, nothing, type TemplateResult } from "lit";
import { Dialog } from "../../common/dialog";
import type { Question } from "../app";

/** Asks before something is done. What cannot be undone is never what Enter does at once. */
export class QuestionDialog extends Dialog {
  static override properties = {
    ...Dialog.properties,
    question: { attribute: false },
    typePrompt: { type: String },
    typed: { state: true },
  };
  declare question: Question;
  declare typePrompt: string;
  declare typed: string;

  constructor() {
    super();
    this.typed = "";
    this.typePrompt = "";
  }

  protected heading(): unknown {
    return this.question.title;
  }

  protected body(): TemplateResult {
    return html`<p>${this.question.text}</p>
      ${this.question.typed
        ? html`<div class="field">
            <label for="typed">${this.typePrompt}</label>
            <input
              id="typed"
              autofocus
              autocomplete="off"
              spellcheck="false"
              @input=${(event: Event) => (this.typed = (event.target as HTMLInputElement).value)}
            />
          </div>`
        : nothing}`;
  }

  protected footer(): TemplateResult {
    const wanted = this.question.typed;
    return html`<button
        type="button"
        class="button"
        ?autofocus=${!wanted && Boolean(this.question.danger)}
        @click=${() => this.close()}
      >
        ${this.question.cancel ?? this.loc.text("cancel")}
      </button>
      <button
        class="button ${this.question.danger ? "danger" : "primary"}"
        ?autofocus=${!wanted && !this.question.danger}
        ?disabled=${wanted !== undefined && this.typed.trim() !== wanted.trim()}
      >
        ${this.question.action}
      </button>`;
  }

  protected override submit(): void {
    if (this.question.typed !== undefined && this.typed.trim() !== this.question.typed.trim()) return;
    this.dispatchEvent(new Event("yes"));
  }
}
customElements.define("cardea-question", QuestionDialog);
