// A row of the list: columns where there is room, a card where there is none. One template for both.
import { html, nothing, type TemplateResult } from "lit";
import { cut, quoted } from "../common/format";
import { bin, pen, turn } from "../common/icons";
import { bars, total } from "./bars";
import type { Act } from "./confirm";
import type { Usage } from "./list";
import { hasAll, isOver, kindOf, stateOf, tone, type Key, type Product, type State } from "./model";
import type { KeyLocale } from "./texts";

/** Heights are fixed, so that rows that are not drawn take the room that they would. */
export const ROW_HEIGHT = { wide: 64, mid: 64, card: 156 };
export type Mode = keyof typeof ROW_HEIGHT;

export interface RowContext {
  loc: KeyLocale;
  product: Product;
  /** undefined: not there yet; null: there is none. */
  usage: Map<string, Usage> | null;
  may(key: Key): boolean;
  look(key: Key): void;
  act(act: Act, key: Key): void;
}

function scopes(key: Key, { product, loc }: RowContext): TemplateResult {
  if (hasAll(product, key.scopes)) return html`<span class="scope">${loc.text("fullAccess")}</span>`;
  const shown = (key.scopes[0]?.length ?? 0) + (key.scopes[1]?.length ?? 0) > 18 ? 1 : 2;
  const rest = key.scopes.slice(shown);
  return html`<span class="scopes" title=${key.scopes.join(", ")}>
    ${key.scopes.slice(0, shown).map((name) => html`<code class="scope cut">${name}</code>`)}
    ${rest.length ? html`<span class="muted small">+${rest.length}<span class="sr">: ${rest.join(", ")}</span></span>` : nothing}
  </span>`;
}

/** What there is to say beneath the state. */
function aside(key: Key, loc: KeyLocale): string {
  const day = (time: string | null) => time && loc.format.day(time);
  const notes: Partial<Record<State, string | null>> = {
    revoked: key.revoke_reason,
    disabled: key.disabled_reason,
    replaced: loc.text("worksUntil", { when: day(key.expires_at) ?? "" }),
    rotation_due: day(key.rotation_due_at),
  };
  return notes[stateOf(key)] ?? "";
}

export function status(key: Key, loc: KeyLocale): TemplateResult {
  const state = stateOf(key);
  const note = aside(key, loc);
  return html`<span class="badge ${tone[state]}" part="status">${loc.text(state)}</span>
    ${note ? html`<span class="aside cut small muted" title=${cut(note, 300)}>${note}</span>` : nothing}`;
}

function when(label: string, time: string | null, none: string, { loc }: RowContext, relative: boolean): TemplateResult {
  return html`<span class="tag">${label}</span>
    ${time
      ? html`<time class="cut" datetime=${time} title=${loc.format.time(time)}>${relative ? loc.format.ago(time) : loc.format.day(time)}</time>`
      : html`<span class="cut muted">${none}</span>`}`;
}

export function row(key: Key, index: number, context: RowContext): TemplateResult {
  const { loc, product } = context;
  const kind = product.kinds.length > 1 || key.legacy ? kindOf(product, key)?.title ?? key.kind : "";
  const usage = context.usage?.get(key.id);
  const name = cut(key.name, 300);
  const act = (act: Act | "edit", sign: unknown) => {
    const label = loc.text(act);
    return html`<button class="icon" part="action" title=${label} aria-label="${label}: ${quoted(key.name)}" @click=${() => (act === "edit" ? context.look(key) : context.act(act, key))}>${sign}</button>`;
  };
  const soon = stateOf(key) === "expiring";
  return html`<div role="row" part="row" class="row ${isOver(key) ? "over" : ""} ${aside(key, loc) ? "noted" : ""}" aria-rowindex=${index + 2}>
    <div role="cell" class="c-name">
      <button class="name cut" part="name" title=${name} @click=${() => context.look(key)}>${name}</button>
      <span class="sub cut muted small"><code>${key.prefix}…</code>${kind ? html` · ${kind}` : nothing}</span>
    </div>
    ${product.scopes.length ? html`<div role="cell" class="c-scopes">${scopes(key, context)}</div>` : nothing}
    <div role="cell" class="c-usage">
      ${context.usage
        ? html`${bars(usage, loc)}<span class="count small muted" aria-hidden="true">${loc.format.compact(total(usage))}</span>`
        : nothing}
    </div>
    <div role="cell" class="c-used">${when(loc.text("lastUsed"), key.last_used_at, loc.text("never"), context, true)}</div>
    <div role="cell" class="c-made">${when(loc.text("created"), key.created_at, "", context, false)}</div>
    <div role="cell" class="c-ends">${when(loc.text("expires"), key.expires_at, loc.text("never"), context, soon)}</div>
    <div role="cell" class="c-state">${status(key, loc)}</div>
    <div role="cell" class="c-acts">
      ${context.may(key) && !isOver(key)
        ? html`${act("edit", pen)}${key.status === "active" && !key.rotated_to && !key.legacy ? act("rotate", turn) : nothing}${act("revoke", bin)}`
        : nothing}
    </div>
  </div>`;
}

export function head({ loc, product }: RowContext): TemplateResult {
  const cell = (name: string, label: string) => html`<div role="columnheader" class=${name}>${label}</div>`;
  return html`<div role="rowgroup"><div role="row" class="row head" aria-rowindex="1">
    ${cell("c-name", loc.text("name"))}
    ${product.scopes.length ? cell("c-scopes", loc.text("scopes")) : nothing}
    ${cell("c-usage", loc.text("usage"))} ${cell("c-used", loc.text("lastUsed"))} ${cell("c-made", loc.text("created"))}
    ${cell("c-ends", loc.text("expires"))} ${cell("c-state", loc.text("status"))}
    <div role="columnheader" class="c-acts"><span class="sr">${loc.text("actions")}</span></div>
  </div></div>`;
}
