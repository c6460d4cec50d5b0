import { html, type TemplateResult } from "lit";
import { AppDialog } from "../../elements/app-dialog";
import type { Account } from "../../types";
import { speaker } from "../../words";
import { words } from "./words";

const say = speaker(words);

export interface ProductName {
  name: string;
  title: string;
}

export class AccountDialog extends AppDialog {
  static override properties = { ...AppDialog.properties, products: { attribute: false }, product: { attribute: false } };
  declare products: ProductName[];
  /** The one that the list shows. */
  declare product: string;

  protected override dirty(): boolean {
    return Boolean(this.text("slug") || this.text("name"));
  }

  protected heading(): unknown {
    return say(this.app, "createTitle");
  }

  protected override fields(): string[] {
    return ["slug", "name"];
  }

  protected override async submit(): Promise<void> {
    const name = this.text("name");
    const profile = this.renderRoot.querySelector("select")?.value ?? "";
    this.done(await this.app.api.post<Account>("accounts", { profile, slug: this.text("slug"), ...(name ? { name } : {}) }));
  }

  protected body(): TemplateResult {
    const { app } = this;
    return html`<div class="field">
        <label for="product">${say(app, "product")}</label>
        <select id="product">
          ${this.products.map(
            ({ name, title }) => html`<option value=${name} ?selected=${name === this.product}>${title}</option>`,
          )}
        </select>
      </div>
      ${this.renderInput("slug", say(app, "slug"), { hint: say(app, "slugHint"), first: true, max: 40 })}
      ${this.renderInput("name", say(app, "name"), { hint: say(app, "nameHint"), max: 100 })}`;
  }

  protected footer(): TemplateResult {
    return html`${this.cancelButton()} ${this.submitButton(say(this.app, "create"))}`;
  }
}
customElements.define("cardea-account-dialog", AccountDialog);
