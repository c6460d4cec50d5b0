import { css, html, nothing } from "lit";
import type { Page as Listed } from "../../common/api";
import { base } from "../../common/base.css";
import { plus } from "../../common/icons";
import { Page, at, failed } from "./page";
import "./secret";
import { chips, layout, tables } from "./styles";
import "./webhooks/dialogs";
import { secretWords } from "./webhooks/endpoint";
import type { Webhook, WebhookMade } from "./webhooks/shapes";
import { w } from "./webhooks/words";

const FEW = 3;

/** The endpoints of an account. */
class WebhooksPage extends Page {
  protected override readonly words = w;
  static override properties = {
    ...Page.properties,
    webhooks: { state: true },
    error: { state: true },
    creating: { state: true },
    made: { state: true },
  };
  private webhooks: Webhook[] | null = null;
  private error: unknown = null;
  private creating = false;
  private made: WebhookMade | null = null;
  private of = "";

  protected override willUpdate(): void {
    const listed = !this.rest[0];
    const of = `${this.app.account?.id ?? ""}/${listed}`;
    if (of === this.of) return;
    this.of = of;
    if (listed) void this.load();
  }

  private async load(): Promise<void> {
    this.error = null;
    try {
      // An account has at most 100: one page of the API's.
      this.webhooks = (await this.app.api.get<Listed<Webhook>>(at(this.app, "webhooks", { limit: 200 }))).data;
    } catch (error) {
      this.error = error;
    }
  }

  private events(hook: Webhook) {
    const app = this.app;
    if (hook.events.includes("*")) return w(app, "allEvents");
    const more = hook.events.length - FEW;
    return html`<span class="mono">${hook.events.slice(0, FEW).join(", ")}</span>${more > 0 ? html` <span class="muted">+${more}</span>` : nothing}`;
  }

  private row(hook: Webhook) {
    const app = this.app;
    return html`<tr class="open">
      <td>
        <a class="name" href=${app.href(`webhooks/${hook.id}`)}><bdi dir="ltr">${hook.url}</bdi></a>
        ${hook.description ? html`<p class="cut muted small" dir="auto">${hook.description}</p>` : nothing}
      </td>
      <td data-label=${w(app, "events")}>${this.events(hook)}</td>
      <td>
        <span class="chip ${hook.status}">${w(app, `status_${hook.status}`)}</span>
        ${hook.failing_since && hook.enabled
          ? html`<span class="chip flag">${w(app, "failing", { when: app.format.ago(hook.failing_since) })}</span>`
          : nothing}
      </td>
      <td data-label=${w(app, "added")}><time datetime=${hook.created_at} title=${app.format.time(hook.created_at)}>${app.format.ago(hook.created_at)}</time></td>
    </tr>`;
  }

  private list() {
    const app = this.app;
    if (this.error)
      return failed(app, this.error, () => this.load());
    if (!this.webhooks) return html`<p class="muted" role="status">${app.t("list.loading")}</p>`;
    if (!this.webhooks.length) return html`<div class="empty"><p>${w(app, "none")}</p>${this.button()}</div>`;
    return html`<div class="table">
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">${w(app, "url")}</th>
            <th scope="col">${w(app, "events")}</th>
            <th scope="col">${w(app, "status")}</th>
            <th scope="col">${w(app, "added")}</th>
          </tr>
        </thead>
        <tbody>${this.webhooks.map((hook) => this.row(hook))}</tbody>
      </table>
    </div>`;
  }

  private button() {
    return html`<button type="button" class="button primary" @click=${() => (this.creating = true)}>${plus}${w(this.app, "create")}</button>`;
  }

  private dialogs() {
    const app = this.app;
    if (this.made)
      return html`<secret-once .app=${app} .secret=${this.made.secret} .words=${secretWords(app)}
        @close=${() => {
          const { id } = this.made!;
          this.made = null;
          void app.go(`webhooks/${id}`);
        }}></secret-once>`;
    if (!this.creating) return nothing;
    return html`<webhook-form .app=${app} @close=${() => (this.creating = false)}
      @done=${(e: CustomEvent<WebhookMade>) => {
        this.creating = false;
        this.made = e.detail;
      }}></webhook-form>`;
  }

  protected override render() {
    const app = this.app;
    if (this.rest[0]) return html`<webhook-endpoint .app=${app} .name=${this.rest[0]}></webhook-endpoint>`;
    return html`<div class="head">
        <div>
          <h1>${w(app, "title")}</h1>
          <p class="lead">${w(app, "lead")}</p>
        </div>
        ${this.webhooks?.length ? html`<div class="buttons">${this.button()}</div>` : nothing}
      </div>
      ${this.list()} ${this.dialogs()}`;
  }

  static override styles = [
    base,
    chips,
    tables,
    layout,
    css`
      td:first-child {
        max-width: 26rem;
      }
      .name {
        display: block;
        color: var(--cardea-text);
        font-weight: 600;
        text-decoration: none;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .open:hover .name {
        text-decoration: underline;
      }
    `,
  ];
}
customElements.define("cardea-page-webhooks", WebhooksPage);
