import { LitElement, html, nothing, type TemplateResult } from "lit";
import type { App } from "./app";
import "./elements/dropdown";
import { menuItems } from "./elements/dropdown";
import { icon } from "./icons";
import { pathOfPage, pages, titleOfPage, type PageEntry } from "./pages";
import { LANGUAGES, type Language } from "./strings";
import { base } from "./styles";
import { navStyles } from "./nav.css";
import { THEMES } from "./theme";
import type { Choice } from "./types";

const GROUPS: PageEntry["group"][] = ["operate", "build", "watch", "account"];

/** The product, the account, the pages that it has for this role, and who is here. */
export class Navigation extends LitElement {
  static override properties = { app: { attribute: false }, choices: { state: true } };
  declare app: App;
  declare choices: Choice[];

  private readonly again = (): void => this.requestUpdate();
  private asked: string | null = null;

  constructor() {
    super();
    this.choices = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.app.addEventListener("change", this.again);
  }

  override disconnectedCallback(): void {
    this.app.removeEventListener("change", this.again);
    super.disconnectedCallback();
  }

  /** Who belongs to one account alone is not offered a choice. */
  protected override updated(): void {
    if (this.app.operator || this.asked === this.app.session.id) return;
    this.asked = this.app.session.id;
    this.app.choices().then(
      (choices) => (this.choices = choices),
      () => (this.choices = []), // the name of the account stands there all the same
    );
  }

  override render(): TemplateResult {
    const { app } = this;
    const shown = pages.filter((entry) => entry.when(app));
    return html`<div class="top">
        <a class="brand" href=${app.router.href("")}>
          <span class="mark" aria-hidden="true">${app.product.title.slice(0, 1)}</span>
          <span class="cut">${app.product.title}</span>
        </a>
        ${this.renderAccount()}
      </div>
      <nav aria-label=${app.t("app.navigation")}>
        ${GROUPS.map((group) => {
          const entries = shown.filter((entry) => entry.group === group);
          return entries.length
            ? html`<h2 id=${group} class=${group === "operate" ? "sr" : ""}>${app.t(`nav.group.${group}`)}</h2>
                <ul aria-labelledby=${group}>
                  ${entries.map((entry) => this.renderEntry(entry))}
                </ul>`
            : nothing;
        })}
      </nav>
      <div class="bottom">${this.renderUser()}</div>`;
  }

  private renderEntry(entry: PageEntry): TemplateResult {
    const { app } = this;
    const path = pathOfPage(entry, app);
    const here = !app.failure && (app.place.page === path || app.place.page === entry.path);
    const href = app.href(entry.group === "operate" ? `/${path}` : path);
    return html`<li>
      <a href=${href} aria-current=${here ? "page" : nothing}>
        ${icon(entry.icon)}<span class="cut">${titleOfPage(entry, app)}</span>
      </a>
    </li>`;
  }

  /* ---- the account ---- */

  private renderAccount(): TemplateResult | typeof nothing {
    const { app } = this;
    if (app.operator) return app.account ? this.renderEntered(app.account.name) : nothing;
    const name = app.session.account_name ?? app.session.account_slug ?? app.session.account ?? "";
    if (this.choices.length < 2) return html`<p class="account one cut" title=${name}>${name}</p>`;
    return html`<cardea-dropdown wide label=${app.t("account.switch")}>
      <span slot="label" class="account"><span class="cut">${name}</span>${icon("updown")}</span>
      <p class="menu-head" role="presentation">${app.t("account.switch")}</p>
      ${this.choices.map((choice) => {
        const current = choice.id === app.session.account;
        return html`<button role="menuitemradio" aria-checked=${current} @click=${() => this.change(choice, current)}>
          <span class="cut">${choice.name ?? choice.slug}<small>${app.t(`role.${choice.role}`)}</small></span>
          <span class="tick">${icon("check")}</span>
        </button>`;
      })}
    </cardea-dropdown>`;
  }

  private renderEntered(name: string): TemplateResult {
    return html`<div class="entered">
      <p class="account one cut" title=${name}>${name}</p>
      <a class="small" href=${this.app.router.href("accounts")}>${icon("back")} ${this.app.t("account.leave")}</a>
    </div>`;
  }

  private async change(choice: Choice, current: boolean): Promise<void> {
    if (current) return;
    try {
      await this.app.change(choice.id);
    } catch (error) {
      this.app.toast(this.app.describe(error), "bad");
    }
  }

  /* ---- the person ---- */

  private renderUser(): TemplateResult {
    const { app } = this;
    const name = app.operator ? app.t("user.operator") : (app.session.name ?? app.session.email ?? "");
    return html`<cardea-dropdown up wide label=${app.t("user.menu")}>
      <span slot="label" class="person">
        <span class="face" aria-hidden="true">${[...name][0] ?? ""}</span>
        <span class="cut">
          ${name}${app.session.role !== "operator" ? html`<small>${app.t(`role.${app.session.role}`)}</small>` : nothing}
        </span>
      </span>
      ${app.session.email ? html`<p class="menu-head cut" role="presentation">${app.session.email}</p>` : nothing}
      <div role="group" aria-label=${app.t("user.theme")}>
        <p class="menu-head" role="presentation">${app.t("user.theme")}</p>
        ${THEMES.map(
          (theme) =>
            html`<button role="menuitemradio" aria-checked=${app.theme === theme} @click=${() => app.setTheme(theme)}>
              ${app.t(`user.theme.${theme}`)}<span class="tick">${icon("check")}</span>
            </button>`,
        )}
      </div>
      <div role="group" aria-label=${app.t("user.language")}>
        <p class="menu-head" role="presentation">${app.t("user.language")}</p>
        ${Object.entries(LANGUAGES).map(
          ([code, own]) =>
            html`<button
              role="menuitemradio"
              lang=${code}
              aria-checked=${app.language === code}
              @click=${() => app.setLanguage(code as Language)}
            >
              ${own}<span class="tick">${icon("check")}</span>
            </button>`,
        )}
      </div>
      <div class="menu-line" role="separator"></div>
      ${app.reference
        ? html`<a role="menuitem" href=${app.reference} target="_blank" rel="noopener">${icon("book")}${app.t("app.reference")}</a>`
        : nothing}
      <button role="menuitem" @click=${this.logout}>${icon("logout")}${app.t("user.logout")}</button>
    </cardea-dropdown>`;
  }

  private async logout(): Promise<void> {
    try {
      await this.app.logout();
    } catch (error) {
      this.app.toast(this.app.describe(error), "bad");
    }
  }

  static override styles = [
    ...base,
    menuItems,
    navStyles,
  ];
}
customElements.define("cardea-navigation", Navigation);
