import { css } from "lit";

/** How the log of deliveries is laid out. */
export const logStyles = css`
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 10px 16px;
    margin-bottom: 12px;
  }
  .bar h2 {
    font-size: 15px;
  }
  .gap {
    flex: 1;
  }
  .row {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    padding: 0;
    border: 0;
    background: none;
    text-align: start;
  }
  .mark {
    width: 6px;
    height: 6px;
    border: solid var(--cardea-muted);
    border-width: 0 1.5px 1.5px 0;
    transform: rotate(-45deg);
  }
  .on .mark {
    transform: rotate(45deg);
  }
  .bad {
    color: var(--cardea-danger-text);
  }
  .details > td {
    padding: 16px;
    background: var(--cardea-sunken);
  }
  .on + .details > td {
    border-top: 0;
  }
  .on > td {
    background: var(--cardea-sunken);
  }
  @media (max-width: 640px) {
    .cards tr.on,
    .cards tr.details {
      background: var(--cardea-sunken);
    }
    .cards .details > td {
      padding: 0;
    }
    .cards .on + .details {
      border-top: 0;
    }
  }
  .whole {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 8px;
  }
  .whole h3 {
    margin-top: 8px;
    font-size: 13px;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    justify-content: space-between;
    gap: 12px;
  }
  dl {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 32px;
    margin: 0;
  }
  dt {
    color: var(--cardea-muted);
    font-size: 13px;
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .attempts {
    display: grid;
    gap: 4px;
    margin: 0;
    padding: 0;
    list-style: none;
    font-size: 13px;
  }
  .attempts li {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 16px;
  }
  .attempts .num {
    color: var(--cardea-muted);
    font-variant-numeric: tabular-nums;
  }
  .attempts .wrong {
    overflow-wrap: anywhere;
  }
  pre {
    margin: 0;
    padding: 12px 14px;
    max-height: 20rem;
    overflow: auto;
    border: 1px solid var(--cardea-border);
    border-radius: var(--cardea-radius);
    background: var(--cardea-surface);
    font: 12.5px/1.6 var(--cardea-mono);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
`;
