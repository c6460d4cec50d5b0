import { css, html, nothing } from "lit";
import type { App } from "../../app";
import { Part } from "../page";
import { chips } from "../styles";
import { inOrder } from "./changes";
import type { PolicyDocument, Rule } from "./shapes";
import { w, type Word } from "./words";

const FEW = 4;

/** The first few of a list, and how many there are beside. */
function few(app: App, items: readonly string[]): string {
  const shown = items.slice(0, FEW).join(", ");
  return items.length > FEW ? `${shown} ${w(app, "says_more", { n: items.length - FEW })}` : shown;
}

function severities(app: App, rule: Rule): string {
  const name = (s: string | undefined) => (s ? w(app, s as Word) : "");
  const [min, max] = [name(rule.min_severity), name(rule.max_severity)];
  if (min && min === max) return w(app, "says_exactly", { min });
  if (min && max) return w(app, "says_range", { min, max });
  if (min) return w(app, "says_from", { min });
  return max ? w(app, "says_upto", { max }) : "";
}

/** What a rule looks for, in a line that somebody reads who did not write it. */
export function says(app: App, rule: Rule): unknown {
  switch (rule.type) {
    case "regex":
      return html`<code dir="ltr">${rule.pattern}</code>${rule.caseless ? ` ${w(app, "says_caseless")}` : nothing}`;
    case "keyword":
      if (rule.words) return few(app, rule.words.map((word) => `“${word}”`));
      return [
        w(app, "says_signals", { signals: (rule.signals ?? []).join(", ") }),
        rule.min_signals ? w(app, "says_least", { n: rule.min_signals }) : "",
        rule.min_score ? w(app, "says_score", { n: rule.min_score }) : "",
      ]
        .filter(Boolean)
        .join(" · ");
    case "domain": {
      const allow = rule.allow ?? [];
      if (rule.only_allowed)
        return allow.length ? w(app, "says_only", { hosts: few(app, allow) }) : w(app, "says_onlyNone");
      const parts = [few(app, rule.deny ?? [])];
      if (allow.length) parts.push(w(app, "says_allow", { hosts: few(app, allow) }));
      return parts.filter(Boolean).join(" · ");
    }
    case "pack": {
      const first = rule.category ? w(app, "says_category", { category: rule.category }) : w(app, "says_pack");
      const third = rule.rule ? w(app, "says_rule", { rule: rule.rule }) : "";
      return [first, severities(app, rule), third].filter(Boolean).join(" · ");
    }
    case "ai":
      return w(app, "says_ai", { verdicts: (rule.verdicts ?? []).join(", ") });
    default:
      return nothing; // typed, and not known
  }
}

export function typeName(app: App, rule: Rule): string {
  return w(app, (rule.type === "keyword" && rule.signals ? "type_signals" : `type_${rule.type}`) as Word);
}

export function actionChip(app: App, action: string, shadow = false) {
  return html`<span class="chip ${shadow ? "quiet" : action}">${w(app, `action_${action}` as Word)}</span>`;
}

/** A policy as people read it: its settings, and its rules in the order in which they are asked. */
export class PolicyRules extends Part {
  static override properties = { ...Part.properties, document: { attribute: false } };
  document: PolicyDocument | null = null;

  private jump(index: number): void {
    this.dispatchEvent(new CustomEvent("chosen", { detail: index }));
  }

  private setting(name: Word, value: unknown) {
    return html`<div><dt>${w(this.app, name)}</dt><dd>${value}</dd></div>`;
  }

  private settings(d: PolicyDocument) {
    const app = this.app;
    const hosts = (list: string[] | undefined) => list?.length && few(app, list);
    const allowed = hosts(d.allow_domains);
    const denied = hosts(d.deny_domains);
    return html`<dl>
      ${this.setting("set_sensitivity", w(app, d.sensitivity ?? "medium"))}
      ${this.setting("set_fail", w(app, d.fail_open ? "set_fail_open" : "set_fail_closed"))}
      ${this.setting("set_keep", w(app, d.keep_content ? "set_kept" : "set_notkept"))}
      ${allowed ? this.setting("set_allowed", allowed) : nothing}
      ${denied ? this.setting("set_denied", denied) : nothing}
      ${d.exceptions?.length ? this.setting("set_exceptions", d.exceptions.length) : nothing}
      ${d.replacement ? this.setting("replacement", html`<bdi>${d.replacement}</bdi>`) : nothing}
    </dl>`;
  }

