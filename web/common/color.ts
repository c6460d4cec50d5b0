// A product's colour, made readable: as a ground beneath a label, and as a label on light and on dark.

type Rgb = [number, number, number];

function read(color: string): Rgb | null {
  const hex = /^#([0-9a-f]{6})$/i.exec(color)?.[1];
  return hex ? ([0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16)) as Rgb) : null;
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Mixed with `to` until it stands out against `ground` by 4.5 to 1. */
function readable(rgb: Rgb, ground: Rgb, to: number): string {
  let mixed = rgb;
  for (let share = 0.1; contrast(mixed, ground) < 4.5 && share <= 1; share += 0.1)
    mixed = rgb.map((v) => Math.round(v + (to - v) * share)) as Rgb;
  return `rgb(${mixed.join(" ")})`;
}

/** Rules for `root` that put a product's colour in place of ours; empty when it is none (#rrggbb). */
export function accentRules(color: string | null | undefined, root: ":host" | ":root"): string {
  const rgb = read(color ?? "");
  if (!rgb) return "";
  const white = contrast(rgb, [255, 255, 255]) >= 4.5;
  // The dark tokens stand in rules with a condition, over which one without would not win.
  const fill = `--cardea-accent: ${color}; --cardea-on-accent: ${white ? "#fff" : "#16181d"}; --cardea-bar: ${color}`;
  const dark = `${fill}; --cardea-link: ${readable(rgb, [24, 27, 32], 255)}`;
  const when = (condition: string) => (root === ":host" ? `:host(${condition})` : `:root${condition}`);
  return `${root} { ${fill};
    --cardea-link: ${readable(rgb, [255, 255, 255], 0)} }
    ${when("[theme=dark]")} { ${dark} }
    @media (prefers-color-scheme: dark) { ${when(":not([theme=light])")} { ${dark} } }`;
}
