import type { Usage, UsageRow } from "./shapes";

export type Unit = "hour" | "day" | "month";
export type By = "total" | "key" | "outcome" | "route_group";

/** Bands that are none of the API's: what was left over, and grants without a route. */
export const OTHER = "other";
export const NONE = "";

/** One band of the chart: what it is called by, and its number at each time. */
export interface Band {
  id: string;
  values: number[];
  sum: number;
}

export interface Series {
  /** Beginnings, in seconds since 1970: every one of the range, also those in which nothing happened. */
  times: number[];
  bands: Band[];
}

const HOUR = 3600;

/** The hour, day or month (UTC, as the API counts) in which a time lies, and what comes after it. */
export function floorTo(unit: Unit, sec: number): number {
  if (unit === "hour") return sec - (sec % HOUR);
  if (unit === "day") return sec - (sec % (24 * HOUR));
  const d = new Date(sec * 1000);
  return Date.UTC(d.getUTCFullYear(), d.getUTCMonth()) / 1000;
}

export function next(unit: Unit, sec: number): number {
  if (unit !== "month") return sec + (unit === "hour" ? HOUR : 24 * HOUR);
  const d = new Date(sec * 1000);
  return Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1) / 1000;
}

export function timesOf(from: number, to: number, unit: Unit): number[] {
  const out: number[] = [];
  for (let t = floorTo(unit, from); t < to && out.length < 10_000; t = next(unit, t)) out.push(t);
  return out;
}

/** How a row counts for the band it belongs to. */
function bandsOf(row: UsageRow, by: By): [string, number][] {
  if (by === "total")
    return [
      ["granted", row.granted],
      ["refused", row.refused],
    ];
  if (by === "route_group") return row.granted ? [[row.route_group ?? NONE, row.granted]] : [];
  return [[(by === "key" ? row.key_id : row.outcome) ?? OTHER, row.granted + row.refused]];
}

/** Rows of the API as bands over all times of the range: the largest `most`, what is left as "other". */
export function seriesOf(usage: Usage, unit: Unit, by: By, most = 7): Series {
  const times = timesOf(Date.parse(usage.from) / 1000, Date.parse(usage.to) / 1000, unit);
  const at = new Map(times.map((t, i) => [t, i]));
  const bands = new Map<string, Band>();
  const band = (id: string) => {
    let b = bands.get(id);
    if (!b) bands.set(id, (b = { id, values: new Array<number>(times.length).fill(0), sum: 0 }));
    return b;
  };
  if (by === "total") ["granted", "refused"].forEach(band);
  for (const row of usage.data) {
    const i = at.get(floorTo(unit, Date.parse(row.time ?? usage.from) / 1000));
    for (const [id, count] of bandsOf(row, by)) {
      const b = band(id);
      b.sum += count;
      if (i !== undefined) b.values[i]! += count;
    }
  }
  return { times, bands: by === "total" ? [...bands.values()] : largest([...bands.values()], most) };
}

function largest(bands: Band[], most: number): Band[] {
  if (bands.length <= most && bands.every((b) => b.id !== OTHER)) return bands.sort(bySum);
  const named = bands.filter((b) => b.id !== OTHER).sort(bySum);
  const rest = [...named.splice(most - 1), ...bands.filter((b) => b.id === OTHER)];
  const other: Band = { id: OTHER, values: rest[0]!.values.map(() => 0), sum: 0 };
  for (const b of rest) {
    other.sum += b.sum;
    b.values.forEach((v, i) => (other.values[i]! += v));
  }
  return [...named, other];
}

function bySum(a: Band, b: Band): number {
  return b.sum - a.sum;
}

/** For bars that stand on each other: each band with all beneath it added. */
export function stacked(bands: readonly Band[]): number[][] {
  const sums = new Array<number>(bands[0]?.values.length ?? 0).fill(0);
  return bands.map((b) => b.values.map((v, i) => (sums[i]! += v)));
}
