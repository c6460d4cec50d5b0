import { LitElement, html } from "lit";

/** The page on which people manage their keys, for any site. */
export class CardeaKeys extends LitElement {
  override render() {
    return html`<p>API keys</p>`;
  }
}
customElements.define("cardea-keys", CardeaKeys);
