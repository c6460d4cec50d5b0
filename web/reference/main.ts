// The reference of an API, on the host of that API: of a product, what its callers can ask; of the daemon, all that it
// answers. Everything is read from /schema/ on the same host; nothing comes from elsewhere, and no key is kept.
import "swagger-ui-dist/swagger-ui.css";
import "./reference.css";
import SwaggerUIBundle from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { accentRules } from "../common/color";
import { tokens } from "../common/tokens.css";
import { followTheme } from "./theme";

interface Schema {
  info: { title: string };
  paths: Record<string, Record<string, unknown>>;
  servers?: { url: string }[];
  /** What the description says to this page alone. */
  "x-cardea"?: { title: string; color: string | null; try: boolean };
}

const page = document.querySelector<HTMLElement>("#reference")!;
const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

function dress(schema: Schema): void {
  const own = schema["x-cardea"];
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(accentRules(own?.color, ":root"));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  document.title = `${schema.info.title}: reference`;
  document.querySelector(".name")!.textContent = own?.title ?? schema.info.title;
  const links: [string, string][] = [
    ["For models", "/llms.txt"],
    ["OpenAPI", "/schema/"],
  ];
  for (const [text, href] of links) {
    const link = document.createElement("a");
    link.textContent = text;
    link.href = href;
    document.querySelector("nav")!.append(link);
  }
}

function show(schema: Schema): void {
  const count = Object.values(schema.paths).reduce((sum, item) => sum + METHODS.filter((m) => m in item).length, 0);
  const mayTry = schema["x-cardea"]?.try !== false;
  document.body.classList.toggle("read-only", !mayTry);
  SwaggerUIBundle({
    spec: { ...schema, servers: [{ url: location.origin }] },
    domNode: page,
    validatorUrl: null, // a badge of somebody else's server
    deepLinking: true,
    persistAuthorization: false,
    docExpansion: count > 40 ? "none" : "list",
    defaultModelsExpandDepth: 0,
    filter: count > 40,
    supportedSubmitMethods: mayTry ? METHODS : [],
    syntaxHighlight: { activated: true, theme: "agate" },
    requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }), // a log-in of this browser is no key
  });
}

function fail(why: string): void {
  const note = document.createElement("p");
  const again = document.createElement("button");
  note.className = "state";
  note.setAttribute("role", "alert");
  note.textContent = `The description of this API could not be read: ${why} `;
  again.type = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => void start());
  note.append(again);
  page.replaceChildren(note);
}

async function start(): Promise<void> {
  try {
    const reply = await fetch("/schema/", { credentials: "omit" });
    if (!reply.ok) return fail(`the server answers ${reply.status}.`);
    const schema = (await reply.json()) as Schema;
    dress(schema);
    show(schema);
  } catch {
    fail("the server does not answer.");
  }
}

document.adoptedStyleSheets = [tokens(":root").styleSheet!];
followTheme(document.querySelector<HTMLButtonElement>("button.theme")!);
void start();
