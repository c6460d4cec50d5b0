// Swagger UI is dark where `html` has the class `dark-mode`; our tokens go by the attribute `theme`.
import { svg, render } from "lit";

const KEY = "cardea-theme";
const html = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function chosen(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be forbidden
  }
}

function apply(): void {
  const theme = chosen();
  const said = theme === "light" || theme === "dark";
  if (said) html.setAttribute("theme", theme);
  html.classList.toggle("dark-mode", said ? theme === "dark" : system.matches);
}

export function followTheme(button: HTMLButtonElement): void {
  const circle = svg`<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.8"
    aria-hidden="true"><circle cx="12" cy="12" r="8" /><path d="M12 4v16a8 8 0 0 0 0-16z" fill="currentColor" /></svg>`;
  render(circle, button);
  button.addEventListener("click", () => {
    const next = html.classList.contains("dark-mode") ? "light" : "dark";
    try {
      localStorage.setItem(KEY, next);
    } catch {
      html.setAttribute("theme", next);
      html.classList.toggle("dark-mode", next === "dark");
      return;
    }
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}