  private rule(rule: Rule, index: number) {
    const app = this.app;
    const shadow = rule.mode === "shadow";
    return html`<li>
      <button type="button" class="rule" @click=${() => this.jump(index)}>
        <span class="rank" title=${w(app, "priority")}>${rule.priority ?? 100}</span>
        <span class="what">
          <span class="name"><bdi>${rule.title || rule.id}</bdi></span>
          <span class="says"><span class="kind">${typeName(app, rule)}</span> <bdi>${says(app, rule)}</bdi></span>
          ${rule.title ? html`<span class="id"><bdi>${rule.id}</bdi></span>` : nothing}
        </span>
        <span class="marks">
          ${shadow ? html`<span class="chip shadow" title=${w(app, "shadowHelp")}>${w(app, "shadow")}</span>` : nothing}
          ${actionChip(app, rule.action, shadow)}
        </span>
      </button>
    </li>`;
  }

  protected override render() {
    const d = this.document;
    if (!d || !Array.isArray(d.rules)) return html`<p class="quiet">${w(this.app, "notReadable")}</p>`;
    const rules = inOrder(d.rules.filter((r) => typeof r === "object" && r !== null && typeof r.type === "string"));
    return html`
      ${rules.length
        ? html`<ol>${rules.map(({ rule, index }) => this.rule(rule, index))}</ol>
            <p class="quiet hint">${w(this.app, "rulesLead")}</p>`
        : html`<p class="quiet">${w(this.app, "noRules")}</p>`}
      ${this.settings(d)}
    `;
  }

  static override styles = [
    chips,
    css`
      :host {
        display: block;
      }
      ol {
        list-style: none;
        margin: 0;
        padding: 0;
        border: 1px solid var(--cardea-border);
        border-radius: var(--cardea-radius);
        background: var(--cardea-surface);
        overflow: hidden;
      }
      li + li {
        border-top: 1px solid var(--cardea-border);
      }
      .rule {
        display: grid;
        grid-template-columns: 2.5rem minmax(0, 1fr) auto;
        gap: 2px 12px;
        align-items: start;
        width: 100%;
        padding: 10px 14px 10px 8px;
        border: 0;
        background: none;
        color: inherit;
        font: inherit;
        text-align: start;
        cursor: pointer;
      }
      .rule:hover {
        background: var(--cardea-neutral-soft);
      }
      .rule:focus-visible {
        outline: 2px solid var(--cardea-link);
        outline-offset: -2px;
      }
      .rank {
        padding-top: 1px;
        color: var(--cardea-muted);
        font-variant-numeric: tabular-nums;
        font-size: 13px;
        text-align: end;
      }
      .what {
        display: grid;
        gap: 1px;
        min-width: 0;
      }
      .name {
        font-weight: 600;
        overflow-wrap: anywhere;
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
        overflow: hidden;
      }
      .says {
        color: var(--cardea-muted);
        font-size: 13px;
        overflow-wrap: anywhere;
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 3;
        overflow: hidden;
      }
      .kind::after {
        content: " ·";
      }
      .id,
      code {
        font-family: var(--cardea-mono);
        font-size: 12px;
      }
      .id {
        color: var(--cardea-muted);
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .marks {
        display: flex;
        gap: 6px;
        padding-top: 1px;
      }
      dl {
        margin: 16px 0 0;
        display: grid;
        gap: 6px;
        font-size: 13px;
      }
      dl > div {
        display: grid;
        grid-template-columns: minmax(7rem, 11rem) minmax(0, 1fr);
        gap: 12px;
      }
      dt {
        color: var(--cardea-muted);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      .quiet {
        color: var(--cardea-muted);
      }
      p {
        margin: 0;
      }
      .hint {
        margin-top: 8px;
        font-size: 13px;
      }
    `,
  ];
}
customElements.define("policy-rules", PolicyRules);
