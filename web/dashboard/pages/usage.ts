import { html, nothing } from "lit";
import { base } from "../../common/base.css";
import { Page } from "./page";
import { layout } from "./styles";
import "./usage/report";
import "./usage/statement";
import { w } from "./usage/words";

/** How much was used, and what a month comes to. */
class UsagePage extends Page {
  protected override readonly words = w;
  private get billing(): boolean {
    const { app } = this;
    // An operator who has entered no account is in no product either.
    return (!app.operator || app.account !== null) && app.product.offers.billing && app.can("manage");
  }

  protected override render() {
    const app = this.app;
    const statement = this.billing && this.rest[0] === "statement";
    return html`<div class="head">
        <div>
          <h1>${w(app, "title")}</h1>
          <p class="lead">${w(app, "lead")}</p>
        </div>
      </div>
      ${this.billing
        ? html`<nav class="tabs" aria-label=${w(app, "title")}>
            <a href=${app.href("usage")} aria-current=${statement ? nothing : "page"}>${w(app, "tabUsage")}</a>
            <a href=${app.href("usage/statement")} aria-current=${statement ? "page" : nothing}>${w(app, "tabBilling")}</a>
          </nav>`
        : nothing}
      ${statement ? html`<usage-statement .app=${app}></usage-statement>` : html`<usage-report .app=${app}></usage-report>`}`;
  }

  static override styles = [base, layout];
}
customElements.define("cardea-page-usage", UsagePage);
