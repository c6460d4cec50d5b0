import { floorTo, next, type Unit } from "./series";

export const RANGES = ["24h", "7d", "30d", "90d", "12m", "custom"] as const;
export type Range = (typeof RANGES)[number];

const DAY = 86_400;

/** Which units make sense: as many bars as can be told apart, and no more rows than the API answers. */
export function unitsOf(range: Range, days: number): Unit[] {
  if (range === "24h" || days <= 2) return ["hour"];
  if (days <= 14) return ["day", "hour"];
  return days <= 92 ? ["day"] : days <= 400 ? ["month", "day"] : ["month"];
}

export interface Span {
  from: number;
  to: number;
}

/** In seconds, from the beginning of a unit to the end of the one that is now. */
export function spanOf(range: Range, unit: Unit, custom: { from: string; to: string }, now = Date.now() / 1000): Span {
  if (range === "custom") return { from: Date.parse(custom.from) / 1000, to: Date.parse(custom.to) / 1000 + DAY };
  const to = next(unit, floorTo(unit, Math.floor(now)));
  if (range === "24h") return { from: to - DAY, to };
  if (range === "12m") {
    const d = new Date(now * 1000);
    return { from: Date.UTC(d.getUTCFullYear(), d.getUTCMonth() - 11) / 1000, to };
  }
  return { from: to - Number.parseInt(range) * DAY, to };
}

export function daysOf({ from, to }: Span): number {
  return (to - from) / DAY;
}

/** A day of UTC, as a field of dates has it. */
export function dayOf(sec: number): string {
  return new Date(sec * 1000).toISOString().slice(0, 10);
}

export function iso(sec: number): string {
  return new Date(sec * 1000).toISOString().replace(".000", "");
}
