// What is known of a key, as terms and what they are.
import { html, nothing, type TemplateResult } from "lit";
import { bars, usageText } from "./bars";
import type { Usage } from "./list";
import { hasAll, kindOf, type Key, type Product } from "./model";
import { status } from "./rows";
import type { KeyLocale, KeyTexts } from "./texts";

/** `all`: also what a form beside it shows. */
export function facts(key: Key, product: Product, usage: Usage | undefined, loc: KeyLocale, all: boolean): TemplateResult {
  const { format } = loc;
  const rows: [keyof KeyTexts, unknown][] = [
    ["status", status(key, loc)],
    ["kind", kindOf(product, key)?.title ?? key.kind],
    ["agent", key.agent],
    ["scopes", hasAll(product, key.scopes) ? loc.text("fullAccess") : key.scopes.join(", ")],
    ["created", format.time(key.created_at)],
    ["lastUsed", key.last_used_at ? format.time(key.last_used_at) : loc.text("never")],
    ["expires", key.expires_at ? format.time(key.expires_at) : loc.text("never")],
  ];
  return html`<div class="facts field"><span class="label">${loc.text("usage")}</span>${bars(usage, loc, 56)}
      <span class="muted small">${usageText(usage, loc)}</span></div>
    <dl><dt class="muted">ID</dt><dd><code>${key.id}</code></dd>
      ${rows.map(([name, value]) => (value && (all || (name !== "scopes" && name !== "expires")) ? html`<dt class="muted">${loc.text(name)}</dt><dd>${value}</dd>` : nothing))}</dl>`;
}
