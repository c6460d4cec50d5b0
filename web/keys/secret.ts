// A new key's secret, shown this once. It cannot be closed by mistake before it was copied or said to be saved.
import { css, html, nothing } from "lit";
import { copyText } from "../common/clipboard";
import { define } from "../common/define";
import { Dialog } from "../common/dialog";
import { copy, eye } from "../common/icons";
import { properties } from "../common/properties";
import type { Key, Product } from "./model";
import type { KeyTexts } from "./texts";

export class KeySecret extends Dialog<KeyTexts> {
  static override properties = properties("made old product tenant shown copied failed asked");
  static override styles = [
    ...Dialog.styles,
    css`
      :host {
        --dialog-width: 580px;
      }
      .line {
        display: flex;
        gap: 8px;
      }
      .line input {
        flex: 1;
        min-width: 0;
        font-family: var(--cardea-mono);
        font-size: 13px;
        text-overflow: ellipsis;
        background: var(--cardea-sunken);
      }
      pre {
        margin: 0;
        padding: 12px 14px;
        border-radius: var(--cardea-radius);
        background: var(--cardea-sunken);
        border: 1px solid var(--cardea-border);
        font: 12.5px/1.6 var(--cardea-mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .try {
        position: relative;
      }
      .try .link {
        position: absolute;
        inset-block-start: 10px;
        inset-inline-end: 12px;
      }
      .yes {
        display: flex;
        gap: 10px;
        font-weight: 500;
      }
      .copy {
        min-width: 108px;
      }
      @media (max-width: 520px) {
        .line {
          flex-wrap: wrap;
        }
        .line input {
          flex: 1 0 100%;
        }
        .line .button {
          flex: 1;
        }
      }
    `,
  ];
  /** With its secret. */
  declare made: Key;
  /** The key that it follows, as it is now. */
  declare old: Key | null;
  declare product: Product;
  /** What stands for {tenant} in a path. */
  declare tenant: string | undefined;
  declare shown: boolean;
  declare copied: string;
  declare failed: boolean;
  declare asked: boolean;
  #safe = false;

  #leaving = (e: BeforeUnloadEvent) => {
    if (!this.#safe) e.preventDefault();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.copied = "";
    addEventListener("beforeunload", this.#leaving);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("beforeunload", this.#leaving);
  }

  protected override mayClose(): boolean {
    if (this.#safe) return true;
    this.asked = true;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".yes input")?.focus());
    return false;
  }

  get #secret(): string {
    return this.made.key ?? "";
  }

  #command(secret: string): string {
    const { scopes } = this.made;
    const example = this.product.examples.find(({ scope }) => !scope || scopes.includes(scope) || scopes.includes("*"));
    return example ? `curl "${example.url.replace("{tenant}", this.tenant ?? "$&")}" \\\n  -H "Authorization: Bearer ${secret}"` : "";
  }

  async #copy(what: "key" | "command"): Promise<void> {
    const byKey = what === "key";
    this.failed = !(await copyText(byKey ? this.#secret : this.#command(this.#secret)));
    if (this.failed) {
      this.shown = true;
      await this.updateComplete;
      return this.renderRoot.querySelector<HTMLInputElement>("#secret")!.select();
    }
    this.copied = what;
    this.#safe ||= byKey;
    this.asked &&= !this.#safe;
  }

  protected override heading(): string {
    return this.loc.text("saveTitle");
  }

  protected override body(): unknown {
    const { loc, old, made, shown } = this;
    const text = shown ? this.#secret : `${made.prefix}${"•".repeat(24)}`;
    const command = this.#command(text);
    return html`${this.asked ? nothing : html`<p class="muted">${loc.text("saveText")}</p>`}
      <div class="line">
        <input id="secret" part="secret" readonly aria-label=${loc.text("saveTitle")} .value=${text} @copy=${() => (this.#safe ||= shown)} />
        <button type="button" class="button" part="button" aria-label=${loc.text("reveal")} aria-pressed=${Boolean(shown)} @click=${() => (this.shown = !shown)}>${eye}</button>
        <button type="button" class="button primary copy" part="button primary" autofocus @click=${() => this.#copy("key")}>
          ${copy} ${this.#copyLabel("key")}</button>
      </div>
      <span class="sr" role="status">${this.copied && loc.text("copied")}</span>
      ${this.failed ? html`<span class="wrong" role="alert">${loc.text("copyFailed")}</span>` : nothing}
      ${old?.expires_at && old.status === "active" ? html`<p class="note">${old.prefix}… ${loc.text("worksUntil", { when: loc.format.time(old.expires_at) })}</p>` : nothing}
      ${command
        ? html`<div class="try"><pre part="curl">${command}</pre>
            <button type="button" class="link small" @click=${() => this.#copy("command")}>${this.#copyLabel("command")}</button></div>`
        : nothing}
      ${this.asked
        ? html`<div class="note warn" role="alert">${loc.text("saveText")}
            <label class="yes"><input type="checkbox" @change=${(e: Event) => (this.#safe = (e.target as HTMLInputElement).checked)} />${loc.text("saved")}</label></div>`
        : nothing}`;
  }

  #copyLabel(what: string): string {
    return this.loc.text(this.copied === what ? "copied" : "copy");
  }

  protected override footer(): unknown {
    return html`<button type="button" class="button" part="button" @click=${this.close}>${this.loc.text("close")}</button>`;
  }
}
define("cardea-key-secret", KeySecret);
