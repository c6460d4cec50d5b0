import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { path } from "../../../common/api";
import { quoted } from "../../../common/format";
import type { App } from "../../app";
import "../../elements/failure";
import { listing } from "../../elements/listing";
import { icon } from "../../icons";
import { List } from "../../list";
import { base, pageStyles } from "../../styles";
import { speaker } from "../../words";
import { agentActions, doToAgent, STATUS_BADGE } from "./deeds";
import type { Agent } from "./dialogs";
import { words } from "./words";

const say = speaker(words);

interface Key {
  id: string;
  prefix: string;
  name: string;
  status: "active" | "disabled" | "expired" | "revoked";
  agent: string | null;
  last_used_at: string | null;
  expires_at: string | null;
}

interface Message {
  id: string;
  from: string;
  from_slug: string;
  to: string;
  to_slug: string | null;
  subject: string;
  verdict: "allow" | "flag";
  redacted: boolean;
  state: "queued" | "delivered" | "acknowledged" | "failed";
  error: string | null;
  created_at: string;
}

const KEY_BADGE = { active: "ok", disabled: "warn", expired: "", revoked: "" } as const;
const STATE_BADGE = { queued: "warn", delivered: "ok", acknowledged: "", failed: "bad" } as const;

/** One agent: what it is, its keys, and what it sent and received. */
export class AgentDetail extends LitElement {
  static override properties = {
    app: { attribute: false },
    agentId: { attribute: false },
    agent: { state: true },
    error: { state: true },
    renaming: { state: true },
  };
  declare app: App;
  declare agentId: string;
  declare agent: Agent | null;
  declare error: unknown;
  declare renaming: boolean;

  private readonly again = (): void => this.requestUpdate();

  private readonly keys = new List<Key>(this, () => ({
    app: this.app,
    path: "keys",
    query: { ...this.app.accountQuery, limit: 200 },
    keep: (key) => key.agent === this.agent?.id && key.status !== "revoked",
  }));

  private readonly messages = new List<Message>(this, () => ({
    app: this.app,
    path: "messages",
    query: { ...this.app.accountQuery, agent: this.agent?.id, limit: 50 },
  }));

  constructor() {
    super();
    this.agent = this.error = null;
    this.renaming = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.app.addEventListener("change", this.again);
  }

