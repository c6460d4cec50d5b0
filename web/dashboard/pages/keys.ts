import { html, type TemplateResult } from "lit";
import "../../keys/cardea-keys";
import type { CardeaKeys } from "../../keys/cardea-keys";
import { PageElement } from "../page";
import { base } from "../styles";

type Expired = CustomEvent<{ waitUntil: (promise: Promise<unknown>) => void }>;

/** The component that teams put into their own apps, told what is known here already. */
export class KeysPage extends PageElement {
  private free: (() => void) | null = null;

  /** A step back takes an open dialog along, and with it perhaps a secret that is shown this once. */
  override connectedCallback(): void {
    super.connectedCallback();
    this.free = this.app.guard(() => Boolean(this.renderRoot.querySelector<CardeaKeys>("cardea-keys")?.open));
  }

  override disconnectedCallback(): void {
    this.free?.();
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { app } = this;
    const { role, user, account_slug } = app.session;
    return html`<cardea-keys
      lang=${app.language}
      theme=${app.theme}
      .account=${app.accountQuery.account ?? null}
      .product=${app.product}
      .viewer=${{ role, user, account_slug: app.account?.slug ?? account_slug }}
      @session-expired=${(event: Expired) => event.detail.waitUntil(app.expired())}
    >
      <h1 slot="heading">${app.product.keys.title}</h1>
    </cardea-keys>`;
  }

  static override styles = base;
}
customElements.define("cardea-page-keys", KeysPage);
