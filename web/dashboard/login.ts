import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { ApiError } from "../common/api";
import type { App } from "./app";
import { icon } from "./icons";
import { base } from "./styles";
import type { StringKey } from "./strings";
import type { Choice } from "./types";

/**
 * Log-in by e-mail and password, on an operator's host also by the root key. `again` is for somebody whose session ended
 * under them: their e-mail stands there, and the page beneath stays as it is.
 */
export class LoginForm extends LitElement {
  static override properties = {
    app: { attribute: false },
    again: { type: Boolean },
    busy: { state: true },
    error: { state: true },
    choices: { state: true },
    root: { state: true },
    shown: { state: true },
  };
  declare app: App;
  declare again: boolean;
  declare busy: boolean;
  declare error: string;
  declare choices: Choice[] | null;
  declare root: boolean;
  declare shown: boolean;

  private known: Record<string, string> = {};

  constructor() {
    super();
    this.again = this.busy = this.root = this.shown = false;
    this.error = "";
    this.choices = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.again) this.root = this.app.session.operator;
  }

  override firstUpdated(): void {
    this.focusFirst();
  }

  private focusFirst(): void {
    const fields = [...this.renderRoot.querySelectorAll<HTMLInputElement>("input:not([readonly])")];
    (fields.find((field) => !field.value) ?? fields[0])?.focus();
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => String(form.get(name) ?? "");
    const known: Record<string, string> = this.root
      ? { root_key: text("root").trim() }
      : { email: text("email").trim(), password: text("password") };
    if (this.again && this.app.session.account) known.account = this.app.session.account;
    await this.send(known);
  }

  private async send(known: Record<string, string>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = "";
    try {
      await this.app.login(known);
      this.known = {};
    } catch (error) {
      this.refused(error, known);
    } finally {
      this.busy = false;
    }
  }

  private refused(error: unknown, known: Record<string, string>): void {
    if (error instanceof ApiError && error.code === "account_required" && Array.isArray(error.body.accounts)) {
      this.known = known;
      this.choices = error.body.accounts as Choice[];
      void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLButtonElement>(".choice")?.focus());
      return;
    }
    this.choices = null;
    this.error =
      error instanceof ApiError && error.status === 401
        ? this.app.t(this.root ? "login.wrongRoot" : "login.wrong")
        : error instanceof ApiError && error.code === "somebody_else"
          ? this.app.t("login.otherUser", { email: this.app.session.email ?? "" })
          : this.app.describe(error);
    void this.updateComplete.then(() => {
      const field = this.renderRoot.querySelector<HTMLInputElement>("input[type=password], input[name=password]");
      field?.focus();
      field?.select();
    });
  }

  override render(): TemplateResult {
    return this.choices ? this.renderChoices(this.choices) : this.renderForm();
  }

  private renderError(): TemplateResult | typeof nothing {
    return this.error
      ? html`<p class="note bad icon-note" role="alert" id="error">${icon("alert")}<span>${this.error}</span></p>`
      : nothing;
  }

  private renderForm(): TemplateResult {
    const t = (key: StringKey) => this.app.t(key);
    return html`<form @submit=${this.submit} novalidate>
      ${this.renderError()} ${this.root ? this.renderRootKey() : this.renderPerson()}
      <button class="button primary wide" ?disabled=${this.busy} aria-busy=${this.busy}>
        ${t(this.busy ? "login.submitting" : "login.submit")}
      </button>
      ${this.app.product.operator && !this.again
        ? html`<button type="button" class="link other" @click=${this.turn}>
            ${t(this.root ? "login.usePassword" : "login.useRoot")}
          </button>`
        : nothing}
      ${this.again
        ? html`<button type="button" class="link other" @click=${() => this.app.leave()}>${t("login.other")}</button>`
        : nothing}
    </form>`;
  }

  private async turn(): Promise<void> {
    this.root = !this.root;
    this.error = "";
    await this.updateComplete;
    this.focusFirst();
  }

  private renderPerson(): TemplateResult {
    const email = this.again ? (this.app.session.email ?? "") : "";
    return html`<div class="field">
        <label for="email">${this.app.t("login.email")}</label>
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          .value=${email}
          ?readonly=${Boolean(email)}
          aria-describedby=${this.error ? "error" : nothing}
        />
      </div>
      ${this.renderSecret("password", this.app.t("login.password"), "current-password")}`;
  }

  private renderRootKey(): TemplateResult {
    return html`${this.renderSecret("root", this.app.t("login.root"), "off")}
      <p class="hint">${this.app.t("login.rootHint")}</p>`;
  }

  private renderSecret(name: string, label: string, autocomplete: "current-password" | "off"): TemplateResult {
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <div class="secret">
        <input
          id=${name}
          name=${name}
          type=${this.shown ? "text" : "password"}
          autocomplete=${autocomplete}
          autocapitalize="none"
          spellcheck="false"
          required
          aria-invalid=${this.error ? "true" : "false"}
          aria-describedby=${this.error ? "error" : nothing}
        />
        <button
          type="button"
          class="icon"
          aria-pressed=${this.shown}
          aria-label=${this.app.t("login.show")}
          title=${this.app.t("login.show")}
          @click=${() => (this.shown = !this.shown)}
        >
          ${icon("eye")}
        </button>
      </div>
    </div>`;
  }

  private renderChoices(choices: Choice[]): TemplateResult {
    return html`<h2 id="choose">${this.app.t("login.choose")}</h2>
      <p class="muted">${this.app.t("login.chooseText")}</p>
      ${this.renderError()}
      <ul aria-labelledby="choose">
        ${choices.map(
          (choice) =>
            html`<li>
              <button class="choice" ?disabled=${this.busy} @click=${() => this.send({ ...this.known, account: choice.id })}>
                <span class="cut">
                  <bdi>${choice.name ?? choice.slug}</bdi>
                  <small>
                    ${this.app.product.operator ? html`${choice.profile} · ` : nothing}${this.app.t(`role.${choice.role}`)}
                  </small>
                </span>
                ${icon("arrow")}
              </button>
            </li>`,
        )}
      </ul>
      <button type="button" class="link other" @click=${() => (this.choices = null)}>${this.app.t("login.back")}</button>`;
  }

  static override styles = [
    ...base,
    css`
      .field + .field {
        margin-top: 16px;
      }
      .field + .hint {
        margin-top: 6px;
      }
      .wide {
        width: 100%;
        min-height: 2.625rem;
        margin-top: 1.5rem;
      }
      .other {
        display: block;
        margin: 1rem auto 0;
      }
      .note {
        margin-bottom: 1rem;
      }
      input {
        min-height: 2.625rem;
      }
      .secret {
        position: relative;
      }
      .secret input {
        padding-inline-end: 2.75rem;
      }
      .secret button {
        position: absolute;
        inset-block: 0.1875rem;
        inset-inline-end: 0.1875rem;
        color: var(--cardea-muted);
      }
      .secret button[aria-pressed="true"] {
        color: var(--cardea-link);
      }
      ul {
        margin-top: 1rem;
      }
      button.choice {
        width: 100%;
        min-height: 3.25rem;
        align-items: center;
        justify-content: space-between;
        text-align: start;
      }
      li + li {
        margin-top: 0.5rem;
      }
    `,
  ];
}
customElements.define("cardea-login", LoginForm);
