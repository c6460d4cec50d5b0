import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { ApiError, path } from "../../common/api";
import "../elements/failure";
import { icon } from "../icons";
import { PageElement } from "../page";
import { LANGUAGES, type Language } from "../strings";
import { base, pageStyles } from "../styles";
import { settingsStyles } from "./settings/styles.css";
import { THEMES } from "../theme";
import type { Account } from "../types";
import { speaker } from "../words";
import { words } from "./settings/words";

const say = speaker(words);

type Form = "account" | "profile" | "password";

/** The account, the person, the session; how it all looks. */
export class SettingsPage extends PageElement {
  static override properties = {
    ...PageElement.properties,
    account: { state: true },
    failure: { state: true },
    busy: { state: true },
    problem: { state: true },
  };
  declare account: Account | null;
  declare failure: unknown;
  declare busy: Form | null;
  declare problem: { form: Form; error: unknown } | null;
  private free: (() => void) | null = null;

  constructor() {
    super();
    this.account = this.failure = this.busy = this.problem = null;
  }

  protected override firstUpdated(_changed: PropertyValues<this>): void {
    void this.load();
    this.free = this.app.guard(() => this.dirty);
  }

  override disconnectedCallback(): void {
    this.free?.();
    super.disconnectedCallback();
  }

  private get dirty(): boolean {
    return [...this.renderRoot.querySelectorAll<HTMLInputElement>("form input")].some((field) => field.value !== field.defaultValue);
  }

  private async load(): Promise<void> {
    const id = this.app.account?.id ?? this.app.session.account;
    if (!id) return;
    this.failure = null;
    try {
      this.account = await this.app.api.get<Account>(path`accounts/${id}`);
    } catch (error) {
      this.failure = error;
    }
  }

  private value(name: string): string {
    return this.renderRoot.querySelector<HTMLInputElement>(`[name=${name}]`)?.value ?? "";
  }

  /** One form is sent; what the API refuses stands in it, and what was typed stays. */
  private async send(event: SubmitEvent, form: Form, work: () => Promise<string>): Promise<void> {
    event.preventDefault();
    if (this.busy) return;
    this.busy = form;
    this.problem = null;
    try {
      this.app.toast(await work());
    } catch (error) {
      this.problem = { form, error };
    } finally {
      this.busy = null;
    }
  }

  private async saveAccount(): Promise<string> {
    const { app } = this;
    const id = this.account?.id ?? "";
    this.account = await app.api.patch<Account>(path`accounts/${id}`, { name: this.value("account-name").trim() });
    if (app.account) app.account = this.account;
    else app.session = { ...app.session, account_name: this.account.name };
    app.changed();
    return say(app, "saved");
  }

  private async saveProfile(): Promise<string> {
    const { app } = this;
    const name = this.value("name").trim();
    await app.api.patch(path`users/${app.session.user ?? ""}`, { name });
    app.session = { ...app.session, name };
    app.changed();
    return say(app, "saved");
  }

  /** All sessions end with the old password, this one too: so it begins anew with the new one. */
  private async savePassword(): Promise<string> {
    const { app } = this;
    const { user, email, account } = app.session;
    const password = this.value("new-password");
    await app.api.patch(path`users/${user ?? ""}`, { password, current_password: this.value("current-password") });
    for (const field of this.renderRoot.querySelectorAll<HTMLInputElement>("[type=password]")) field.value = "";
    await app.renew({ email: email ?? "", password, ...(account ? { account } : {}) });
    return say(app, "changed");
  }

  /* ---- how it looks ---- */

  override render(): TemplateResult {
    const { app } = this;
    return html`<div class="head"><h1>${say(app, "title")}</h1></div>
      ${app.operator && !app.account ? nothing : this.renderAccount()} ${app.session.user ? this.renderPerson() : nothing}
      ${this.renderSession()} ${this.renderAppearance()}`;
  }

