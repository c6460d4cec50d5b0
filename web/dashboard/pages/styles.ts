import { css } from "lit";

/** What a text, a rule, a delivery or an endpoint is, in a word: colour says it twice, never alone. */
export const chips = css`
  .chip {
    display: inline-block;
    padding: 1px 8px;
    border-radius: 999px;
    background: var(--cardea-neutral-soft);
    color: var(--cardea-muted);
    font-size: 12.5px;
    font-weight: 500;
    line-height: 1.5;
    white-space: nowrap;
  }
  .chip.block,
  .chip.failed,
  .chip.stopped,
  .chip.critical,
  .chip.high {
    background: var(--cardea-danger-soft);
    color: var(--cardea-danger-text);
  }
  .chip.flag,
  .chip.redact,
  .chip.queued,
  .chip.changed,
  .chip.medium {
    background: var(--cardea-warn-soft);
    color: var(--cardea-warn);
  }
  .chip.allow,
  .chip.delivered,
  .chip.enabled,
  .chip.ok {
    background: var(--cardea-ok-soft);
    color: var(--cardea-ok);
  }
  .chip.accent {
    box-shadow: inset 0 0 0 1px var(--cardea-border);
    color: var(--cardea-text);
  }
  .chip.shadow {
    background: none;
    box-shadow: inset 0 0 0 1px var(--cardea-border);
  }
`;

/** A few choices side by side, of which one holds: radio buttons that look like one control. */
export const segments = css`
  .segments {
    display: inline-flex;
    flex: none;
    padding: 2px;
    border-radius: var(--cardea-radius);
    background: var(--cardea-neutral-soft);
  }
  .segments label {
    position: relative;
    font-weight: 500;
    cursor: pointer;
  }
  .segments input[type="radio"] {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  .segments span {
    display: block;
    padding: 5px 12px;
    border-radius: calc(var(--cardea-radius) - 2px);
    color: var(--cardea-muted);
    white-space: nowrap;
  }
  .segments input:checked + span {
    background: var(--cardea-surface);
    color: var(--cardea-text);
    box-shadow: 0 0 0 1px var(--cardea-border);
  }
  .segments input:focus-visible + span {
    outline: 2px solid var(--cardea-link);
    outline-offset: 1px;
  }
  @media (pointer: coarse) {
    .segments span {
      padding-block: 10px;
    }
  }
`;

/** Lists as tables; on a phone each row is a card, named by `data-label`. */
export const tables = css`
  .table {
    overflow-x: auto;
    border: 1px solid var(--cardea-border);
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-surface);
  }
  table {
    width: 100%;
    border-collapse: collapse;
  }
  th {
    padding: 10px 16px;
    color: var(--cardea-muted);
    font-size: 13px;
    font-weight: 550;
    text-align: start;
    white-space: nowrap;
  }
  td {
    padding: 11px 16px;
    border-top: 1px solid var(--cardea-border);
    vertical-align: middle;
  }
  th.num,
  td.num {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  td.act {
    width: 1%;
    padding-block: 4px;
    text-align: end;
    white-space: nowrap;
  }
  tbody tr.open:hover td {
    background: var(--cardea-sunken);
  }
  @media (max-width: 640px) {
    table.cards,
    .cards tbody,
    .cards tr,
    .cards td {
      display: block;
    }
    .cards thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .cards tr {
      position: relative;
      padding: 12px 14px;
    }
    .cards tr + tr {
      border-top: 1px solid var(--cardea-border);
    }
    .cards td {
      padding: 2px 0;
      border: 0;
      text-align: start;
      width: auto;
    }
    .cards td[data-label] {
      display: flex;
      justify-content: space-between;
      gap: 16px;
    }
    .cards td[data-label]::before {
      content: attr(data-label);
      flex: none;
      color: var(--cardea-muted);
      font-size: 13px;
    }
    .cards td.act {
      position: absolute;
      inset-inline-end: 6px;
      top: 6px;
    }
  }
`;

/** A page's head, its tabs, and what lies beneath. */
export const layout = css`
  :host {
    display: block;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    gap: 12px 24px;
    margin-bottom: 24px;
  }
  .head > :first-child {
    flex: 1 1 20rem;
    min-width: 0;
  }
  .head h1 {
    overflow-wrap: anywhere;
  }
  .head .lead {
    overflow-wrap: anywhere;
    margin-top: 0.3rem;
    color: var(--cardea-muted);
  }
  .head .buttons {
    display: flex;
    align-items: center;
    gap: 8px;
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
  .failed {
    padding: 20px;
    border: 1px solid var(--cardea-border);
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-surface);
  }
  .signs {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin-top: 8px;
  }
  .tabs {
    display: flex;
    gap: 4px;
    margin-bottom: 20px;
    border-bottom: 1px solid var(--cardea-border);
    overflow-x: auto;
    scrollbar-width: none;
  }
  .tabs a {
    padding: 9px 12px;
    border-bottom: 2px solid transparent;
    margin-bottom: -1px;
    color: var(--cardea-muted);
    font-weight: 500;
    text-decoration: none;
    white-space: nowrap;
  }
  .tabs a:hover {
    color: var(--cardea-text);
  }
  .tabs a[aria-current] {
    border-bottom-color: var(--cardea-accent);
    color: var(--cardea-text);
  }
  .tabs a:focus-visible {
    outline-offset: -2px;
  }
  .stack {
    display: grid;
    gap: 20px;
    min-width: 0;
  }
  .empty {
    display: grid;
    justify-items: center;
    gap: 14px;
    padding: 48px 20px;
    border: 1px dashed var(--cardea-border);
    border-radius: var(--cardea-radius);
    color: var(--cardea-muted);
    text-align: center;
  }
  .more {
    display: flex;
    justify-content: center;
    margin-top: 16px;
  }
`;
