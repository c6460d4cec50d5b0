// Template links: ?name=…&scopes=read,write&kind=…&agent=…&expires=30d#create opens the dialog with that filled in.
// Whoever follows one still sees it all, and creates it by hand.
import { parseExpiry, type Expiry } from "./expiry";

export interface Template {
  name: string;
  scopes: string[];
  kind: string;
  agent: string;
  expiry: Expiry | null;
  /** It says anything at all. */
  filled: boolean;
}

const NAMES = ["name", "scopes", "kind", "agent", "expires"];

/** Takes the link out of the address, so that neither a reload nor a bookmark asks again. */
export function takeTemplate(): Template | null {
  if (location.hash !== "#create") return null;
  const url = new URL(location.href);
  const filled = NAMES.some((name) => url.searchParams.has(name));
  const get = (name: string) => url.searchParams.get(name)?.trim() ?? "";
  const template: Template = {
    name: get("name").slice(0, 100),
    scopes: get("scopes").split(/[\s,]+/).filter(Boolean),
    kind: get("kind"),
    agent: get("agent"),
    expiry: parseExpiry(get("expires")),
    filled,
  };
  for (const name of NAMES) url.searchParams.delete(name);
  url.hash = "";
  history.replaceState(history.state, "", url.href.replace(/#$/, ""));
  return template;
}
