import { LitElement, html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from "lit";
import { ApiError, type FieldProblem } from "../../common/api";
import type { App } from "../app";
import "../elements/failure";
import type { Words } from "./words";

/** A part of a page: shown anew whenever the app has changed (its language, the account, what a role may). */
export abstract class Part extends LitElement {
  static override properties: PropertyDeclarations = { app: { attribute: false } };
  app!: App;

  private readonly appChanged = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    this.app?.addEventListener("change", this.appChanged);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.app?.removeEventListener("change", this.appChanged);
  }
  protected override shouldUpdate(changed: PropertyValues): boolean {
    (changed.get("app") as App | undefined)?.removeEventListener("change", this.appChanged);
    if (changed.has("app")) this.app?.addEventListener("change", this.appChanged);
    return this.app !== undefined;
  }
}

/** What the shell shows: it is told what stands behind the page's own path. */
export abstract class Page extends Part {
  static override properties: PropertyDeclarations = { ...Part.properties, rest: { attribute: false } };
  rest: string[] = [];
  /** What the page says; it is shown once the words are there. */
  protected abstract readonly words: Pick<Words<string>, "ready">;

  protected override shouldUpdate(changed: PropertyValues): boolean {
    return super.shouldUpdate(changed) && this.words.ready(this.app);
  }
}

/** A path of the API with a query: the account that an operator has entered belongs to each. */
export function at(app: App, path: string, query: Record<string, string | number | undefined | null> = {}): string {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...app.accountQuery, ...query }))
    if (value !== undefined && value !== null && value !== "") all.set(name, String(value));
  const text = all.toString();
  return text ? `${path}?${text}` : path;
}

/** What was said of one member of a body, by its JSON pointer. */
export function mistakeAt(error: unknown, pointer: string): FieldProblem | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.errors.find((e) => e.location === pointer || e.location.startsWith(`${pointer}/`));
}

/** Says a failure once, with each fix that the API names, but for those that stand beside their fields. */
export function failure(app: App, error: unknown, beside: readonly string[] = []): TemplateResult | typeof nothing {
  if (!error) return nothing;
  const all = error instanceof ApiError ? error.errors : [];
  const rest = all.filter((e) => !beside.some((p) => e.location === p || e.location.startsWith(`${p}/`)));
  if (all.length && !rest.length) return nothing;
  return html`<div class="note bad" role="alert">
    <span>${app.describe(error)}</span>
    ${rest.map((e) => html`<span class="small"><bdi>${e.message} ${e.fix ?? ""}</bdi></span>`)}
  </div>`;
}

/** In place of what could not be loaded. */
export function failed(app: App, error: unknown, retry: () => unknown): TemplateResult {
  return html`<div class="failed"><cardea-failure .app=${app} .error=${error} @retry=${() => void retry()}></cardea-failure></div>`;
}

/** Beside a field: what is wrong with it, and how to mend it. */
export function wrong(id: string, mistake: FieldProblem | undefined): TemplateResult | typeof nothing {
  return mistake ? html`<p class="wrong" id=${id} role="alert">${mistake.message} ${mistake.fix ?? ""}</p>` : nothing;
}

/** Hands a text to the browser's downloads. */
export function download(name: string, parts: BlobPart[], type: string): void {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
