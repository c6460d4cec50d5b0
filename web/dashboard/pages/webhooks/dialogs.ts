import { css, html, nothing } from "lit";
import { define } from "../../../common/define";
import { Dialog } from "../../../common/dialog";
import { PageDialog } from "../dialog";
import { at, mistakeAt, wrong } from "../page";
import "./picker";
import type { Webhook, WebhookMade } from "./shapes";
import { w, type Word } from "./words";

/** The same array at each render: another one would mean another choice. */
const ALL = ["*"];

/** A new endpoint, or another URL, description or choice of events for one. */
class WebhookForm extends PageDialog {
  static override properties = {
    ...PageDialog.properties,
    webhook: { attribute: false },
    url: { state: true },
    description: { state: true },
    events: { state: true },
  };
  declare webhook: Webhook | null;
  declare url: string;
  declare description: string;
  declare events: string[];

  constructor() {
    super();
    this.webhook = null;
    this.url = this.description = "";
    this.events = ["*"];
  }

  protected override willUpdate(changed?: Map<string, unknown>): void {
    super.willUpdate();
    if (!changed?.has("webhook") || !this.webhook) return;
    ({ url: this.url, description: this.description, events: this.events } = this.webhook);
  }

  protected override fields(): string[] {
    return ["url", "description", "events"];
  }
  protected override heading() {
    return w(this.app, this.webhook ? "edit" : "create");
  }
  protected override body() {
    const app = this.app;
    const url = mistakeAt(this.problem, "/url");
    const description = mistakeAt(this.problem, "/description");
    return html`<div class="field">
        <label for="url">${w(app, "url")}</label>
        <input id="url" inputmode="url" autofocus autocomplete="off" spellcheck="false" maxlength="2048" dir="ltr"
          placeholder="https://example.com/hooks" .value=${this.url} aria-describedby="url-help url-wrong"
          aria-invalid=${url ? "true" : "false"} @input=${(e: Event) => (this.url = (e.target as HTMLInputElement).value)} />
        <p class="small muted" id="url-help">${w(app, "urlHelp")}</p>
        ${wrong("url-wrong", url)}
      </div>
      <div class="field">
        <label for="description">${w(app, "description")}</label>
        <input id="description" autocomplete="off" maxlength="500" .value=${this.description} aria-describedby="what wrong"
          aria-invalid=${description ? "true" : "false"}
          @input=${(e: Event) => (this.description = (e.target as HTMLInputElement).value)} />
        <p class="small muted" id="what">${w(app, "descriptionHelp")}</p>
        ${wrong("wrong", description)}
      </div>
      <event-picker .app=${app} .events=${this.webhook?.events ?? ALL}
        @picked=${(e: CustomEvent<string[]>) => (this.events = e.detail)}></event-picker>
      ${this.events.length ? wrong("events", mistakeAt(this.problem, "/events")) : html`<p class="small muted">${w(app, "eventsNeeded")}</p>`}`;
  }
  protected override footer() {
    const ready = this.url.trim() !== "" && this.events.length > 0;
    return html`${this.cancelButton()}${this.submitButton(w(this.app, this.webhook ? "save" : "create"), false, !ready)}`;
  }
  protected override async submit(): Promise<void> {
    const { api, accountQuery } = this.app;
    const body = { url: this.url.trim(), description: this.description, events: this.events };
    this.done(
      this.webhook
        ? await api.patch<Webhook>(at(this.app, `webhooks/${this.webhook.id}`), body)
        : await api.post<WebhookMade>("webhooks", { ...accountQuery, ...body }),
    );
  }
}
define("webhook-form", WebhookForm);

const OVERLAPS = [86400, 604800, 3600, 0];

/** A new secret, and how long the old one signs beside it. */
class WebhookRotate extends PageDialog {
  static override properties = { ...PageDialog.properties, webhook: { attribute: false }, overlap: { state: true } };
  declare webhook: Webhook;
  declare overlap: number;

  constructor() {
    super();
    this.overlap = OVERLAPS[0]!;
  }
  protected override heading() {
    return w(this.app, "rotateTitle");
  }
  protected override body() {
    const app = this.app;
    return html`<p>${w(app, "rotateText")}</p>
      <div class="field">
        <label for="overlap">${w(app, "overlap")}</label>
        <select id="overlap" autofocus @change=${(e: Event) => (this.overlap = Number((e.target as HTMLSelectElement).value))}>
          ${OVERLAPS.map((sec) => html`<option value=${sec}>${w(app, `overlap_${sec}` as Word)}</option>`)}
        </select>
      </div>
      ${this.overlap ? nothing : html`<p class="note warn">${w(app, "overlapNow")}</p>`}`;
  }
  protected override footer() {
    return html`${this.cancelButton()}${this.submitButton(w(this.app, "rotateAction"), this.overlap === 0)}`;
  }
  protected override async submit(): Promise<void> {
    const path = at(this.app, `webhooks/${this.webhook.id}/rotate-secret`);
    this.done(await this.app.api.post<WebhookMade>(path, { overlap_sec: this.overlap }));
  }
}
define("webhook-rotate", WebhookRotate);

/** What a field of local time shows. */
function local(ms: number): string {
  const d = new Date(ms);
  return new Date(ms - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What failed of a time, sent once more. */
class WebhookReplay extends PageDialog {
  static override properties = { ...PageDialog.properties, webhook: { attribute: false }, since: { state: true }, until: { state: true } };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      .two {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(180px, 1fr));
        gap: 12px;
      }
    `,
  ];
  declare webhook: Webhook;
  declare since: string;
  declare until: string;

  constructor() {
    super();
    this.since = local(Date.now() - 86_400_000);
    this.until = "";
  }
  protected override heading() {
    return w(this.app, "replayTitle");
  }
  protected override body() {
    const app = this.app;
    const field = (name: "since" | "until", label: Word) => html`<div class="field">
      <label for=${name}>${w(app, label)}</label>
      <input id=${name} type="datetime-local" .value=${this[name]} @input=${(e: Event) => (this[name] = (e.target as HTMLInputElement).value)} />
    </div>`;
    return html`<p>${w(app, "replayText")}</p>
      <div class="two">${field("since", "replayFrom")} ${field("until", "replayTo")}</div>`;
  }
  protected override footer() {
    return html`${this.cancelButton()}${this.submitButton(w(this.app, "replayAction"), false, !this.since)}`;
  }
  protected override async submit(): Promise<void> {
    const body = {
      since: new Date(this.since).toISOString(),
      ...(this.until ? { until: new Date(this.until).toISOString() } : {}),
    };
    this.done(await this.app.api.post(at(this.app, `webhooks/${this.webhook.id}/replay`), body));
  }
}
define("webhook-replay", WebhookReplay);
