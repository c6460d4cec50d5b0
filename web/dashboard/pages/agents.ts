import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import "../../common/menu";
import { quoted } from "../../common/format";
import { listing } from "../elements/listing";
import { icon } from "../icons";
import { List } from "../list";
import { PageElement } from "../page";
import { base, pageStyles } from "../styles";
import { speaker } from "../words";
import { agentActions, doToAgent, STATUS_BADGE } from "./agents/deeds";
import "./agents/detail";
import "./agents/dialogs";
import type { Agent } from "./agents/dialogs";
import { words } from "./agents/words";

const say = speaker(words);

/** An account's agents; behind `agents/ID` one of them. */
export class AgentsPage extends PageElement {
  static override properties = { ...PageElement.properties, making: { state: true }, renaming: { state: true } };
  declare making: boolean;
  declare renaming: Agent | null;

  private readonly agents = new List<Agent>(this, () => ({
    app: this.app,
    path: "agents",
    query: this.app.accountQuery,
    keep: (agent) => agent.status !== "deleted",
  }));

  constructor() {
    super();
    this.making = false;
    this.renaming = null;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("rest") && !this.rest.length) {
      this.app.title(say(this.app, "title"));
      void this.agents.load();
    }
  }

  override render(): TemplateResult {
    const { app } = this;
    const [id] = this.rest;
    if (id) return html`<cardea-agent .app=${app} .agentId=${id}></cardea-agent>`;
    const create = app.can("manage")
      ? html`<button class="button primary" @click=${() => (this.making = true)}>${icon("plus")}${say(app, "create")}</button>`
      : nothing;
    return html`<div class="head">
        <div>
          <h1>${say(app, "title")}</h1>
          <p>${say(app, "about")}</p>
        </div>
        <div class="deeds">${this.agents.empty ? nothing : create}</div>
      </div>
      ${listing({
        app,
        list: this.agents,
        table: (items) => this.renderTable(items),
        empty: { icon: "agents", title: say(app, "emptyTitle"), text: say(app, "emptyText"), action: create },
      })}
      ${this.making || this.renaming
        ? html`<cardea-agent-dialog
            .app=${app}
            .agent=${this.renaming}
            @done=${this.saved}
            @close=${this.closed}
          ></cardea-agent-dialog>`
        : nothing}`;
  }

  private closed(): void {
    this.making = false;
    this.renaming = null;
  }

  private saved(event: CustomEvent<Agent>): void {
    const name = quoted(event.detail.name);
    this.app.toast(say(this.app, this.renaming ? "renamed" : "made", { name }));
    this.closed();
    void this.agents.load();
  }

  private renderTable(items: Agent[]): TemplateResult {
    const { app } = this;
    return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col">${say(app, "agent")}</th>
          <th scope="col">${say(app, "status")}</th>
          <th scope="col">${say(app, "created")}</th>
          <th scope="col" class="end"><span class="sr">${app.loc.text("actions")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${items.map((agent) => this.renderAgent(agent))}
      </tbody>
    </table>`;
  }

  private renderAgent(agent: Agent): TemplateResult {
    const { app } = this;
    const actions = agentActions(app, agent);
    return html`<tr>
      <td class="wide">
        <a class="cut strong" href=${app.href(`agents/${agent.id}`)}>${agent.name}</a>
        <span class="cut muted mono">${agent.slug}</span>
      </td>
      <td data-label=${say(app, "status")}>
        <span class="badge ${STATUS_BADGE[agent.status]}">${say(app, `status.${agent.status}`)}</span>
      </td>
      <td data-label=${say(app, "created")}>
        <time datetime=${agent.created_at} title=${app.format.time(agent.created_at)}>${app.format.day(agent.created_at)}</time>
      </td>
      <td class="end">
        ${actions.length
          ? html`<cardea-menu
              .items=${actions}
              .label=${app.t("do.actions", { name: quoted(agent.name) })}
              @choose=${(event: CustomEvent<string>) => this.chosen(event.detail, agent)}
            ></cardea-menu>`
          : nothing}
      </td>
    </tr>`;
  }

  private chosen(action: string, agent: Agent): void {
    if (action === "rename") {
      this.renaming = agent;
      return;
    }
    doToAgent(this.app, agent, action).then(
      (changed) => {
        if (changed) void this.agents.load();
      },
      (error: unknown) => this.app.toast(this.app.describe(error), "bad"),
    );
  }

  static override styles = [
    ...base,
    pageStyles,
    css`
      .strong {
        color: var(--cardea-text);
        font-weight: 600;
        text-decoration: none;
      }
      .strong:hover {
        text-decoration: underline;
      }
    `,
  ];
}
customElements.define("cardea-page-agents", AgentsPage);
