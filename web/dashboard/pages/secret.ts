import { css, html, nothing } from "lit";
import { copyText } from "../../common/clipboard";
import { define } from "../../common/define";
import { Dialog } from "../../common/dialog";
import { check, copy, eye } from "../../common/icons";
import { PageDialog } from "./dialog";

export interface SecretWords {
  title: string;
  once: string;
  reveal: string;
  hide: string;
  copy: string;
  copied: string;
  leave: string;
  leaveText: string;
  leaveAction: string;
  have: string;
  use?: string;
}

/** A secret that is shown this once: masked, copied by the first button, and not left by a slip of the hand. */
class SecretOnce extends PageDialog {
  static override properties = {
    ...PageDialog.properties,
    secret: { attribute: false },
    words: { attribute: false },
    shown: { state: true },
    copied: { state: true },
  };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      .secret {
        display: flex;
        gap: 8px;
      }
      input {
        flex: 1;
        min-width: 0;
        font-family: var(--cardea-mono);
        font-size: 13px;
        text-overflow: ellipsis;
      }
      .eye {
        width: 36px;
        height: 36px;
      }
    `,
  ];
  declare secret: string;
  declare words: SecretWords;
  declare shown: boolean;
  declare copied: boolean;

  private readonly beforeUnload = (e: BeforeUnloadEvent): void => {
    if (!this.copied) e.preventDefault();
  };

  constructor() {
    super();
    this.shown = false;
    this.copied = false;
  }
  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("beforeunload", this.beforeUnload);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("beforeunload", this.beforeUnload);
  }

  private async copy(): Promise<void> {
    const input = this.renderRoot.querySelector("input")!;
    this.shown = true;
    await this.updateComplete;
    this.copied = await copyText(this.secret, input);
    if (!this.copied) input.select();
  }

  override close(): void {
    if (this.copied) super.close();
    else void this.ask();
  }

  private async ask(): Promise<void> {
    const { leave, leaveText, leaveAction } = this.words;
    if (await this.app.confirm({ title: leave, text: leaveText, action: leaveAction, danger: true })) {
      this.dispatchEvent(new Event("close"));
    }
  }

  protected override heading() {
    return this.words.title;
  }
  protected override body() {
    const words = this.words;
    return html`<p class="note warn">${words.once}</p>
      <div class="secret">
        <input readonly aria-label=${words.title} .value=${this.secret} type=${this.shown ? "text" : "password"}
          autocomplete="off" spellcheck="false" @focus=${(e: Event) => (e.target as HTMLInputElement).select()} />
        <button type="button" class="icon eye" aria-label=${this.shown ? words.hide : words.reveal}
          aria-pressed=${this.shown ? "true" : "false"} @click=${() => (this.shown = !this.shown)}>${eye}</button>
        <button type="button" class="button primary" autofocus @click=${this.copy}>
          ${this.copied ? check : copy}<span aria-live="polite">${this.copied ? words.copied : words.copy}</span>
        </button>
      </div>
      ${words.use ? html`<p class="small muted">${words.use}</p>` : nothing}`;
  }
  protected override footer() {
    return html`<button type="button" class="button" @click=${() => {
      this.copied = true;
      this.close();
    }}>${this.words.have}</button>`;
  }
}
define("secret-once", SecretOnce);
