// Choosing scopes: all, those that only read, or one by one with a search.
import { html, nothing, type TemplateResult } from "lit";
import { readsOnly, type Scope } from "./model";
import type { KeyLocale } from "./texts";

const MANY = 8; // from so many on there is a search

export interface ScopeField {
  choices: Scope[];
  chosen: Set<string>;
  /** Somebody wants to choose one by one, whatever is chosen. */
  custom: boolean;
  words: string;
  change(more: Partial<ScopeField>): void;
}

export function namesOf(scopes: Scope[]): Set<string> {
  return new Set(scopes.map((scope) => scope.name));
}

function same(chosen: Set<string>, scopes: Scope[]): boolean {
  return chosen.size === scopes.length && scopes.every((scope) => chosen.has(scope.name));
}

export function scopeField({ choices, chosen, custom, words, change }: ScopeField, loc: KeyLocale): TemplateResult {
  const reading = choices.filter(readsOnly);
  const title = loc.text("scopes");
  const presets: [string, Scope[] | null][] = [[loc.text("all"), choices]];
  if (reading.length && reading.length < choices.length) presets.push([loc.text("readOnly"), reading]);
  const preset = custom ? undefined : presets.find(([, scopes]) => same(chosen, scopes!))?.[1];
  presets.push([loc.text("custom"), null]);
  const wanted = words.trim().toLowerCase();
  const found = choices.filter((scope) => `${scope.name} ${scope.description}`.toLowerCase().includes(wanted));
  const toggle = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    change({ chosen: next, custom: true });
  };
  return html`<fieldset class="field">
    <legend class="between">${title} <span class="muted small" role="status">${chosen.size} / ${choices.length}</span></legend>
    <div class="segments" role="radiogroup" aria-label=${title}>
      ${presets.map(
        ([text, scopes]) => html`<label><input type="radio" name="preset" class="sr" .checked=${(preset ?? null) === scopes}
            @change=${() => change(scopes ? { chosen: namesOf(scopes), custom: false } : { custom: true })} /><span>${text}</span></label>`,
      )}
    </div>
    <div class="picker" part="scopes">
      ${choices.length > MANY
        ? html`<input type="search" class="find" placeholder=${loc.text("find")} aria-label=${loc.text("find")} .value=${words}
            @input=${(e: Event) => change({ words: (e.target as HTMLInputElement).value })}
            @keydown=${(e: KeyboardEvent) => e.key === "Enter" && e.preventDefault()} />`
        : nothing}
      <div class="choices">
        ${found.map(
          ({ name, description }) => html`<label class="choice">
            <input type="checkbox" name="scope" .checked=${chosen.has(name)} @change=${() => toggle(name)} />
            <span><code>${name}</code> <span class="muted small">${description}</span></span>
          </label>`,
        )}
        ${found.length ? nothing : html`<p class="choice muted">${loc.text("noMatch")}</p>`}
      </div>
    </div>
  </fieldset>`;
}
