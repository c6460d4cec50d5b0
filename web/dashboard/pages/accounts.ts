import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { path } from "../../common/api";
import { quoted } from "../../common/format";
import "../../common/menu";
import { listing } from "../elements/listing";
import { icon } from "../icons";
import { List } from "../list";
import { PageElement } from "../page";
import { base, pageStyles } from "../styles";
import type { Account } from "../types";
import { speaker } from "../words";
import "./accounts/dialog";
import type { ProductName } from "./accounts/dialog";
import { words } from "./accounts/words";

const say = speaker(words);

/** All accounts, for an operator. */
export class AccountsPage extends PageElement {
  static override properties = {
    ...PageElement.properties,
    product: { state: true },
    wanted: { state: true },
    making: { state: true },
  };
  declare product: string;
  declare wanted: string;
  declare making: boolean;

  private readonly accounts = new List<Account>(this, () => ({
    app: this.app,
    path: "accounts",
    query: { profile: this.product },
  }));

  constructor() {
    super();
    this.product = this.wanted = "";
    this.making = false;
  }

  protected override firstUpdated(_changed: PropertyValues<this>): void {
    void this.accounts.load();
  }

  /** `accounts/ID` is the account's own first page. */
  protected override updated(changed: PropertyValues<this>): void {
    const [id] = this.rest;
    if (changed.has("rest") && id) void this.app.go(`/accounts/${encodeURIComponent(id)}/keys`, { replace: true });
  }

  private get products(): ProductName[] {
    return this.app.session.products ?? [];
  }

  private titleOf(profile: string): string {
    return this.products.find((product) => product.name === profile)?.title ?? profile;
  }

  override render(): TemplateResult {
    const { app } = this;
    const create = html`<button class="button primary" @click=${() => (this.making = true)}>
      ${icon("plus")}${say(app, "create")}
    </button>`;
    return html`<div class="head">
        <div>
          <h1>${say(app, "title")}</h1>
          <p>${say(app, "about")}</p>
        </div>
        <div class="deeds">${this.accounts.empty && !this.product ? nothing : create}</div>
      </div>
      ${this.renderFilter()}
      ${listing({
        app,
        list: this.accounts,
        table: (items) => this.renderTable(items),
        empty: { icon: "accounts", title: say(app, "emptyTitle"), text: say(app, "emptyText"), action: create },
      })}
      ${this.making
        ? html`<cardea-account-dialog
            .app=${app}
            .products=${this.products}
            .product=${this.product}
            @close=${() => (this.making = false)}
            @done=${this.made}
          ></cardea-account-dialog>`
        : nothing}`;
  }

  private renderFilter(): TemplateResult {
    const { app } = this;
    return html`<div class="filter">
      <input
        type="search"
        aria-label=${say(app, "search")}
        placeholder=${say(app, "search")}
        .value=${this.wanted}
        @input=${(event: Event) => (this.wanted = (event.target as HTMLInputElement).value)}
      />
      <select
        aria-label=${say(app, "product")}
        @change=${(event: Event) => {
          this.product = (event.target as HTMLSelectElement).value;
          void this.accounts.load();
        }}
      >
        <option value="">${say(app, "allProducts")}</option>
        ${this.products.map(({ name, title }) => html`<option value=${name}>${title}</option>`)}
      </select>
    </div>`;
  }

  private made(event: CustomEvent<Account>): void {
    this.making = false;
    this.app.toast(say(this.app, "made", { name: quoted(event.detail.name) }));
    void this.app.go(`/accounts/${event.detail.id}/members`);
  }

  private renderTable(all: Account[]): TemplateResult {
    const { app } = this;
    const wanted = this.wanted.trim().toLowerCase();
    const items = wanted
      ? all.filter((one) => [one.name, one.slug, one.id].some((text) => text.toLowerCase().includes(wanted)))
      : all;
    if (!items.length)
      return html`<div class="empty" role="status">
        <h2>${say(app, "noneTitle")}</h2>
        <p>${say(app, "noneText")}</p>
      </div>`;
    return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col">${say(app, "account")}</th>
          <th scope="col">${say(app, "product")}</th>
          <th scope="col">${say(app, "status")}</th>
          <th scope="col">${say(app, "created")}</th>
          <th scope="col" class="end"><span class="sr">${app.loc.text("actions")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${items.map((account) => this.renderAccount(account))}
      </tbody>
    </table>`;
  }

  private renderAccount(account: Account): TemplateResult {
    const { app } = this;
    const active = account.status === "active";
    // The daemon's own, which holds the root key.
    const system = account.profile === "cardea" && account.slug === "system";
    const state = active
      ? { label: say(app, "suspend"), action: "suspend" }
      : { label: say(app, "resume"), action: "resume" };
    return html`<tr>
      <td class="wide">
        <a class="cut strong" href=${app.href(`/accounts/${account.id}/keys`)}>${account.name}</a>
        <span class="cut muted mono">${account.slug}</span>
      </td>
      <td data-label=${say(app, "product")}>${this.titleOf(account.profile)}</td>
      <td data-label=${say(app, "status")}>
        <span class="badge ${active ? "ok" : "warn"}">${say(app, account.status)}</span>
      </td>
      <td data-label=${say(app, "created")}>
        <time datetime=${account.created_at} title=${app.format.time(account.created_at)}>${app.format.day(account.created_at)}</time>
      </td>
      <td class="end">
        <cardea-menu
          .items=${[
            { label: say(app, "enter"), action: "enter" },
            ...(system ? [] : [state, { label: say(app, "delete"), action: "delete", danger: true }]),
          ]}
          .label=${app.t("do.actions", { name: quoted(account.name) })}
          @choose=${(event: CustomEvent<string>) =>
            this.chosen(event.detail, account).catch((error: unknown) => app.toast(app.describe(error), "bad"))}
        ></cardea-menu>
      </td>
    </tr>`;
  }

  private async chosen(action: string, account: Account): Promise<void> {
    const { app } = this;
    const name = quoted(account.name);
    const here = path`accounts/${account.id}`;
    if (action === "enter") {
      await app.go(`/accounts/${account.id}/keys`);
      return;
    }
    if (action === "resume") {
      await app.api.patch(here, { status: "active" });
      app.toast(say(app, "resumed", { name }));
    } else if (action === "suspend") {
      const sure = await app.confirm({
        title: say(app, "suspendTitle", { name }),
        text: say(app, "suspendText"),
        action: say(app, "suspend"),
        danger: true,
      });
      if (!sure) return;
      await app.api.patch(here, { status: "suspended" });
      app.toast(say(app, "suspendedNow", { name }));
    } else {
      const sure = await app.confirm({
        title: say(app, "deleteTitle", { name }),
        text: say(app, "deleteText"),
        action: say(app, "delete"),
        danger: true,
        typed: account.slug,
      });
      if (!sure) return;
      await app.api.delete(here);
      app.toast(say(app, "deleted", { name }));
    }
    await this.accounts.load();
  }

  static override styles = [
    ...base,
    pageStyles,
    css`
      .filter {
        display: flex;
        flex-wrap: wrap;
        gap: 10px;
        margin-bottom: 16px;
      }
      .filter input {
        flex: 0 1 280px;
      }
      .filter select {
        flex: 0 1 200px;
      }
      .strong {
        color: var(--cardea-text);
        font-weight: 600;
        text-decoration: none;
      }
      .strong:hover {
        text-decoration: underline;
      }
    `,
  ];
}
customElements.define("cardea-page-accounts", AccountsPage);
