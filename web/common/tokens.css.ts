// The design tokens. A page may set any of them on the element (or on :root for the dashboard); what it sets wins over
// what stands here, since rules for :host yield to those of the page.
import { unsafeCSS, type CSSResult } from "lit";

const light = `
  color-scheme: light;
  --cardea-bg: #fff;
  --cardea-surface: #fff;
  --cardea-sunken: #f6f7f9;
  --cardea-text: #16181d;
  --cardea-muted: #5a6170;
  --cardea-border: #e2e5ea;
  --cardea-border-strong: #868e9c;
  --cardea-accent: #3b5bdb;
  --cardea-link: #3048b5;
  --cardea-danger: #c4262e;
  --cardea-danger-text: #a81c24;
  --cardea-danger-soft: #fdeced;
  --cardea-warn: #7a4b00;
  --cardea-warn-soft: #fff2d9;
  --cardea-ok: #116b45;
  --cardea-ok-soft: #e4f6ec;
  --cardea-neutral-soft: #eef0f3;
  --cardea-bar: #7c93ea;
`;

const dark = `
  color-scheme: dark;
  --cardea-bg: #101216;
  --cardea-surface: #181b20;
  --cardea-sunken: #14161a;
  --cardea-text: #eceef1;
  --cardea-muted: #9da5b3;
  --cardea-border: #2b3038;
  --cardea-border-strong: #6b7483;
  --cardea-accent: #4263eb;
  --cardea-link: #9db2ff;
  --cardea-danger: #cf3a42;
  --cardea-danger-text: #ff9a9e;
  --cardea-danger-soft: #381619;
  --cardea-warn: #f5c451;
  --cardea-warn-soft: #322406;
  --cardea-ok: #5fd39b;
  --cardea-ok-soft: #10291e;
  --cardea-neutral-soft: #262a31;
  --cardea-bar: #5c77e6;
`;

const always = `
  --cardea-font: system-ui, sans-serif;
  --cardea-mono: ui-monospace, Menlo, Consolas, monospace;
  --cardea-radius: 8px;
  --cardea-on-accent: #fff;
  --cardea-bar-refused: #e5484d;
  --cardea-shadow: 0 12px 40px rgb(0 0 0 / 0.25), 0 2px 6px rgb(0 0 0 / 0.1);
`;

/** Rules for a root, `:host` of an element or `:root` of a page. Its `theme` attribute chooses; else the system does. */
export function themed(root: ":host" | ":root", light: string, dark: string): string {
  const when = (condition: string) => (root === ":host" ? `:host(${condition})` : `:root${condition}`);
  return `${root}{${light}}${when("[theme=dark]")}{${dark}}
    @media (prefers-color-scheme:dark){${when(":not([theme=light])")}{${dark}}}`;
}

export function tokens(root: ":host" | ":root"): CSSResult {
  return unsafeCSS(themed(root, always + light, dark));
}
