// The dialog that all others are made of: modal, named, gives the focus back, says what failed and keeps what was typed.
import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { base } from "./base.css";
import { cross } from "./icons";
import { problemNote } from "./problem";
import { properties } from "./properties";
import type { Locale, Texts } from "./strings";

export abstract class Dialog<T extends Texts = Texts> extends LitElement {
  static override properties = properties("loc busy problem");
  static override styles = [
    base,
    css`
      dialog {
        width: min(var(--dialog-width, 520px), calc(100vw - 32px));
        max-height: min(760px, calc(100dvh - 48px));
        padding: 0;
        border: 1px solid var(--cardea-border);
        border-radius: calc(var(--cardea-radius) + 6px);
        background: var(--cardea-surface);
        color: inherit;
        box-shadow: var(--cardea-shadow);
      }
      dialog::backdrop {
        background: rgb(12 14 18 / 0.5);
      }
      dialog[open],
      form {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      header {
        display: flex;
        align-items: start;
        gap: 12px;
        padding: 18px 16px 0 24px;
      }
      header h2 {
        flex: 1;
        min-width: 0;
        padding-top: 3px;
        font-size: 17px;
        overflow-wrap: anywhere;
      }
      .body {
        display: grid;
        align-content: start;
        gap: 18px;
        padding: 14px 24px 20px;
        overflow-y: auto;
        overscroll-behavior: contain;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 10px;
        padding: 14px 24px;
        border-top: 1px solid var(--cardea-border);
        background: var(--cardea-sunken);
      }
      @media (max-width: 520px) {
        dialog {
          width: 100vw;
          max-width: 100vw;
          max-height: calc(100dvh - 24px);
          margin: auto 0 0;
          border-width: 1px 0 0;
          border-radius: 16px 16px 0 0;
        }
        header,
        .body,
        footer {
          padding-inline: 18px;
        }
        footer .button {
          flex: 1;
        }
      }
    `,
  ];

  declare loc: Locale<T>;
  declare busy: boolean;
  declare problem: unknown;
  #opener: HTMLElement | null = null;
  /** Where it stood: what a dialog does may take it away. */
  #around: (ParentNode | null | undefined)[] = [];

  protected abstract heading(): unknown;
  protected abstract body(): unknown;
  protected abstract footer(): unknown;
  /** What the form does when it is sent. Whatever it throws is shown, and the dialog stays. */
  protected submit(): Promise<void> | void {}
  /** False: something would be lost. */
  protected mayClose(): boolean {
    return true;
  }
  /** Members of the body whose problems are shown beside their fields. */
  protected fields(): string[] {
    return [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#opener = deepFocus();
    this.#around = [this.#opener?.closest("[role=row]"), this.#opener?.getRootNode() as ShadowRoot | Document | undefined];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // A keyboard goes on where it was, or next to it.
    const near = this.#around.map((place) => place?.querySelector("button"));
    [this.#opener, ...near].find((element) => element?.isConnected)?.focus();
  }

  protected override firstUpdated(_changed: PropertyValues): void {
    this.#show();
  }

  #show(): void {
    this.renderRoot.querySelector("dialog")!.showModal();
    this.renderRoot.querySelector<HTMLElement>("[autofocus]")?.focus();
  }

  close(): void {
    if (!this.busy && this.mayClose()) this.dispatchEvent(new Event("close"));
  }

  /** Does something of which the dialog waits for the end. */
  protected async run(work: () => Promise<void> | void): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      await work();
    } catch (error) {
      this.problem = error;
    } finally {
      this.busy = false;
    }
    if (!this.problem) return;
    this.dispatchEvent(new CustomEvent("failed", { detail: this.problem }));
    await this.updateComplete;
    (this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]') ?? this.renderRoot.querySelector("[role=alert]"))
      ?.scrollIntoView({ block: "nearest" });
  }

  protected cancelButton(focused = false): TemplateResult {
    return html`<button type="button" class="button" part="button" ?autofocus=${focused} @click=${this.close}>
      ${this.loc.text("cancel")}
    </button>`;
  }

  protected submitButton(label: string, danger = false, disabled = false): TemplateResult {
    return html`<button class="button ${danger ? "danger" : "primary"}" part="button ${danger ? "danger" : "primary"}"
      ?disabled=${this.busy || disabled} aria-busy=${this.busy ? "true" : nothing}>${label}</button>`;
  }

  override render() {
    return html`<dialog part="dialog" aria-labelledby="title"
      @cancel=${(e: Event) => {
        e.preventDefault();
        this.close();
      }}
      @close=${() => {
        this.#show(); // a second Escape closes it past "cancel", and perhaps past what would be lost
        this.close();
      }}>
      <form @submit=${(e: Event) => {
        e.preventDefault();
        void this.run(() => this.submit());
      }}>
        <header>
          <h2 id="title">${this.heading()}</h2>
          <button type="button" class="icon" aria-label=${this.loc.text("close")} @click=${this.close}>${cross}</button>
        </header>
        <div class="body">${this.body()} ${problemNote(this.problem, this.loc, this.fields())}</div>
        <footer>${this.footer()}</footer>
      </form>
    </dialog>`;
  }
}

/** The element that has the focus, in whatever shadow it is. */
function deepFocus(): HTMLElement | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element instanceof HTMLElement ? element : null;
}
