import { html, type TemplateResult } from "lit";
import { PageElement } from "../page";
import { base, pageStyles } from "../styles";

export class Page extends PageElement {
  override render(): TemplateResult {
    return html`<div class="head"><div><h1>${this.app.t("nav.agents")}</h1></div></div>`;
  }
  static override styles = [...base, pageStyles];
}
customElements.define("cardea-page-agents", Page);
