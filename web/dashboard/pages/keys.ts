import { html, type TemplateResult } from "lit";
import "../../keys/cardea-keys";
import { PageElement } from "../page";
import { base, pageStyles } from "../styles";

/** The component that teams put into their own apps, told what we know already. */
export class KeysPage extends PageElement {
  override render(): TemplateResult {
    return html`<cardea-keys></cardea-keys>`;
  }
  static override styles = [...base, pageStyles];
}
customElements.define("cardea-page-keys", KeysPage);
