import { html, nothing, type TemplateResult } from "lit";
import { path } from "../../../common/api";
import { quoted } from "../../../common/format";
import { AppDialog } from "../../elements/app-dialog";
import { speaker } from "../../words";
import { words } from "./words";

const say = speaker(words);

export interface Agent {
  id: string;
  account: string;
  slug: string;
  name: string;
  status: "active" | "disabled" | "deleted";
  created_at: string;
}

/** Makes an agent, or renames the one that it is given. */
export class AgentDialog extends AppDialog {
  static override properties = { ...AppDialog.properties, agent: { attribute: false } };
  declare agent: Agent | null;

  constructor() {
    super();
    this.agent = null;
  }

  protected override dirty(): boolean {
    return this.agent ? this.text("name") !== this.agent.name : Boolean(this.text("slug") || this.text("name"));
  }

  protected heading(): unknown {
    return this.agent ? say(this.app, "renameTitle", { name: quoted(this.agent.name) }) : say(this.app, "createTitle");
  }

  protected override fields(): string[] {
    return ["slug", "name"];
  }

  protected override async submit(): Promise<void> {
    const { api, accountQuery } = this.app;
    const name = this.text("name");
    const agent = this.agent
      ? await api.patch<Agent>(path`agents/${this.agent.id}`, { name })
      : await api.post<Agent>("agents", { slug: this.text("slug"), ...(name ? { name } : {}), ...accountQuery });
    this.done(agent);
  }

  protected body(): TemplateResult {
    const { app, agent } = this;
    return html`${agent
      ? nothing
      : this.renderInput("slug", say(app, "slug"), { hint: say(app, "slugHint"), first: true, max: 40 })}
    ${this.renderInput("name", say(app, "name"), {
      hint: agent ? "" : say(app, "nameHint"),
      value: agent?.name ?? "",
      first: Boolean(agent),
      max: 100,
    })}`;
  }

  protected footer(): TemplateResult {
    return html`${this.cancelButton()} ${this.submitButton(say(this.app, this.agent ? "rename" : "create"))}`;
  }
}
customElements.define("cardea-agent-dialog", AgentDialog);
