// Drawn here, each on 16 by 16: no font, no request.
import { html, type TemplateResult } from "lit";

function icon(d: string): TemplateResult {
  return html`<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${d} /></svg>`;
}

export const cross = /* @__PURE__ */ icon("m4 4 8 8m0-8-8 8");
export const dots = /* @__PURE__ */ icon("M3 8h.01M8 8h.01M13 8h.01");
export const plus = /* @__PURE__ */ icon("M8 3v10M3 8h10");
export const copy = /* @__PURE__ */ icon("M6 5.5h6.5v8H6zM10 3H3.5v8");
export const check = /* @__PURE__ */ icon("m3 8.5 3.5 3.5L13 4.5");
export const eye = /* @__PURE__ */ icon("M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Zm4.7 0a1.8 1.8 0 1 0 3.6 0 1.8 1.8 0 1 0-3.6 0");
export const key = /* @__PURE__ */ icon("M8 7a3 3 0 1 1 2 2l-1 1H8v1H7v1H6v1H3v-2l5-5");
export const pen = /* @__PURE__ */ icon("m3 13 .5-3L11 2.5 13.5 5 6 12.5z");
export const turn = /* @__PURE__ */ icon("M13 7A5 5 0 0 0 4 5L2.5 6.5M2.5 3v3.5H6M3 9a5 5 0 0 0 9 2l1.5-1.5m0 3.5V9.5H10");
export const bin = /* @__PURE__ */ icon("M2.5 4.5h11m-7-2h3M4 4.5l.5 9h7l.5-9m-5 2.5v4m2-4v4");
