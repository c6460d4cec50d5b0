// What a request's failure is called: the API's own words where it gave any.
import { html, nothing, type TemplateResult } from "lit";
import { ApiError } from "./api";
import type { Locale, Texts } from "./strings";

export function problemText(error: unknown, loc: Locale<Texts>): string {
  if (!(error instanceof ApiError)) return loc.text("failed", { status: String(error) });
  if (error.code === "unreachable") return loc.text(error.code);
  if (error.status === 401) return loc.text("sessionEnded");
  return error.message || loc.text("failed", { status: error.status });
}

/** Says it once, with each fix that the API names. `known`: members whose problems stand beside their fields. */
export function problemNote(error: unknown, loc: Locale<Texts>, known: string[] = []): TemplateResult | typeof nothing {
  if (!error) return nothing;
  const others = error instanceof ApiError ? error.errors.filter((e) => !known.some((name) => error.field(name) === e)) : [];
  if (error instanceof ApiError && error.errors.length && !others.length) return nothing;
  return html`<div class="note bad" role="alert" part="error">
    <span>${problemText(error, loc)}</span>
    ${others.map((e) => html`<span class="small">${e.message} ${e.fix}</span>`)}
  </div>`;
}
