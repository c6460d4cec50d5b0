import { LitElement, html, nothing, type TemplateResult } from "lit";
import { App } from "./app";
import { icon } from "./icons";
import "./login";
import "./nav";
import "./overlays";
import type { PageElement } from "./page";
import { findPage, homePage, pathOfPage, titleOfPage, type PageEntry } from "./pages";
import { base } from "./styles";
import { shellStyles } from "./shell.css";

/** Everything around a page, and which page it is. */
export class Dashboard extends LitElement {
  static override properties = { drawer: { state: true }, page: { state: true }, lost: { state: true } };
  declare drawer: boolean;
  declare page: PageElement | null;
  /** Why there is no page: no such path, or its file did not come. */
  declare lost: "path" | "file" | null;

  readonly app = new App();
  private entry: PageEntry | undefined;
  private shownAccount: string | null = null;

  constructor() {
    super();
    this.drawer = false;
    this.page = null;
    this.lost = null;
    this.app.addEventListener("change", () => {
      this.route();
      this.requestUpdate();
    });
    this.app.addEventListener("moved", () => {
      this.drawer = false;
      window.scrollTo(0, 0);
      void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("main")?.focus({ preventScroll: true }));
    });
    this.addEventListener("click", this.clicked);
    window.addEventListener("beforeunload", (event) => {
      if (this.app.state === "ready" && this.app.unsaved) event.preventDefault();
    });
    void this.app.start();
  }

  /** Links to our own pages are followed here; with a modifier, or elsewhere, the browser does it. */
  private readonly clicked = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((node): node is HTMLAnchorElement => node instanceof HTMLAnchorElement);
    if (!link?.href || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    const { base: root } = this.app.router;
    if (url.origin !== root.origin || !url.pathname.startsWith(root.pathname)) return;
    event.preventDefault();
    void this.app.router.go(url.pathname.slice(root.pathname.length) + url.search + url.hash);
  };

  /** Which page the address means. It stays the same element while only what follows its path changes. */
  private route(): void {
    const { app } = this;
    if (app.state !== "ready") {
      this.page = null;
      this.entry = undefined;
      if (app.state === "login") document.title = app.product.title;
      return;
    }
    const { page: name, rest } = app.place;
    if (name === "login" || (!name && !app.place.account)) {
      const home = homePage(app);
      if (home) void app.go(pathOfPage(home, app), { replace: true });
      return;
    }
    const entry = app.failure ? undefined : findPage(name, app);
    const account = app.account?.id ?? null;
    if (entry && entry === this.entry && account === this.shownAccount) {
      if (this.page) this.page.rest = rest;
      return;
    }
    this.entry = entry;
    this.shownAccount = account;
    this.page = null;
    this.lost = entry ? null : "path";
    if (entry) void this.show(entry);
    else app.title(app.t("error.notFound"));
  }

  private async show(entry: PageEntry): Promise<void> {
    const { app } = this;
    app.title(titleOfPage(entry, app));
    try {
      await entry.load();
    } catch {
      if (this.entry === entry) this.lost = "file";
      return;
    }
    if (this.entry !== entry) return;
    const page = document.createElement(entry.tag) as PageElement;
    page.app = app;
    page.rest = app.place.rest;
    this.page = page;
  }

  override render(): TemplateResult {
    const { app } = this;
    switch (app.state) {
      case "starting":
        return html`<div class="middle" role="status"><span class="sr">…</span><span class="wheel"></span></div>`;
      case "failed":
        return this.renderFailed();
      case "login":
        return this.renderLogin();
      default:
        return this.renderReady();
    }
  }

  private renderFailed(): TemplateResult {
    const { app } = this;
    return html`<main class="middle">
      <div class="sheet centre">
        <h1>${app.t("error.startTitle")}</h1>
        <p class="muted" role="alert">${app.describe(app.failure)}</p>
        <button class="button primary" @click=${() => app.load()}>${app.t("error.retry")}</button>
      </div>
    </main>`;
  }

  private renderLogin(): TemplateResult {
    const { app } = this;
    return html`<main class="middle">
        <div class="sheet">
          <p class="brand"><span class="mark" aria-hidden="true">${app.product.title.slice(0, 1)}</span></p>
          <h1>${app.product.operator ? app.t("login.operatorTitle") : app.t("login.title", { product: app.product.title })}</h1>
          ${app.loggedOut ? html`<p class="muted" role="status">${app.t("login.ended")}</p>` : nothing}
          <cardea-login .app=${app}></cardea-login>
        </div>
      </main>
      <cardea-overlays .app=${app}></cardea-overlays>`;
  }

  private renderReady(): TemplateResult {
    const { app } = this;
    return html`<button class="button primary skip" @click=${() => this.renderRoot.querySelector("main")?.focus()}>
        ${app.t("app.skip")}
      </button>
      <header class="bar">
        <button class="icon" aria-label=${app.t("app.menu")} aria-expanded=${this.drawer} @click=${() => (this.drawer = true)}>
          ${icon("menu")}
        </button>
        <span class="cut">${app.product.title}</span>
      </header>
      <aside><cardea-navigation .app=${app}></cardea-navigation></aside>
      ${this.drawer ? this.renderDrawer() : nothing}
      <main tabindex="-1">
        ${this.renderBanners()}
        <div class="content">${this.lost ? this.renderLost() : (this.page ?? this.renderWaiting())}</div>
      </main>
      <cardea-overlays .app=${app}></cardea-overlays>`;
  }

  private renderDrawer(): TemplateResult {
    return html`<dialog
      class="drawer"
      aria-label=${this.app.t("app.navigation")}
      @close=${() => (this.drawer = false)}
      @click=${(event: MouseEvent) => {
        if (event.target === event.currentTarget) this.drawer = false; // on what lies behind it
      }}
    >
      <button class="icon" aria-label=${this.app.t("app.closeMenu")} @click=${() => (this.drawer = false)}>${icon("close")}</button>
      <cardea-navigation .app=${this.app}></cardea-navigation>
    </dialog>`;
  }

  protected override updated(): void {
    const drawer = this.renderRoot.querySelector<HTMLDialogElement>("dialog.drawer");
    if (drawer && !drawer.open) drawer.showModal();
  }

  private renderBanners(): TemplateResult {
    const { app } = this;
    return html`${app.online
      ? nothing
      : html`<div class="banner warn" role="alert">
          ${icon("offline")}<span><b>${app.t("error.offline")}</b> ${app.t("error.offlineText")}</span>
        </div>`}
    ${app.account?.status === "suspended"
      ? html`<div class="banner warn">${icon("alert")}<span>${app.t("account.suspended")}</span></div>`
      : nothing}`;
  }

  private renderWaiting(): TemplateResult {
    return html`<div class="waiting" role="status"><span class="sr">${this.app.t("app.starting")}</span><span class="wheel"></span></div>`;
  }

  private renderLost(): TemplateResult {
    const { app } = this;
    if (this.lost === "file")
      return html`<div class="lost" role="alert">
        <h1>${app.t("error.pageFailed")}</h1>
        <p class="muted">${app.t(app.online ? "error.pageFailedText" : "error.offline")}</p>
        <button class="button primary" @click=${() => location.reload()}>${app.t("error.reload")}</button>
      </div>`;
    const home = homePage(app);
    return html`<div class="lost">
      <h1>${app.t("error.notFound")}</h1>
      <p class="muted">${app.failure ? app.describe(app.failure) : app.t("error.notFoundText")}</p>
      ${home
        ? html`<a class="button primary" href=${app.href(home.group === "operate" ? `/${home.path}` : pathOfPage(home, app))}>
            ${app.t("error.home", { page: titleOfPage(home, app) })}
          </a>`
        : nothing}
    </div>`;
  }

  static override styles = [
    ...base,
    shellStyles,
  ];
}
customElements.define("cardea-dashboard", Dashboard);