  private section(title: string, about: string, content: unknown): TemplateResult {
    return html`<section class="card">
      <div>
        <h2>${title}</h2>
        ${about ? html`<p class="muted small">${about}</p>` : nothing}
      </div>
      <div>${content}</div>
    </section>`;
  }

  private renderProblem(form: Form, ...fields: string[]): TemplateResult | typeof nothing {
    if (this.problem?.form !== form) return nothing;
    const { error } = this.problem;
    const others = error instanceof ApiError ? error.errors.filter((one) => !fields.includes(one.location)) : [];
    if (error instanceof ApiError && error.errors.length && !others.length) return nothing;
    return html`<div class="note bad" role="alert">
      <span>${this.app.describe(error)}</span>
      ${others.map((one) => html`<span class="small">${one.message} ${one.fix ?? nothing}</span>`)}
    </div>`;
  }

  private renderField(
    form: Form,
    name: string,
    label: string,
    more: { value?: string; type?: string; autocomplete?: "name" | "current-password" | "new-password" | "off"; location: string; hint?: string },
  ): TemplateResult {
    const error = this.problem?.form === form ? this.problem.error : null;
    const wrong = error instanceof ApiError ? error.errors.find((one) => one.location === more.location) : undefined;
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <input
        id=${name}
        name=${name}
        type=${more.type ?? "text"}
        autocomplete=${more.autocomplete ?? "off"}
        .defaultValue=${more.value ?? ""}
        maxlength=${more.type ? 128 : 100}
        aria-invalid=${wrong ? "true" : "false"}
        aria-describedby=${wrong || more.hint ? `${name}-more` : nothing}
      />
      ${wrong
        ? html`<p class="wrong" role="alert" id="${name}-more">${wrong.message} ${wrong.fix ?? nothing}</p>`
        : more.hint
          ? html`<p class="hint" id="${name}-more">${more.hint}</p>`
          : nothing}
    </div>`;
  }

  private renderSave(form: Form, label: string): TemplateResult {
    return html`<p><button class="button" ?disabled=${this.busy === form}>${this.busy === form ? this.app.t("do.saving") : label}</button></p>`;
  }

  private renderAccount(): TemplateResult {
    const { app, account } = this;
    if (this.failure)
      return this.section(
        say(app, "account"),
        "",
        html`<cardea-failure
          .app=${app}
          .error=${this.failure}
          .heading=${say(app, "loadFailed")}
          @retry=${() => this.load()}
        ></cardea-failure>`,
      );
    if (!account) return this.section(say(app, "account"), "", html`<p class="muted" role="status">${app.loc.text("loading")}</p>`);
    const own = app.can("own");
    return this.section(
      say(app, "account"),
      "",
      html`${own
          ? html`<form novalidate @submit=${(event: SubmitEvent) => this.send(event, "account", () => this.saveAccount())}>
              ${this.renderField("account", "account-name", say(app, "accountName"), { value: account.name, location: "/name" })}
              ${this.renderProblem("account", "/name")} ${this.renderSave("account", say(app, "save"))}
            </form>`
          : nothing}
        <dl class="facts">
          ${own
            ? nothing
            : html`<div>
                <dt>${say(app, "accountName")}</dt>
                <dd><bdi>${account.name}</bdi> <span class="hint">${say(app, "accountHint")}</span></dd>
              </div>`}
          <div>
            <dt>${say(app, "product")}</dt>
            <dd>${app.product.title}</dd>
          </div>
          <div>
            <dt>${say(app, "slug")}</dt>
            <dd><code>${account.slug}</code></dd>
          </div>
          <div>
            <dt>${say(app, "id")}</dt>
            <dd><code>${account.id}</code></dd>
          </div>
          <div>
            <dt>${say(app, "status")}</dt>
            <dd><span class="badge ${account.status === "active" ? "ok" : "warn"}">${say(app, account.status)}</span></dd>
          </div>
          <div>
            <dt>${say(app, "since")}</dt>
            <dd>${app.format.day(account.created_at)}</dd>
          </div>
        </dl>`,
    );
  }

  private renderPerson(): TemplateResult {
    const { app } = this;
    const { session } = app;
    return html`${this.section(
      say(app, "profile"),
      "",
      html`<form novalidate @submit=${(event: SubmitEvent) => this.send(event, "profile", () => this.saveProfile())}>
          ${this.renderField("profile", "name", say(app, "name"), {
            value: session.name ?? "",
            autocomplete: "name",
            location: "/name",
          })}
          ${this.renderProblem("profile", "/name")} ${this.renderSave("profile", say(app, "save"))}
        </form>
        <dl class="facts">
          <div>
            <dt>${say(app, "email")}</dt>
            <dd>${session.email}</dd>
          </div>
          <div>
            <dt>${say(app, "role")}</dt>
            <dd>${app.t(`role.${session.role as "owner"}`)} <span class="hint">${app.t(`role.${session.role as "owner"}.does`)}</span></dd>
          </div>
        </dl>`,
    )}
    ${this.section(
      say(app, "password"),
      say(app, "passwordText"),
      html`<form novalidate @submit=${(event: SubmitEvent) => this.send(event, "password", () => this.savePassword())}>
        <input class="sr" tabindex="-1" aria-hidden="true" autocomplete="username" readonly .defaultValue=${session.email ?? ""} />
        ${this.renderField("password", "current-password", say(app, "current"), {
          type: "password",
          autocomplete: "current-password",
          location: "/current_password",
        })}
        ${this.renderField("password", "new-password", say(app, "fresh"), {
          type: "password",
          autocomplete: "new-password",
          location: "/password",
          hint: say(app, "freshHint"),
        })}
        ${this.renderProblem("password", "/password", "/current_password")} ${this.renderSave("password", say(app, "change"))}
      </form>`,
    )}`;
  }

  private renderSession(): TemplateResult {
    const { app } = this;
    const { id, expires_at } = app.session;
    return this.section(
      say(app, "session"),
      "",
      html`<dl class="facts">
          ${id
            ? html`<div>
                <dt>${say(app, "sessionId")}</dt>
                <dd><code>${id}</code></dd>
              </div>`
            : nothing}
          <div>
            <dt>${say(app, "ends")}</dt>
            <dd>${say(app, "endsIn", { when: app.format.ago(expires_at), time: app.format.time(expires_at) })}</dd>
          </div>
        </dl>
        <p>
          <button class="button" @click=${() => app.logout().catch((error: unknown) => app.toast(app.describe(error), "bad"))}>
            ${icon("logout")}${say(app, "logout")}
          </button>
        </p>`,
    );
  }

  private renderAppearance(): TemplateResult {
    const { app } = this;
    return this.section(
      say(app, "appearance"),
      say(app, "appearanceText"),
      html`<fieldset class="field">
          <legend>${app.t("user.theme")}</legend>
          <div class="row">
            ${THEMES.map(
              (theme) =>
                html`<label class="choice">
                  <input type="radio" name="theme" .checked=${app.theme === theme} @change=${() => app.setTheme(theme)} />
                  ${app.t(`user.theme.${theme}`)}
                </label>`,
            )}
          </div>
        </fieldset>
        <fieldset class="field">
          <legend>${app.t("user.language")}</legend>
          <div class="row">
            ${Object.entries(LANGUAGES).map(
              ([code, own]) =>
                html`<label class="choice" lang=${code}>
                  <input
                    type="radio"
                    name="language"
                    .checked=${app.language === code}
                    @change=${() => app.setLanguage(code as Language)}
                  />
                  ${own}
                </label>`,
            )}
          </div>
        </fieldset>`,
    );
  }

  static override styles = [
    ...base,
    pageStyles,
    settingsStyles,
  ];
}
customElements.define("cardea-page-settings", SettingsPage);