  override disconnectedCallback(): void {
    this.app.removeEventListener("change", this.again);
    super.disconnectedCallback();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("agentId")) void this.load();
  }

  /** Messages of all agents are for those who manage; others have the agent's own keys for that. */
  private get hasMessages(): boolean {
    return this.app.product.offers.messages && this.app.can("manage");
  }

  private async load(): Promise<void> {
    this.error = null;
    try {
      this.agent = await this.app.api.get<Agent>(path`agents/${this.agentId}`, this.app.accountQuery);
      this.app.title(this.agent.name);
    } catch (error) {
      this.error = error;
      return;
    }
    void this.keys.load();
    if (this.hasMessages) void this.messages.load();
  }

  override render(): TemplateResult {
    const { app, agent } = this;
    const back = html`<a class="back" href=${app.href("agents")}>${icon("back")}${say(app, "back")}</a>`;
    if (this.error)
      return html`${back}
        <div class="card pad">
          <cardea-failure .app=${app} .error=${this.error} @retry=${() => this.load()}></cardea-failure>
        </div>`;
    if (!agent) return html`${back}`;
    return html`${back} ${this.renderHead(agent)}
      <div class="section"><h2>${say(app, "keys")}</h2>${this.renderMakeKey(agent)}</div>
      ${listing({
        app,
        list: this.keys,
        table: (keys) => this.renderKeys(keys),
        empty: { icon: "key", title: say(app, "keysEmpty"), text: "" },
      })}
      ${this.hasMessages
        ? html`<div class="section"><h2>${say(app, "messages")}</h2></div>
            ${listing({
              app,
              list: this.messages,
              table: (messages) => this.renderMessages(messages, agent),
              empty: { icon: "inbox", title: say(app, "messagesEmptyTitle"), text: say(app, "messagesEmptyText") },
            })}`
        : nothing}
      ${this.renaming
        ? html`<cardea-agent-dialog
            .app=${app}
            .agent=${agent}
            @close=${() => (this.renaming = false)}
            @done=${() => {
              this.renaming = false;
              void this.load();
            }}
          ></cardea-agent-dialog>`
        : nothing}`;
  }

  private renderHead(agent: Agent): TemplateResult {
    const { app } = this;
    return html`<div class="head">
      <div>
        <h1><bdi>${agent.name}</bdi></h1>
        <p class="facts">
          <span class="badge ${STATUS_BADGE[agent.status]}">${say(app, `status.${agent.status}`)}</span>
          <code>${agent.slug}</code>
          <code>${agent.id}</code>
          <span>${say(app, "created")} ${app.format.day(agent.created_at)}</span>
        </p>
      </div>
      <div class="deeds">
        ${agentActions(app, agent).map(
          ({ label, action, danger }) =>
            html`<button class="button ${danger ? "bad" : ""}" @click=${() => this.chosen(action, agent)}>${label}</button>`,
        )}
      </div>
    </div>`;
  }

  private chosen(action: string, agent: Agent): void {
    if (action === "rename") {
      this.renaming = true;
      return;
    }
    doToAgent(this.app, agent, action).then(
      (changed) => {
        if (!changed) return;
        if (action === "delete") void this.app.go("agents");
        else void this.load();
      },
      (error: unknown) => this.app.toast(this.app.describe(error), "bad"),
    );
  }

  private renderMakeKey(agent: Agent): TemplateResult | typeof nothing {
    const { app } = this;
    if (!app.can("write") || agent.status !== "active") return nothing;
    const kind = app.product.kinds.find((one) => one.agent);
    if (!kind) return nothing;
    const link = `${app.product.keys.path}?${new URLSearchParams({ kind: kind.name, agent: agent.slug })}#create`;
    return html`<a class="button" href=${app.href(link)}>${icon("plus")}${say(app, "makeKey")}</a>`;
  }

  private renderKeys(keys: Key[]): TemplateResult {
    const { app } = this;
    return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col">${say(app, "key")}</th>
          <th scope="col">${say(app, "status")}</th>
          <th scope="col">${say(app, "used")}</th>
          <th scope="col">${say(app, "expires")}</th>
        </tr>
      </thead>
      <tbody>
        ${keys.map(
          (key) =>
            html`<tr>
              <td class="wide"><b class="cut">${key.name}</b><span class="cut muted mono">${key.prefix}…</span></td>
              <td data-label=${say(app, "status")}>
                <span class="badge ${KEY_BADGE[key.status]}">${say(app, `key.${key.status}`)}</span>
              </td>
              <td data-label=${say(app, "used")}>${key.last_used_at ? app.format.ago(key.last_used_at) : say(app, "never")}</td>
              <td data-label=${say(app, "expires")}>${key.expires_at ? app.format.day(key.expires_at) : say(app, "never")}</td>
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  private renderMessages(messages: Message[], agent: Agent): TemplateResult {
    const { app } = this;
    return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col">${say(app, "message")}</th>
          <th scope="col">${say(app, "state")}</th>
          <th scope="col">${say(app, "when")}</th>
        </tr>
      </thead>
      <tbody>
        ${messages.map(
          (message) =>
            html`<tr>
              <td class="wide">
                <b class="cut">${message.subject || say(app, "noSubject")}</b>
                <span class="cut muted small">
                  ${message.from === agent.id
                    ? say(app, "to", { name: quoted(message.to_slug ?? message.to) })
                    : say(app, "from", { name: quoted(message.from_slug) })}
                </span>
              </td>
              <td data-label=${say(app, "state")}>
                <span class="badge ${STATE_BADGE[message.state]}" title=${message.error ?? nothing}>
                  ${say(app, `state.${message.state}`)}
                </span>
                ${message.verdict === "flag" ? html`<span class="badge warn">${say(app, "flagged")}</span>` : nothing}
                ${message.redacted ? html`<span class="badge">${say(app, "redacted")}</span>` : nothing}
              </td>
              <td data-label=${say(app, "when")}>
                <time datetime=${message.created_at} title=${app.format.time(message.created_at)}>
                  ${app.format.ago(message.created_at)}
                </time>
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  static override styles = [
    ...base,
    pageStyles,
    css`
      .facts {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 14px;
        align-items: center;
      }
    `,
  ];
}
customElements.define("cardea-agent", AgentDetail);
