import { accentRules } from "../common/color";
import { tokens } from "../common/tokens.css";

export type Theme = "system" | "light" | "dark";
export const THEMES: Theme[] = ["system", "light", "dark"];

/** A product's colour; beneath it, the tokens. Custom properties reach into every shadow root. */
const brand = new CSSStyleSheet();

export function startTheme(): void {
  const sheet = tokens(":root").styleSheet;
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, ...(sheet ? [sheet] : []), brand];
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") document.documentElement.removeAttribute("theme");
  else document.documentElement.setAttribute("theme", theme);
}

export function applyBrand(color: string | null): void {
  brand.replaceSync(accentRules(color, ":root"));
}
