import { html, nothing } from "lit";
import type { Page as Listed } from "../../../common/api";
import { base } from "../../../common/base.css";
import { Part, at, failed } from "../page";
import { pretty } from "../policies/positions";
import { chips, layout, segments, tables } from "../styles";
import { logStyles } from "./log.css";
import type { Delivery, DeliveryWhole, Webhook } from "./shapes";
import { w, type Word } from "./words";

const STATES = ["all", "queued", "delivered", "failed"] as const;
type State = (typeof STATES)[number];

/** While something is on its way the log is asked again: quickly at first, since a test is answered in an instant. */
const AGAIN_MS = [400, 800, 1500, 3000, 5000];

/** What was sent to an endpoint, and what it answered. */
export class WebhookLog extends Part {
  static override properties = {
    ...Part.properties,
    webhook: { attribute: false },
    state: { state: true },
    list: { state: true },
    cursor: { state: true },
    error: { state: true },
    open: { state: true },
    whole: { state: true },
    loading: { state: true },
  };
  webhook!: Webhook;
  private state: State = "all";
  private list: Delivery[] | null = null;
  private cursor: string | null = null;
  private error: unknown = null;
  private open = "";
  private whole: DeliveryWhole | null = null;
  private loading = false;
  private timer = 0;
  private tries = 0;
  private asked = 0;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get("webhook") as Webhook | undefined;
    if (changed.has("webhook") && before?.id !== this.webhook.id) {
      this.list = null;
      void this.load();
    }
  }

  /** Called when something was queued: the log follows it. */
  follow(): void {
    this.tries = 0;
    void this.load();
  }

  private path(rest = ""): string {
    return `webhooks/${this.webhook.id}/deliveries${rest}`;
  }

  private async load(cursor = ""): Promise<void> {
    clearTimeout(this.timer);
    const asked = ++this.asked;
    this.loading = true;
    try {
      const state = this.state === "all" ? undefined : this.state;
      const page = await this.app.api.get<Listed<Delivery>>(at(this.app, this.path(), { state, cursor, limit: 50 }));
      if (asked !== this.asked) return; // another filter was chosen meanwhile
      this.list = cursor ? [...(this.list ?? []), ...page.data] : page.data;
      this.cursor = page.next_cursor;
      this.error = null;
      if (!cursor) this.again();
    } catch (error) {
      if (asked === this.asked) this.error = error;
    }
    if (asked === this.asked) this.loading = false;
  }

  private again(): void {
    const soon = Date.now() + 60_000;
    const moving = this.list!.some((d) => d.state === "queued" && Date.parse(d.next_attempt_at ?? "") < soon);
    if (!this.isConnected || !moving || !this.webhook.enabled) return;
    this.timer = window.setTimeout(() => void this.load(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]);
    if (this.open) void this.show(this.open);
  }

  private async show(id: string): Promise<void> {
    try {
      const whole = await this.app.api.get<DeliveryWhole>(at(this.app, this.path(`/${id}`)));
      if (this.open === id) this.whole = whole;
    } catch (error) {
      this.app.toast(this.app.describe(error), "bad");
    }
  }

  private toggle(id: string): void {
    this.whole = null;
    this.open = this.open === id ? "" : id;
    if (this.open) void this.show(id);
  }

  private choose(state: State): void {
    this.state = state;
    this.list = null;
    this.open = "";
    void this.load();
  }

  private async replay(id: string): Promise<void> {
    const { app } = this;
    try {
      const { queued } = await app.api.post<{ queued: number }>(at(app, `webhooks/${this.webhook.id}/replay`), { delivery: id });
      app.toast(w(app, "replayed", { n: queued }));
      this.follow();
    } catch (error) {
      app.toast(app.describe(error), "bad");
    }
  }

  private answer(d: { status: number | null; error: string | null }) {
    if (d.status !== null) return html`<span class=${d.status < 300 ? "" : "bad"}>${d.status}</span>`;
    return d.error ? html`<span class="bad">${w(this.app, "noAnswer")}</span>` : html`<span class="muted">–</span>`;
  }

  private row(d: Delivery) {
    const app = this.app;
    const open = this.open === d.id;
    const waits = d.state === "queued" && d.next_attempt_at && d.attempts > 0;
    return html`<tr class="open ${open ? "on" : ""}">
        <td>
          <button type="button" class="row" aria-expanded=${open ? "true" : "false"} aria-label=${w(app, "details", { type: d.type })}
            @click=${() => this.toggle(d.id)}><span class="mark" aria-hidden="true"></span><span class="mono">${d.type}</span></button>
        </td>
        <td>
          <span class="chip ${d.state}">${w(app, `state_${d.state}`)}</span>
          ${waits ? html`<span class="small muted">${w(app, "next", { when: app.format.ago(d.next_attempt_at!) })}</span>` : nothing}
        </td>
        <td data-label=${w(app, "answer")}>${this.answer(d)}</td>
        <td class="num" data-label=${w(app, "attempts")}>${d.attempts}</td>
        <td class="num" data-label=${w(app, "latency")}>${d.attempts ? `${app.format.number(d.latency_ms)} ms` : "–"}</td>
        <td data-label=${w(app, "when")}><time datetime=${d.event_at} title=${app.format.time(d.event_at)}>${app.format.ago(d.event_at)}</time></td>
      </tr>
      ${open ? html`<tr class="details"><td colspan="6">${this.details()}</td></tr>` : nothing}`;
  }

  private details() {
    const app = this.app;
    const d = this.whole;
    if (!d) return html`<p class="muted" role="status">${app.t("list.loading")}</p>`;
    return html`<div class="whole">
      <div class="facts">
        <dl>
          <div><dt>${w(app, "delivery")}</dt><dd class="mono">${d.id}</dd></div>
          <div><dt>${w(app, "eventId")}</dt><dd class="mono">${d.event}</dd></div>
        </dl>
        <button type="button" class="button" ?disabled=${d.state === "queued"} @click=${() => this.replay(d.id)}>${w(app, "replay")}</button>
      </div>
      ${d.log.length
        ? html`<h3>${w(app, "attemptsLog")}</h3>
            <ol class="attempts">
              ${d.log.map(
                (a) => html`<li>
                  <time datetime=${a.at}>${new Date(a.at).toLocaleString(app.language, { dateStyle: "medium", timeStyle: "medium" })}</time>
                  <span class="code">${this.answer(a)}</span>
                  <span class="num">${app.format.number(a.latency_ms)} ms</span>
                  ${a.error ? html`<bdi class="wrong">${a.error}</bdi>` : nothing}
                </li>`,
              )}
            </ol>`
        : nothing}
      ${d.response ? html`<h3>${w(app, "response")}</h3><pre tabindex="0" dir="auto">${d.response}</pre>` : nothing}
      <h3>${w(app, "payload")}</h3>
      ${d.payload ? html`<pre tabindex="0">${pretty(d.payload)}</pre>` : html`<p class="muted">${w(app, "payloadGone")}</p>`}
    </div>`;
  }

  private table() {
    const app = this.app;
    if (this.error)
      return failed(app, this.error, () => this.load());
    if (!this.list) return html`<p class="muted" role="status">${app.t("list.loading")}</p>`;
    if (!this.list.length && !this.cursor) return html`<p class="empty">${w(app, this.state === "all" ? "noLog" : "noLogOf")}</p>`;
    const head: [Word, string][] = [["type", ""], ["state", ""], ["answer", ""], ["attempts", "num"], ["latency", "num"], ["when", ""]];
    return html`<div class="table">
        <table class="cards">
          <thead><tr>${head.map(([label, kind]) => html`<th scope="col" class=${kind}>${w(app, label)}</th>`)}</tr></thead>
          <tbody>${this.list.map((d) => this.row(d))}</tbody>
        </table>
      </div>
      ${this.cursor
        ? html`<p class="more"><button type="button" class="button" ?disabled=${this.loading} @click=${() => this.load(this.cursor!)}>${w(app, "more")}</button></p>`
        : nothing}`;
  }

  protected override render() {
    const app = this.app;
    return html`<div class="bar">
        <h2>${w(app, "log")}</h2>
        <fieldset class="segments">
          <legend class="sr">${w(app, "state")}</legend>
          ${STATES.map(
            (state) => html`<label><input type="radio" name="state" .checked=${this.state === state}
              @change=${() => this.choose(state)} /><span>${w(app, `state_${state}`)}</span></label>`,
          )}
        </fieldset>
        <span class="gap"></span>
        <button type="button" class="button" ?disabled=${this.loading} @click=${() => this.follow()}>${w(app, "refresh")}</button>
        <slot name="actions"></slot>
      </div>
      ${this.table()}`;
  }

  static override styles = [
    base,
    chips,
    segments,
    tables,
    layout,
    logStyles,
  ];
}
customElements.define("webhook-log", WebhookLog);
