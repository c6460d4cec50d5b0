// When a key ends: some spans that people choose often, within what its kind allows, or a day.
import { html, nothing, type TemplateResult } from "lit";
import type { Kind } from "./model";
import type { KeyLocale } from "./texts";

const DAY = 86_400;

/** `keep`: as it is; `never`; `date`: a day that is not chosen yet; seconds from now; a day (2027-01-31). */
export type Expiry = number | string;

function spans({ max_ttl_sec: most }: Kind): number[] {
  return [7, 30, 90, 365].map((days) => days * DAY).filter((sec) => !most || sec <= most);
}

export function defaultExpiry(kind: Kind): Expiry {
  return kind.default_ttl_sec || (kind.max_ttl_sec ? (spans(kind).pop() ?? kind.max_ttl_sec) : "never");
}

/** `30d`, `12h`, `4w`, `1y`, `never`, or a day. */
export function parseExpiry(text: string): Expiry | null {
  if (text === "never" || (/^\d{4}-\d\d-\d\d$/.test(text) && Date.parse(text))) return text;
  const [, n, unit] = /^(\d{1,5})([hdwy])$/.exec(text) ?? [];
  return n ? Number(n) * { h: 3600, d: DAY, w: 7 * DAY, y: 365 * DAY }[unit as "h"] : null;
}

/** What to send. A day ends with that day, as whoever chooses it reckons. */
export function expiryTime(expiry: Expiry, now: number): string | null {
  const time = typeof expiry === "number" ? now + expiry * 1000 : Date.parse(`${expiry}T23:59:59`);
  return time ? new Date(time).toISOString().replace(/\.\d+/, "") : null;
}

export function expiryField(value: Expiry, kind: Kind, loc: KeyLocale, now: number, keep: string, change: (value: Expiry) => void): TemplateResult {
  const dated = typeof value === "string" && value !== "keep" && value !== "never";
  const time = dated ? null : expiryTime(value, now);
  const choices: [Expiry, string][] = spans(kind).map((sec) => [sec, loc.format.span(sec)]);
  if (typeof value === "number" && !choices.some(([sec]) => sec === value)) choices.push([value, loc.format.span(value)]);
  if (!kind.max_ttl_sec) choices.unshift(["never", loc.text("never")]);
  if (keep) choices.unshift(["keep", keep]);
  choices.push(["date", loc.text("onDate")]);
  const choose = (e: Event) => {
    const chosen = (e.target as HTMLSelectElement).value;
    change(Number(chosen) || chosen);
  };
  return html`<div class="field">
    <label for="expiry">${loc.text("expires")}</label>
    <div class="pair">
      <select id="expiry" aria-describedby="hint" @change=${choose}>
        ${choices.map(([sec, text]) => html`<option value=${sec} ?selected=${sec === (dated ? "date" : value)}>${text}</option>`)}
      </select>
      ${dated
        ? html`<input type="date" required aria-label=${loc.text("expires")} .min=${new Date(now).toISOString().slice(0, 10)} .value=${value as string}
            @change=${(e: Event) => change((e.target as HTMLInputElement).value || "date")} />`
        : nothing}
    </div>
    ${time ? html`<span id="hint" class="small muted">${loc.format.time(time)}</span>` : nothing}
  </div>`;
}
