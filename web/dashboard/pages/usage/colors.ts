import { css } from "lit";

/** Of the bands, in their order; each stands out from both grounds by at least 3 to 1, and from its neighbour by lightness. */
export const seriesColors = css`
  :host {
    --series-0: var(--cardea-bar);
    --series-1: #e8740c;
    --series-2: #0b7f92;
    --series-3: #a544c4;
    --series-4: #2f9344;
    --series-5: #d03a6b;
    --series-6: #8a6d3b;
    --series-7: #868e96;
  }
  .dot {
    display: inline-block;
    flex: none;
    width: 10px;
    height: 10px;
    border-radius: 3px;
    background: var(--series-0);
  }
  .dot.s1 {
    background: var(--series-1);
  }
  .dot.s2 {
    background: var(--series-2);
  }
  .dot.s3 {
    background: var(--series-3);
  }
  .dot.s4 {
    background: var(--series-4);
  }
  .dot.s5 {
    background: var(--series-5);
  }
  .dot.s6 {
    background: var(--series-6);
  }
  .dot.s7 {
    background: var(--series-7);
  }
`;

/** What is refused is red, where that is the difference shown. */
export const refusedColor = css`
  :host([refused]) {
    --series-1: var(--cardea-bar-refused);
  }
`;
