// Times and numbers as the reader's language writes them.

const DAY = 86_400_000;
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * DAY],
  ["month", 30 * DAY],
  ["day", DAY],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1],
];

export class Format {
  constructor(private readonly lang: string) {}

  /** "Nov 21", and the year where it is another one. */
  day(time: string | number): string {
    const date = new Date(time);
    const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
    return date.toLocaleDateString(this.lang, { day: "numeric", month: "short", year });
  }
  time(time: string | number): string {
    return new Date(time).toLocaleString(this.lang, { dateStyle: "medium", timeStyle: "short" });
  }
  number(n: number, options?: Intl.NumberFormatOptions): string {
    return n.toLocaleString(this.lang, options);
  }
  /** 12.3K: where there is little room. */
  compact(n: number): string {
    return this.number(n, { notation: "compact" });
  }
  /** "24 hours", "7 days", "1 year". */
  span(seconds: number): string {
    const [unit, length] = STEPS.find(([name, ms]) => (seconds * 1000) % ms === 0 && (name !== "day" || seconds > 86_400))!;
    return this.number((seconds * 1000) / length, { style: "unit", unit, unitDisplay: "long" });
  }
  /** "in 3 days", "2 hr. ago". */
  ago(time: string | number, now = Date.now()): string {
    const ms = new Date(time).getTime() - now;
    const [unit, length] = STEPS.find(([, length]) => Math.abs(ms) >= length) ?? STEPS[5]!;
    return new Intl.RelativeTimeFormat(this.lang, { numeric: "auto", style: "short" }).format(unit === "second" ? 0 : Math.trunc(ms / length), unit);
  }
}

/** A name as a part of a sentence: it can neither turn the sentence's direction nor flood it. */
export function quoted(name: string, max = 60): string {
  return `\u2068${cut(name, max)}\u2069`;
}

export function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max).replace(/[\ud800-\udbff]$/, "")}…` : text;
}
