import { css, html, nothing } from "lit";
import { base } from "../../../common/base.css";
import { Part } from "../page";
import { segments } from "../styles";
import { EVENT_TYPES, chosenBy, patterns } from "./events";
import { w, type Word } from "./words";

/** The things whose events a product has at all: who has no agents needs no boxes for them. */
const OFFERED: Partial<Record<string, "agents" | "messages" | "policies">> = {
  agent: "agents",
  message: "messages",
  policy: "policies",
  content: "policies",
};

/** Which events an endpoint is told of: all, or some. Says `picked` with what the API takes. */
export class EventPicker extends Part {
  static override properties = { ...Part.properties, events: { attribute: false }, chosen: { state: true }, all: { state: true } };
  events: string[] = ["*"];
  private chosen = new Set<string>();
  private all = true;

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has("events")) return;
    this.all = this.events.includes("*");
    this.chosen = this.all ? new Set() : chosenBy(this.events);
  }

  private groups(): string[] {
    const offers = this.app.product.offers;
    const system = this.app.operator && this.app.account?.slug === "system";
    return Object.keys(EVENT_TYPES).filter((g) => {
      const need = OFFERED[g];
      const has = g === "audit" ? system : !need || offers[need];
      return has || EVENT_TYPES[g]!.some((t) => this.chosen.has(`${g}.${t}`));
    });
  }

  private tell(): void {
    const events = this.all ? ["*"] : patterns(this.chosen, this.groups());
    this.dispatchEvent(new CustomEvent("picked", { detail: events }));
  }

  private set(types: string[], on: boolean): void {
    const chosen = new Set(this.chosen);
    for (const type of types) on ? chosen.add(type) : chosen.delete(type);
    this.chosen = chosen;
    this.tell();
  }

  private group(group: string) {
    const types = EVENT_TYPES[group]!.map((t) => `${group}.${t}`);
    const have = types.filter((t) => this.chosen.has(t)).length;
    const name = w(this.app, `group_${group}` as Word);
    return html`<div class="group" role="group" aria-label=${name}>
      <label class="whole">
        <input type="checkbox" .checked=${have === types.length} .indeterminate=${have > 0 && have < types.length}
          @change=${(e: Event) => this.set(types, (e.target as HTMLInputElement).checked)} />
        <span>${name}</span>
        <span class="count" aria-hidden="true">${have ? `${have}/${types.length}` : nothing}</span>
      </label>
      <div class="types">
        ${types.map(
          (type) => html`<label>
            <input type="checkbox" .checked=${this.chosen.has(type)}
              @change=${(e: Event) => this.set([type], (e.target as HTMLInputElement).checked)} />
            <span class="mono">${type.slice(group.length + 1)}</span>
          </label>`,
        )}
      </div>
    </div>`;
  }

  protected override render() {
    const app = this.app;
    return html`<fieldset>
      <legend>${w(app, "events")}</legend>
      <div class="segments">
        ${[true, false].map(
          (all) => html`<label><input type="radio" name="all" .checked=${this.all === all} @change=${() => {
            this.all = all;
            this.tell();
          }} /><span>${w(app, all ? "allEvents" : "chooseEvents")}</span></label>`,
        )}
      </div>
      ${this.all ? nothing : html`<div class="groups">${this.groups().map((g) => this.group(g))}</div>`}
    </fieldset>`;
  }

  static override styles = [
    base,
    segments,
    css`
      :host {
        display: block;
      }
      legend {
        margin-bottom: 6px;
      }
      .groups {
        margin-top: 10px;
        max-height: 19rem;
        overflow-y: auto;
        border: 1px solid var(--cardea-border);
        border-radius: var(--cardea-radius);
      }
      .group + .group {
        border-top: 1px solid var(--cardea-border);
      }
      .group {
        padding: 10px 12px 8px;
      }
      label {
        display: flex;
        gap: 8px;
        font-weight: 400;
        cursor: pointer;
      }
      .whole {
        font-weight: 600;
      }
      .count {
        margin-inline-start: auto;
        color: var(--cardea-muted);
        font-weight: 400;
        font-size: 12.5px;
      }
      .types {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
        gap: 4px 12px;
        margin: 6px 0 0 24px;
      }
      @media (pointer: coarse) {
        .types label {
          padding-block: 8px;
        }
      }
    `,
  ];
}
customElements.define("event-picker", EventPicker);
