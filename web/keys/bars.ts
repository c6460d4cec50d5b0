// 30 days of use as bars: granted from the ground, refused on top of them.
import { html, type TemplateResult } from "lit";
import { DAYS, type Usage } from "./list";
import type { KeyLocale } from "./texts";

const STEP = 4;

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);

export function usageText(usage: Usage | undefined, loc: KeyLocale): string {
  const [granted, refused] = [usage?.granted ?? [], usage?.refused ?? []].map((counts) => loc.format.number(sum(counts)));
  return loc.text("uses", { granted: granted!, refused: refused! });
}

/** One path for all bars of a colour: a list has many of these. */
function path(heights: number[], above: number[], scale: number, height: number): string {
  return heights
    .map((h, day) => {
      if (!h) return "";
      const from = height - (above[day] ?? 0) * scale;
      return `M${day * STEP + 1.5} ${from.toFixed(1)}v-${Math.max(1.5, h * scale).toFixed(1)}`;
    })
    .join("");
}

export function bars(usage: Usage | undefined, loc: KeyLocale, height = 24): TemplateResult {
  const granted = usage?.granted ?? [];
  const refused = usage?.refused ?? [];
  const most = Math.max(1, ...granted.map((n, day) => n + refused[day]!));
  const scale = (height - 3) / most;
  const label = `${loc.text("usage")}: ${usageText(usage, loc)}`;
  return html`<svg class="bars" part="usage" role="img" aria-label=${label} viewBox="0 0 ${DAYS * STEP - 1} ${height}" preserveAspectRatio="none">
    <title>${label}</title><path class="ground" d="M0 ${height - 0.5}H${DAYS * STEP}" />
    <path class="granted" d=${path(granted, [], scale, height)} /><path class="refused" d=${path(refused, granted, scale, height)} />
  </svg>`;
}

export function total(usage: Usage | undefined): number {
  return sum(usage?.granted ?? []) + sum(usage?.refused ?? []);
}
