import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { quoted } from "../common/format";
import { cross } from "../common/icons";
import type { App, Question } from "./app";
import "./elements/question";
import { icon } from "./icons";
import "./login";
import { base } from "./styles";

interface Toast {
  id: number;
  text: string;
  kind: "good" | "bad";
}

const TOAST_MS = 5000;

/** What lies over the pages: questions, log-in after a session has ended, short messages. */
export class Overlays extends LitElement {
  static override properties = { app: { attribute: false }, toasts: { state: true }, asked: { state: true } };
  declare app: App;
  declare toasts: Toast[];
  declare asked: { question: Question; answer: (yes: boolean) => void }[];
  private count = 0;

  constructor() {
    super();
    this.toasts = [];
    this.asked = [];
  }

  override firstUpdated(): void {
    this.app.addEventListener("change", () => this.requestUpdate());
    this.app.addEventListener("toast", (event) => this.say((event as CustomEvent<Omit<Toast, "id">>).detail));
    this.app.addEventListener("confirm", (event) => {
      this.asked = [...this.asked, (event as CustomEvent<(typeof this.asked)[number]>).detail];
    });
  }

  private say(toast: Omit<Toast, "id">): void {
    const id = ++this.count;
    this.toasts = [...this.toasts.slice(-2), { ...toast, id }];
    if (toast.kind === "good") setTimeout(() => this.drop(id), TOAST_MS);
  }

  private drop(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  private answered(yes: boolean): void {
    const [first, ...others] = this.asked;
    this.asked = others;
    first?.answer(yes);
  }

  protected override updated(): void {
    const dialog = this.renderRoot.querySelector<HTMLDialogElement>("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  }

  override render(): TemplateResult {
    const [first] = this.asked;
    return html`${first
      ? html`<cardea-question
          .loc=${this.app.loc}
          .question=${first.question}
          .typePrompt=${first.question.typed
            ? this.app.t("confirm.type", { word: quoted(first.question.typed) })
            : ""}
          @yes=${() => this.answered(true)}
          @close=${() => this.answered(false)}
        ></cardea-question>`
      : nothing}
    ${this.app.again ? this.renderAgain() : nothing}
    <div class="toasts" role="status">
      ${this.toasts.map(
        (toast) =>
          html`<p class=${toast.kind}>
            ${icon(toast.kind === "good" ? "check" : "alert")}<span>${toast.text}</span>
            <button class="icon" aria-label=${this.app.loc.text("close")} @click=${() => this.drop(toast.id)}>
              ${cross}
            </button>
          </p>`,
      )}
    </div>`;
  }

  /** No Escape out of it: the page beneath cannot go on without. */
  private renderAgain(): TemplateResult {
    const keep = (event: KeyboardEvent): void => {
      if (event.key === "Escape") event.preventDefault();
    };
    return html`<dialog
      aria-labelledby="again"
      aria-describedby="again-text"
      @cancel=${(event: Event) => event.preventDefault()}
      @keydown=${keep}
    >
      <h2 id="again">${this.app.t("login.again")}</h2>
      <p id="again-text" class="muted">${this.app.t("login.againText")}</p>
      <cardea-login .app=${this.app} again></cardea-login>
    </dialog>`;
  }

  static override styles = [
    ...base,
    css`
      dialog {
        width: min(400px, calc(100vw - 32px));
        padding: 24px;
        border: 1px solid var(--cardea-border);
        border-radius: calc(var(--cardea-radius) + 6px);
        background: var(--cardea-surface);
        color: inherit;
        box-shadow: var(--cardea-shadow);
      }
      dialog::backdrop {
        background: rgb(12 14 18 / 0.5);
      }
      dialog p {
        margin: 6px 0 20px;
      }
      .toasts {
        position: fixed;
        z-index: 30;
        inset-inline: 16px;
        bottom: 16px;
        display: grid;
        gap: 8px;
        justify-items: center;
        pointer-events: none;
      }
      .toasts p {
        display: flex;
        align-items: flex-start;
        gap: 10px;
        max-width: 480px;
        padding: 8px 8px 8px 14px;
        border: 1px solid var(--cardea-border);
        border-radius: calc(var(--cardea-radius) + 2px);
        background: var(--cardea-surface);
        box-shadow: var(--cardea-shadow);
        pointer-events: auto;
        overflow-wrap: anywhere;
      }
      .toasts span {
        padding: 5px 0;
      }
      .toasts .i {
        margin-top: 8px;
        color: var(--cardea-ok);
      }
      .toasts .bad .i {
        color: var(--cardea-danger-text);
      }
      .toasts button svg {
        display: block;
      }
    `,
  ];
}
customElements.define("cardea-overlays", Overlays);
