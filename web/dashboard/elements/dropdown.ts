import { LitElement, css, html, type TemplateResult } from "lit";
import { base } from "../styles";

/**
 * A button that opens a list of things to do. The button's content is the slot `label`; items are `<button>` or `<a>` with
 * role menuitem or menuitemradio in the default slot. Arrows move, Escape closes, and so does a click elsewhere.
 */
export class Dropdown extends LitElement {
  static override properties = {
    label: { type: String },
    open: { type: Boolean, reflect: true },
    up: { type: Boolean, reflect: true },
    end: { type: Boolean, reflect: true },
    wide: { type: Boolean, reflect: true },
  };
  declare label: string;
  declare open: boolean;
  declare up: boolean;
  declare end: boolean;
  declare wide: boolean;

  constructor() {
    super();
    this.label = "";
    this.open = this.up = this.end = this.wide = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("pointerdown", this.elsewhere);
  }

  override disconnectedCallback(): void {
    document.removeEventListener("pointerdown", this.elsewhere);
    super.disconnectedCallback();
  }

  private readonly elsewhere = (event: Event): void => {
    if (this.open && !event.composedPath().includes(this)) this.open = false;
  };

  private get items(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("[role^=menuitem]:not([disabled])")];
  }

  private get button(): HTMLButtonElement {
    return this.renderRoot.querySelector("button")!;
  }

  async show(last = false): Promise<void> {
    this.open = true;
    await this.updateComplete;
    const items = this.items;
    (last ? items[items.length - 1] : (items.find((item) => item.ariaChecked === "true") ?? items[0]))?.focus();
  }

  close(): void {
    this.open = false;
    this.button.focus();
  }

  private pressed(event: KeyboardEvent): void {
    const items = this.items;
    const at = items.indexOf(document.activeElement as HTMLElement);
    const focused = at >= 0 ? at : items.findIndex((item) => item.matches(":focus"));
    const go = (to: number): void => items[(to + items.length) % items.length]?.focus();
    if (!this.open) {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      void this.show(event.key === "ArrowUp");
    } else if (event.key === "Escape") this.close();
    else if (event.key === "ArrowDown") go(focused + 1);
    else if (event.key === "ArrowUp") go(focused - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(-1);
    else if (event.key === "Tab") {
      this.open = false;
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private chosen(event: Event): void {
    const item = (event.target as Element).closest("[role^=menuitem]");
    if (item && item.role !== "menuitemradio") this.close();
  }

  override render(): TemplateResult {
    return html`<div @keydown=${this.pressed}>
      <button
        type="button"
        part="button"
        aria-haspopup="menu"
        aria-expanded=${this.open}
        @click=${() => (this.open ? this.close() : void this.show())}
      >
        <span class="sr">${this.label}</span>
        <slot name="label"></slot>
      </button>
      <div class="list" role="menu" part="list" aria-label=${this.label} ?hidden=${!this.open} @click=${this.chosen}>
        <slot></slot>
      </div>
    </div>`;
  }

  static override styles = [
    ...base,
    css`
      :host {
        position: relative;
        display: inline-block;
      }
      button {
        width: 100%;
        min-height: 2.25rem;
        padding: 0.375rem;
        border: 0;
        border-radius: var(--cardea-radius);
        background: transparent;
        color: inherit;
      }
      button:hover,
      :host([open]) button {
        background: var(--cardea-neutral-soft);
      }
      .list {
        position: absolute;
        z-index: 20;
        top: calc(100% + 4px);
        inset-inline-start: 0;
        min-width: 12rem;
        max-width: min(20rem, 90vw);
        max-height: min(28rem, 70vh);
        overflow: auto;
        padding: 0.3rem;
        border: 1px solid var(--cardea-border);
        border-radius: calc(var(--cardea-radius) + 2px);
        background: var(--cardea-surface);
        box-shadow: var(--cardea-shadow);
      }
      :host([wide]) .list {
        width: 100%;
        min-width: 13rem;
      }
      :host([up]) .list {
        top: auto;
        bottom: calc(100% + 4px);
      }
      :host([end]) .list {
        inset-inline: auto 0;
      }
    `,
  ];
}
customElements.define("cardea-dropdown", Dropdown);

/** For whoever fills a menu: its items lie in that one's own root. */
export const menuItems = css`
  [role^="menuitem"] {
    display: flex;
    width: 100%;
    min-height: 2.125rem;
    align-items: center;
    justify-content: flex-start;
    gap: 0.625rem;
    padding: 0.35rem 0.6rem;
    border: 0;
    border-radius: calc(var(--cardea-radius) - 2px);
    background: transparent;
    color: var(--cardea-text);
    font: inherit;
    font-weight: 450;
    text-align: start;
    text-decoration: none;
    cursor: pointer;
  }
  [role^="menuitem"]:hover,
  [role^="menuitem"]:focus-visible {
    background: var(--cardea-neutral-soft);
  }
  [role^="menuitem"]:focus-visible {
    outline-offset: -2px;
  }
  [role^="menuitem"].danger {
    color: var(--cardea-danger-text);
  }
  [role^="menuitem"][aria-checked="true"] .tick {
    visibility: visible;
  }
  .tick {
    visibility: hidden;
    margin-inline-start: auto;
    color: var(--cardea-link);
  }
  .menu-head {
    padding: 0.5rem 0.6rem 0.25rem;
    color: var(--cardea-muted);
    font-size: 0.8125rem;
  }
  .menu-line {
    margin: 0.3rem 0;
    border-top: 1px solid var(--cardea-border);
  }
`;
