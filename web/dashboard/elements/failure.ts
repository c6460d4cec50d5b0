import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { ApiError } from "../../common/api";
import type { App } from "../app";
import { icon } from "../icons";
import { base } from "../styles";

/** What went wrong, in the API's words, and a button that tries once more (`retry`). */
export class Failure extends LitElement {
  static override properties = { app: { attribute: false }, error: { attribute: false }, heading: { type: String } };
  declare app: App;
  declare error: unknown;
  declare heading: string;

  constructor() {
    super();
    this.heading = "";
  }

  override render(): TemplateResult {
    const errors = this.error instanceof ApiError ? this.error.errors : [];
    const id = this.error instanceof ApiError ? this.error.body["request_id"] : undefined;
    return html`<div role="alert">
        ${icon("alert")}
        <div>
          <h2>${this.heading || this.app.t("error.listFailed")}</h2>
          <p>${this.app.describe(this.error)}</p>
          ${errors.map((one) => html`<p class="small">${one.message} ${one.fix ?? nothing}</p>`)}
          ${typeof id === "string" ? html`<p class="small muted">${this.app.t("error.request", { id })}</p>` : nothing}
        </div>
      </div>
      <button class="button" @click=${() => this.dispatchEvent(new Event("retry"))}>${this.app.t("error.retry")}</button>`;
  }

  static override styles = [
    ...base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 12px 24px;
        align-items: center;
        justify-content: space-between;
      }
      div[role] {
        display: flex;
        gap: 12px;
      }
      .i {
        margin-top: 2px;
        color: var(--cardea-danger-text);
      }
      h2 {
        font-size: 14px;
      }
      p {
        margin-top: 2px;
      }
    `,
  ];
}
customElements.define("cardea-failure", Failure);
