import type { ScanReason, Severity } from "./shapes";

export interface Piece {
  text: string;
  /** Index of the reason that it belongs to, and of others beneath it; empty where nothing was found. */
  reasons: number[];
  severity?: Severity;
}

const ORDER: Severity[] = ["info", "low", "medium", "high", "critical"];

export function severest(reasons: readonly ScanReason[], of: readonly number[]): Severity | undefined {
  let best = -1;
  for (const i of of) best = Math.max(best, ORDER.indexOf(reasons[i]!.severity));
  return ORDER[best];
}

/** Spans count bytes of UTF-8, a page's text UTF-16 units: the unit at which each of these bytes begins. */
export function unitsAt(text: string, bytes: readonly number[]): Map<number, number> {
  const wanted = [...new Set(bytes)].sort((a, b) => a - b);
  const found = new Map<number, number>();
  let byte = 0;
  let next = 0;
  for (let unit = 0; unit < text.length && next < wanted.length; ) {
    // A place in the middle of a character means the character.
    const code = text.codePointAt(unit)!;
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    while (next < wanted.length && wanted[next]! < byte + size) found.set(wanted[next++]!, unit);
    byte += size;
    unit += code > 0xffff ? 2 : 1;
  }
  while (next < wanted.length) found.set(wanted[next++]!, text.length);
  return found;
}

/** A text cut where findings begin and end. Findings may overlap: a piece belongs to all that cover it. */
export function pieces(text: string, reasons: readonly ScanReason[]): Piece[] {
  const spans = reasons.flatMap((r, index) => (r.span && r.span.end > r.span.start ? [{ ...r.span, index }] : []));
  const units = unitsAt(
    text,
    spans.flatMap((s) => [s.start, s.end]),
  );
  const placed = spans.map((s) => ({ start: units.get(s.start)!, end: units.get(s.end)!, index: s.index }));
  const cuts = [...new Set([0, text.length, ...placed.flatMap((s) => [s.start, s.end])])].sort((a, b) => a - b);
  const out: Piece[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [start, end] = [cuts[i]!, cuts[i + 1]!];
    const covering = placed.filter((s) => s.start <= start && s.end >= end).map((s) => s.index);
    out.push({ text: text.slice(start, end), reasons: covering, severity: severest(reasons, covering) });
  }
  return out;
}
