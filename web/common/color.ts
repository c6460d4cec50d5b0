// A product's colour, made readable: as a ground beneath a label, and as a label on light and on dark.
import { themed } from "./tokens.css";

/** Relative luminance (WCAG) of #rrggbb; NaN for anything else. */
function luminance(color: string): number {
  const hex = /^#([0-9a-f]{6})$/i.exec(color)?.[1] ?? "";
  const [r, g, b] = [0, 2, 4].map((at) => {
    const v = parseInt(hex.slice(at, at + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** Rules for `root` that put a product's colour in place of ours; empty when it is none (#rrggbb). */
export function accentRules(color: string | null | undefined, root: ":host" | ":root"): string {
  const light = luminance(color ?? "");
  if (Number.isNaN(light)) return "";
  const deep = light < 0.183; // white on it, and it on white, has a contrast of 4.5 to 1
  const mixed = (other: string) => `color-mix(in srgb, ${color}, ${other})`;
  // A link stands on sunken and soft grounds, too, which are a little darker than white.
  const link = light < 0.15 ? color : mixed(deep ? "#000 25%" : "#000");
  const shared = `--cardea-accent: ${color}; --cardea-on-accent: ${deep ? "#fff" : "#16181d"}; --cardea-bar: ${color}`;
  return themed(root, `${shared}; --cardea-link: ${link}`, `${shared}; --cardea-link: ${mixed("#fff")}`);
}
