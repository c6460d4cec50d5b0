// Times and numbers as the reader's language writes them.

const DAY = 86_400_000;
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * DAY],
  ["month", 30 * DAY],
  ["day", DAY],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

export class Format {
  private readonly days: Intl.DateTimeFormat;
  private readonly times: Intl.DateTimeFormat;
  private readonly numbers: Intl.NumberFormat;
  private readonly short: Intl.NumberFormat;
  private readonly distance: Intl.RelativeTimeFormat;

  constructor(private readonly lang: string) {
    this.days = new Intl.DateTimeFormat(lang, { dateStyle: "medium" });
    this.times = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
    this.numbers = new Intl.NumberFormat(lang);
    this.short = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
    this.distance = new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "short" });
  }

  day(time: string | number): string {
    return this.days.format(new Date(time));
  }
  time(time: string | number): string {
    return this.times.format(new Date(time));
  }
  number(n: number): string {
    return this.numbers.format(n);
  }
  /** 12.3K: where there is little room. */
  compact(n: number): string {
    return this.short.format(n);
  }
  /** "24 hours", "7 days", "1 year". */
  span(seconds: number): string {
    const [unit, length] = STEPS.find(([name, ms]) => (seconds * 1000) % ms === 0 && (name !== "day" || seconds > 86_400)) ?? STEPS[4]!;
    return new Intl.NumberFormat(this.lang, { style: "unit", unit, unitDisplay: "long" }).format((seconds * 1000) / length);
  }
  /** "in 3 days", "2 hr. ago". */
  ago(time: string | number, now = Date.now()): string {
    const ms = new Date(time).getTime() - now;
    for (const [unit, length] of STEPS) {
      if (Math.abs(ms) >= length) return this.distance.format(Math.trunc(ms / length), unit);
    }
    return this.distance.format(0, "second");
  }
}

/** A name as a part of a sentence: it can neither turn the sentence's direction nor flood it. */
export function quoted(name: string, max = 60): string {
  return `\u2068${cut(name, max)}\u2069`;
}

export function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max).replace(/[\ud800-\udbff]$/, "")}…` : text;
}
