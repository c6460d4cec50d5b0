import { LitElement, css, html, nothing } from "lit";
import { classMap } from "lit/directives/class-map.js";
import { live } from "lit/directives/live.js";

export interface Mark {
  line: number;
  start: number;
  end: number;
  message: string;
}

/** Above this a text is shown in one colour: each key press paints all of it. */
const PAINT_MAX = 60_000;
const TOKEN = /("(?:[^"\\\n]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d+(?:\.\d+)?)/g;

function paint(line: string): unknown {
  const out: unknown[] = [];
  let at = 0;
  for (const m of line.matchAll(TOKEN)) {
    const kind = m[1] ? (m[2] ? "name" : "string") : m[3] ? "word" : "number";
    const text = m[1] ?? m[0];
    out.push(line.slice(at, m.index), html`<span class=${kind}>${text}</span>`);
    at = m.index + text.length;
  }
  out.push(line.slice(at));
  return out;
}

/**
 * A text area for JSON, with numbered lines, colours and marks. What is painted lies under the text area in the same
 * cell of a grid, so both are as large as the text and nothing has to be scrolled by script.
 */
export class PolicyEditor extends LitElement {
  static override properties = {
    value: {},
    label: {},
    marks: { attribute: false },
    readonly: { type: Boolean },
    describedby: {},
  };
  value = "";
  label = "";
  marks: Mark[] = [];
  readonly = false;

  private input(e: Event): void {
    this.value = (e.target as HTMLTextAreaElement).value;
    this.dispatchEvent(new CustomEvent("edited", { detail: this.value }));
  }

  /** Puts the caret on a place and brings it into view. */
  jump(start: number, end: number): void {
    const area = this.renderRoot.querySelector("textarea")!;
    const frame = this.renderRoot.querySelector(".frame")!;
    const lines = this.value.split("\n").length;
    const line = this.value.slice(0, start).split("\n").length;
    area.focus({ preventScroll: true });
    area.setSelectionRange(start, end);
    frame.scrollTop = Math.max(0, ((line - 4) / lines) * frame.scrollHeight);
    frame.scrollLeft = 0;
    this.scrollIntoView({ block: "nearest" });
  }

  override focus(): void {
    this.renderRoot.querySelector("textarea")!.focus();
  }

  protected override render() {
    const lines = this.value.split("\n");
    const bad = new Set(this.marks.map((m) => m.line));
    const coloured = this.value.length <= PAINT_MAX;
    return html`<div class="frame" part="frame">
      <div class="gutter" aria-hidden="true">
        ${lines.map((_, i) => html`<span class=${classMap({ bad: bad.has(i + 1) })}>${i + 1}</span>`)}
      </div>
      <div class="stack">
        <div class="paint" aria-hidden="true">
          ${lines.map(
            (line, i) => html`<code class=${classMap({ bad: bad.has(i + 1) })}>${coloured ? paint(line) : line}</code>`,
          )}
        </div>
        <textarea
          aria-label=${this.label}
          aria-invalid=${this.marks.length ? "true" : nothing}
          .value=${live(this.value)}
          ?readonly=${this.readonly}
          rows=${lines.length}
          wrap="off"
          spellcheck="false"
          autocapitalize="off"
          autocomplete="off"
          @input=${this.input}
        ></textarea>
      </div>
    </div>`;
  }

  static override styles = css`
    :host {
      display: block;
      min-width: 0;
    }
    .frame {
      display: grid;
      grid-template-columns: auto minmax(0, 1fr);
      max-height: min(70vh, 640px);
      min-height: 220px;
      overflow: auto;
      border: 1px solid var(--cardea-border);
      border-radius: var(--cardea-radius);
      background: var(--cardea-surface);
      font: 12.5px/20px var(--cardea-mono);
      scrollbar-width: thin;
    }
    .frame:focus-within {
      border-color: var(--cardea-link);
      box-shadow: 0 0 0 3px var(--cardea-neutral-soft);
    }
    .gutter {
      position: sticky;
      left: 0;
      z-index: 1;
      padding: 10px 0;
      background: var(--cardea-sunken);
      border-right: 1px solid var(--cardea-border);
      color: var(--cardea-muted);
      text-align: right;
      user-select: none;
    }
    .gutter span {
      display: block;
      padding: 0 10px 0 14px;
      border-left: 3px solid transparent;
    }
    .gutter .bad {
      color: var(--cardea-danger-text);
      border-left-color: var(--cardea-danger);
      font-weight: 600;
    }
    .stack {
      display: grid;
      min-width: max-content;
    }
    .paint,
    textarea {
      grid-area: 1 / 1;
      padding: 10px 14px;
      font: inherit;
      tab-size: 2;
    }
    .paint {
      color: var(--cardea-text);
      pointer-events: none;
    }
    code {
      display: block;
      min-height: 20px;
      margin: 0 -14px;
      padding: 0 14px;
      font: inherit;
      white-space: pre;
    }
    code.bad {
      background: var(--cardea-danger-soft);
    }
    textarea {
      margin: 0;
      border: 0;
      width: 100%;
      box-sizing: border-box;
      resize: none;
      overflow: hidden;
      outline: none;
      background: none;
      color: transparent;
      white-space: pre;
      caret-color: var(--cardea-text);
    }
    textarea::selection {
      background: color-mix(in srgb, var(--cardea-accent) 30%, transparent);
      color: transparent;
    }
    .name {
      color: var(--cardea-link);
    }
    .bad .name {
      color: inherit;
    }
    .string {
      color: var(--cardea-ok);
    }
    .number,
    .word {
      color: var(--cardea-warn);
    }
    @media (max-width: 720px) {
      .frame {
        font-size: 12px;
      }
      .gutter span {
        padding: 0 6px 0 8px;
      }
    }
    @media (forced-colors: active) {
      textarea {
        color: CanvasText;
      }
      .paint {
        visibility: hidden;
      }
    }
  `;
}
customElements.define("policy-editor", PolicyEditor);
