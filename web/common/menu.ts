// A button that opens a list of actions: arrows walk, Escape and leaving close it, the focus comes back.
import { LitElement, css, html, nothing } from "lit";
import { base } from "./base.css";
import { define } from "./define";
import { dots } from "./icons";

export interface MenuItem {
  label: string;
  action: string;
  danger?: boolean;
}

/** Sends `choose` with the action as its detail. */
export class CardeaMenu extends LitElement {
  static override properties = { items: { attribute: false }, label: {}, open: { state: true } };
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
      }
      .icon svg {
        stroke-width: 2.5;
      }
      [role="menu"] {
        position: fixed;
        inset: auto;
        z-index: 10;
        min-width: 180px;
        margin: 0;
        padding: 5px;
        border: 1px solid var(--cardea-border);
        border-radius: calc(var(--cardea-radius) + 2px);
        background: var(--cardea-surface);
        color: inherit;
        box-shadow: var(--cardea-shadow);
      }
      [role="menuitem"] {
        display: block;
        width: 100%;
        padding: 7px 10px;
        border: 0;
        border-radius: 5px;
        background: none;
        text-align: start;
        white-space: nowrap;
      }
      [role="menuitem"]:is(:hover, :focus) {
        background: var(--cardea-neutral-soft);
        outline: none;
      }
      .bad {
        color: var(--cardea-danger-text);
      }
      @media (pointer: coarse) {
        [role="menuitem"] {
          padding-block: 12px;
        }
      }
    `,
  ];
  declare items: MenuItem[];
  declare label: string;
  declare open: boolean;

  private readonly away = (e: Event) => {
    if (!e.composedPath().includes(this)) this.open = false;
  };
  private readonly moved = () => (this.open = false);

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.open = false;
    this.listen(false);
  }

  private listen(on: boolean): void {
    const change = on ? "addEventListener" : "removeEventListener";
    window[change]("pointerdown", this.away, true);
    window[change]("scroll", this.moved, true);
    window[change]("resize", this.moved);
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (!changed.has("open") || this.open === undefined) return;
    this.listen(this.open);
    if (!this.open) return;
    const list = this.renderRoot.querySelector<HTMLElement>("[role=menu]")!;
    list.showPopover?.(); // above all; where there are no popovers, z-index does
    const at = this.renderRoot.querySelector("button")!.getBoundingClientRect();
    const below = at.bottom + 4 + list.offsetHeight < window.innerHeight;
    list.style.top = `${below ? at.bottom + 4 : Math.max(4, at.top - 4 - list.offsetHeight)}px`;
    list.style.left = `${Math.max(8, Math.min(at.right, window.innerWidth - 8) - list.offsetWidth)}px`;
    list.querySelector("button")?.focus({ preventScroll: true });
  }

  private keys(e: KeyboardEvent): void {
    const items = [...this.renderRoot.querySelectorAll<HTMLElement>("[role=menuitem]")];
    const at = items.indexOf(this.shadowRoot!.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[e.key];
    if (to !== undefined) items.at(to % items.length)?.focus();
    else if (e.key === "Escape") this.shut();
    else if (e.key === "Tab") this.open = false;
    if (to !== undefined || e.key === "Escape") e.preventDefault();
  }

  private shut(): void {
    this.open = false;
    this.renderRoot.querySelector("button")!.focus();
  }

  private choose(action: string): void {
    this.shut();
    this.dispatchEvent(new CustomEvent("choose", { detail: action }));
  }

  override render() {
    return html`<button class="icon" part="menu-button" aria-label=${this.label} aria-haspopup="menu"
        aria-expanded=${this.open ? "true" : "false"} @click=${() => (this.open = !this.open)}
        @keydown=${(e: KeyboardEvent) => {
          if (e.key !== "ArrowDown") return;
          e.preventDefault();
          this.open = true;
        }}>${dots}</button>
      ${this.open
        ? html`<div role="menu" part="menu" popover="manual" aria-label=${this.label} @keydown=${this.keys}>
            ${this.items.map(
              (item) => html`<button role="menuitem" tabindex="-1" class=${item.danger ? "bad" : ""}
                @click=${() => this.choose(item.action)}>${item.label}</button>`,
            )}
          </div>`
        : nothing}`;
  }
}
define("cardea-menu", CardeaMenu);
