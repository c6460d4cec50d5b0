// Drawn here, each on 16 by 16: no font, no request.
import { svg, html, type TemplateResult } from "lit";

function icon(d: string): TemplateResult {
  return html`<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${svg`<path d=${d} />`}</svg>`;
}

export const cross = icon("m4 4 8 8m0-8-8 8");
export const dots = icon("M3 8h.01M8 8h.01M13 8h.01");
export const plus = icon("M8 3v10M3 8h10");
export const copy = icon("M6 5.5h6.5v8H6zM10 3H3.5v8");
export const check = icon("m3 8.5 3.5 3.5L13 4.5");
export const eye = icon("M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Zm4.7 0a1.8 1.8 0 1 0 3.6 0 1.8 1.8 0 1 0-3.6 0");
export const search = icon("M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.3-1.2L13.5 13.5");
export const keyhole = icon("M10.5 9.5a4 4 0 1 0-3.8-2.8L2 11.5V14h2.5v-2h2v-2l1.2-1c.8.4 1.8.5 2.8.5ZM11 5.5h.01");
