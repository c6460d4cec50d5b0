import { css } from "lit";
import { base as common } from "../common/base.css";

/** What the shell and its pages add to what all elements look like (common/base.css.ts). */
export const base = [
  common,
  css`
    :host {
      display: block;
    }
    dl,
    dd,
    ul,
    ol {
      margin: 0;
      padding: 0;
      list-style: none;
    }
    h1,
    h2,
    p {
      overflow-wrap: anywhere;
    }
    h2 {
      font-size: 16px;
    }
    a {
      text-underline-offset: 0.2em;
    }
    .cut {
      display: block;
    }
    .i {
      flex: none;
      display: block;
    }
    .button.quiet {
      border-color: transparent;
      background: none;
    }
    .button.bad {
      color: var(--cardea-danger-text);
    }
    .link {
      text-decoration: underline;
      text-underline-offset: 0.2em;
      text-align: start;
    }
    .note.icon-note {
      display: flex;
      gap: 10px;
    }
    .note .i {
      margin-top: 2px;
    }
    .note.ok {
      background: var(--cardea-ok-soft);
      color: var(--cardea-ok);
    }
    .hint {
      color: var(--cardea-muted);
      font-size: 13px;
    }
    input[readonly] {
      background: var(--cardea-sunken);
    }
    .choice {
      display: flex;
      gap: 10px;
      align-items: flex-start;
      padding: 9px 12px;
      border: 1px solid var(--cardea-border);
      border-radius: var(--cardea-radius);
      background: none;
      cursor: pointer;
    }
    label.choice:hover,
    button.choice:hover {
      background: var(--cardea-neutral-soft);
    }
    label.choice:has(:checked) {
      border-color: var(--cardea-accent);
    }
    .choice small {
      display: block;
      color: var(--cardea-muted);
      font-size: 13px;
      font-weight: 400;
    }
    fieldset > legend {
      margin-bottom: 6px;
    }
    .choices {
      display: grid;
      gap: 8px;
    }
  `,
];

/** A page's head, its cards and its tables. */
export const pageStyles = css`
  .head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem 1.5rem;
    align-items: flex-start;
    justify-content: space-between;
    margin-bottom: 1.5rem;
  }
  .head > div:first-child {
    flex: 1 1 20rem;
    min-width: 0;
  }
  .head p {
    margin-top: 0.3rem;
    max-width: 44rem;
    text-wrap: pretty;
    color: var(--cardea-muted);
  }
  .deeds {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }
  .card {
    border: 1px solid var(--cardea-border);
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-surface);
  }
  .card + .card,
  .card + h2,
  h2 + .card {
    margin-top: 1rem;
  }
  .pad {
    padding: 1.25rem;
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 0.625rem 1rem;
    text-align: start;
    vertical-align: middle;
  }
  th {
    border-bottom: 1px solid var(--cardea-border);
    color: var(--cardea-muted);
    font-size: 0.8125rem;
    font-weight: 550;
    white-space: nowrap;
  }
  tbody tr + tr td {
    border-top: 1px solid var(--cardea-border);
  }
  /* Takes what room there is, and is cut rather than wider. */
  td.wide {
    width: 55%;
    max-width: 0;
  }
  .back {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    margin-bottom: 16px;
    color: var(--cardea-muted);
    text-decoration: none;
  }
  .back:hover {
    color: var(--cardea-text);
  }
  .section {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 16px;
    min-height: 36px;
    margin: 32px 0 12px;
  }
  td.num,
  th.num {
    text-align: end;
  }
  td.end,
  th.end {
    width: 1%;
    padding-inline: 0.5rem;
    text-align: end;
    white-space: nowrap;
  }
  .empty {
    padding: 3rem 1.5rem;
    text-align: center;
  }
  .empty p {
    max-width: 30rem;
    margin: 0.4rem auto 1.25rem;
    color: var(--cardea-muted);
  }
  .empty p:last-child {
    margin-bottom: 0;
  }
  .empty p:empty {
    display: none;
  }
  .empty .big {
    display: inline-flex;
    margin-bottom: 0.75rem;
    color: var(--cardea-muted);
  }
  .empty .big .i {
    width: 28px;
    height: 28px;
    stroke-width: 1.1;
  }
  .skeleton > div {
    display: flex;
    gap: 32px;
    padding: 16px;
  }
  .skeleton > div + div {
    border-top: 1px solid var(--cardea-border);
  }
  .skeleton div span {
    flex: 1;
    height: 10px;
    border-radius: 5px;
    background: var(--cardea-neutral-soft);
  }
  .skeleton div span:first-child {
    flex: 2;
  }
  .foot {
    padding: 0.75rem 1rem;
    border-top: 1px solid var(--cardea-border);
    text-align: center;
  }
  /* A row becomes a small sheet: its cells one beneath the other, each with its column's name. */
  @media (max-width: 640px) {
    table.rows,
    table.rows tbody,
    table.rows tr,
    table.rows td {
      display: block;
    }
    table.rows thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    table.rows tr {
      position: relative;
      padding: 0.75rem 1rem;
    }
    table.rows tbody tr + tr {
      border-top: 1px solid var(--cardea-border);
    }
    table.rows tbody tr td {
      display: flex;
      gap: 1rem;
      justify-content: space-between;
      padding: 0.15rem 0;
      border: 0;
      text-align: end;
    }
    table.rows td:not(:first-child)[data-label]::before {
      content: attr(data-label);
      flex: none;
      color: var(--cardea-muted);
      font-size: 0.8125rem;
    }
    table.rows tbody tr td:first-child {
      display: block;
      width: auto;
      max-width: none;
      padding: 0 2.5rem 0.35rem 0;
      text-align: start;
    }
    table.rows tbody tr td.end {
      position: absolute;
      top: 0.6rem;
      inset-inline-end: 0.6rem;
      width: auto;
      padding: 0;
    }
  }
`;
