import { css, html, nothing } from "lit";
import { ApiError } from "../../../common/api";
import { base } from "../../../common/base.css";
import { icon } from "../../icons";
import { quoted } from "../../../common/format";
import "../../../common/menu";
import { Part, at, failed } from "../page";
import type { SecretWords } from "../secret";
import "../secret";
import { chips, layout } from "../styles";
import type { App } from "../../app";
import "./dialogs";
import "./log";
import type { WebhookLog } from "./log";
import type { Webhook, WebhookMade } from "./shapes";
import { w } from "./words";

/** How the secret's dialog speaks, here and where an endpoint is made. */
export function secretWords(app: App): SecretWords {
  return {
    title: w(app, "secretTitle"),
    once: w(app, "secretOnce"),
    reveal: w(app, "secretReveal"),
    hide: w(app, "secretHide"),
    copy: w(app, "copy"),
    copied: w(app, "copied"),
    leave: w(app, "secretLeave"),
    leaveText: w(app, "secretLeaveText"),
    leaveAction: w(app, "secretLeaveAction"),
    have: w(app, "secretCopied"),
    use: w(app, "secretUse"),
  };
}

/** One endpoint: what it is told of, how it is signed for, and what was sent. */
export class WebhookEndpoint extends Part {
  static override properties = {
    ...Part.properties,
    name: {},
    webhook: { state: true },
    error: { state: true },
    dialog: { state: true },
    secret: { state: true },
    busy: { state: true },
  };
  name = "";
  private webhook: Webhook | null = null;
  private error: unknown = null;
  private dialog: "" | "edit" | "rotate" | "replay" = "";
  private secret = "";
  private busy = false;

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has("name")) return;
    this.webhook = null;
    void this.load();
  }

  private path(rest = ""): string {
    return at(this.app, `webhooks/${encodeURIComponent(this.name)}${rest}`);
  }

  private async load(): Promise<void> {
    this.error = null;
    try {
      this.webhook = await this.app.api.get<Webhook>(this.path());
      this.app.title(this.webhook.url);
    } catch (error) {
      this.error = error;
    }
  }

  /** One thing at a time; what fails is said, and the page shows how things really are. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await work();
    } catch (error) {
      this.app.toast(this.app.describe(error), "bad");
      if (error instanceof ApiError && error.status) void this.load();
    }
    this.busy = false;
  }

  private test(): Promise<void> {
    return this.attempt(async () => {
      await this.app.api.post(this.path("/test"));
      this.app.toast(w(this.app, "tested"));
      this.renderRoot.querySelector<WebhookLog>("webhook-log")?.follow();
    });
  }

  private async enable(enabled: boolean): Promise<void> {
    const { app } = this;
    if (!enabled && !(await app.confirm({ title: w(app, "disableTitle"), text: w(app, "disableText"), action: w(app, "disable"), danger: true })))
      return;
    await this.attempt(async () => {
      this.webhook = await app.api.patch<Webhook>(this.path(), { enabled });
      app.toast(w(app, enabled ? "enabled" : "disabled"));
    });
  }

  private async cutOver(): Promise<void> {
    const { app } = this;
    const sure = await app.confirm({ title: w(app, "cutOverTitle"), text: w(app, "cutOverText"), action: w(app, "cutOverAction"), danger: true });
    if (!sure) return;
    await this.attempt(async () => {
      this.webhook = await app.api.post<Webhook>(this.path("/cut-over"));
      app.toast(w(app, "cutOverDone"));
    });
  }

  private async erase(): Promise<void> {
    const { app } = this;
    const sure = await app.confirm({
      title: w(app, "deleteTitle"),
      text: w(app, "deleteText", { url: quoted(this.webhook!.url, 200) }),
      action: w(app, "deleteAction"),
      danger: true,
    });
    if (!sure) return;
    await this.attempt(async () => {
      await app.api.delete(this.path());
      app.toast(w(app, "deleted"));
      await app.go("webhooks", { replace: true });
    });
  }

  private chosen(action: string): void {
    if (action === "edit" || action === "rotate" || action === "replay") this.dialog = action;
    else if (action === "cutOver") void this.cutOver();
    else if (action === "disable") void this.enable(false);
    else void this.erase();
  }

  private head(hook: Webhook) {
    const app = this.app;
    const items = [
      { label: w(app, "editAction"), action: "edit" },
      { label: w(app, "rotate"), action: "rotate" },
      ...(hook.previous_secret_until ? [{ label: w(app, "cutOver"), action: "cutOver" }] : []),
      { label: w(app, "replayFailed"), action: "replay" },
      ...(hook.enabled ? [{ label: w(app, "disable"), action: "disable" }] : []),
      { label: w(app, "delete"), action: "delete", danger: true },
    ];
    return html`<a class="back" href=${app.href("webhooks")}>${icon("back")}${w(app, "title")}</a>
      <div class="head">
        <div>
          <h1 class="url"><bdi dir="ltr">${hook.url}</bdi></h1>
          ${hook.description ? html`<p class="lead" dir="auto"><bdi>${hook.description}</bdi></p>` : nothing}
          <p class="signs">
            <span class="chip ${hook.status}">${w(app, `status_${hook.status}`)}</span>
            ${hook.failing_since && hook.enabled
              ? html`<span class="chip flag">${w(app, "failing", { when: app.format.time(hook.failing_since) })}</span>`
              : nothing}
          </p>
        </div>
        <div class="buttons">
          ${hook.enabled
            ? html`<button type="button" class="button primary" ?disabled=${this.busy} @click=${this.test}>${w(app, "test")}</button>`
            : html`<button type="button" class="button primary" ?disabled=${this.busy} @click=${() => this.enable(true)}>${w(app, "enable")}</button>`}
          <cardea-menu .label=${w(app, "actions")} .items=${items}
            @choose=${(e: CustomEvent<string>) => this.chosen(e.detail)}></cardea-menu>
        </div>
      </div>`;
  }

  private facts(hook: Webhook) {
    const app = this.app;
    return html`${hook.status === "stopped"
        ? html`<p class="note bad">${w(app, "stoppedBecause", { reason: hook.stopped_because ?? "" })}</p>`
        : nothing}
      <dl class="facts">
        <div>
          <dt>${w(app, "events")}</dt>
          <dd class="events">
            ${hook.events.includes("*") ? html`<span class="chip">${w(app, "allEvents")}</span>` : hook.events.map((e) => html`<span class="chip mono">${e}</span>`)}
          </dd>
        </div>
        <div>
          <dt>${w(app, "secret")}</dt>
          <dd>
            ${w(app, "secretAge", { when: app.format.ago(hook.secret_created_at) })}${hook.signature_header
              ? html`<br /><span class="muted">${w(app, "secretHeader", { header: hook.signature_header })}</span>`
              : nothing}
          </dd>
        </div>
        <div><dt>${w(app, "added")}</dt><dd>${app.format.time(hook.created_at)}</dd></div>
      </dl>
      ${hook.previous_secret_until
        ? html`<p class="note warn overlap"><span>${w(app, "secretOverlap", { when: app.format.time(hook.previous_secret_until) })}</span>
            <button type="button" class="link" @click=${this.cutOver}>${w(app, "cutOver")}</button></p>`
        : nothing}`;
  }

  private dialogs(hook: Webhook) {
    const app = this.app;
    const shut = () => (this.dialog = "");
    if (this.secret)
      return html`<secret-once .app=${app} .secret=${this.secret} .words=${secretWords(app)} @close=${() => (this.secret = "")}></secret-once>`;
    if (this.dialog === "edit")
      return html`<webhook-form .app=${app} .webhook=${hook} @close=${shut} @done=${(e: CustomEvent<Webhook>) => {
        shut();
        this.webhook = e.detail;
        app.toast(w(app, "saved"));
      }}></webhook-form>`;
    if (this.dialog === "rotate")
      return html`<webhook-rotate .app=${app} .webhook=${hook} @close=${shut} @done=${(e: CustomEvent<WebhookMade>) => {
        shut();
        this.secret = e.detail.secret;
        void this.load();
      }}></webhook-rotate>`;
    if (this.dialog === "replay")
      return html`<webhook-replay .app=${app} .webhook=${hook} @close=${shut} @done=${(e: CustomEvent<{ queued: number; more: boolean }>) => {
        shut();
        app.toast(`${w(app, "replayed", { n: e.detail.queued })}${e.detail.more ? `. ${w(app, "replayMore")}` : ""}`);
        this.renderRoot.querySelector<WebhookLog>("webhook-log")?.follow();
      }}></webhook-replay>`;
    return nothing;
  }

  protected override render() {
    const { app, webhook } = this;
    if (this.error && !webhook)
      return html`<a class="back" href=${app.href("webhooks")}>${icon("back")}${w(app, "title")}</a>${failed(app, this.error, () => this.load())}`;
    if (!webhook) return html`<p class="muted" role="status">${app.t("list.loading")}</p>`;
    return html`${this.head(webhook)}
      <div class="stack">
        ${this.facts(webhook)}
        <webhook-log .app=${app} .webhook=${webhook}></webhook-log>
      </div>
      ${this.dialogs(webhook)}`;
  }

  static override styles = [
    base,
    chips,
    layout,
    css`
      .url {
        font-family: var(--cardea-mono);
        font-size: 17px;
        overflow-wrap: anywhere;
      }
      .facts {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
        gap: 16px 32px;
        margin: 0;
        padding: 16px 20px;
        border: 1px solid var(--cardea-border);
        border-radius: calc(var(--cardea-radius) + 2px);
        background: var(--cardea-surface);
      }
      dt {
        margin-bottom: 4px;
        color: var(--cardea-muted);
        font-size: 13px;
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      .events {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
      }
      .overlap {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 8px 16px;
      }
      .overlap .link {
        color: inherit;
        text-decoration: underline;
      }
    `,
  ];
}
customElements.define("webhook-endpoint", WebhookEndpoint);
