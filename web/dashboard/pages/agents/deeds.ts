import { path } from "../../../common/api";
import { quoted } from "../../../common/format";
import type { MenuItem } from "../../../common/menu";
import type { App } from "../../app";
import { speaker } from "../../words";
import type { Agent } from "./dialogs";
import { words } from "./words";

const say = speaker(words);

export const STATUS_BADGE = { active: "ok", disabled: "warn", deleted: "" } as const;

/** What may be done with an agent, for its row and its page. */
export function agentActions(app: App, agent: Agent): MenuItem[] {
  if (!app.can("manage") || agent.status === "deleted") return [];
  return [
    { label: say(app, "rename"), action: "rename" },
    agent.status === "active"
      ? { label: say(app, "suspend"), action: "suspend" }
      : { label: say(app, "resume"), action: "resume" },
    { label: say(app, "delete"), action: "delete", danger: true },
  ];
}

/** Everything but renaming. True: something has changed. */
export async function doToAgent(app: App, agent: Agent, action: string): Promise<boolean> {
  const name = quoted(agent.name);
  const here = path`agents/${agent.id}`;
  if (action === "resume") {
    await app.api.patch(here, { enabled: true });
    app.toast(say(app, "resumed", { name }));
    return true;
  }
  const question =
    action === "suspend"
      ? { title: say(app, "suspendTitle", { name }), text: say(app, "suspendText"), action: say(app, "suspend"), danger: true }
      : {
          title: say(app, "deleteTitle", { name }),
          text: say(app, "deleteText"),
          action: say(app, "delete"),
          danger: true,
          typed: agent.slug,
        };
  if (!(await app.confirm(question))) return false;
  if (action === "suspend") await app.api.patch(here, { enabled: false });
  else await app.api.delete(here);
  app.toast(say(app, action === "suspend" ? "suspended" : "deleted", { name }));
  return true;
}
