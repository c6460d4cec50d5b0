import { css } from "lit";

/** How the report is laid out. */
export const reportStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 20px;
  }
  .controls {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 12px 16px;
  }
  .controls .segments {
    max-width: 100%;
    overflow-x: auto;
    scrollbar-width: none;
  }
  .controls > label {
    display: flex;
    align-items: center;
    gap: 8px;
    color: var(--cardea-muted);
    font-weight: 400;
  }
  .controls select,
  .controls input[type="date"] {
    width: auto;
    color: var(--cardea-text);
  }
  .tiles {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(150px, 30%), 1fr));
    gap: 12px;
    margin: 0;
  }
  .tiles > div,
  .panel {
    border: 1px solid var(--cardea-border);
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-surface);
  }
  .tiles > div {
    padding: 12px clamp(10px, 2vw, 18px);
  }
  dt {
    color: var(--cardea-muted);
    font-size: 13px;
  }
  dd {
    margin: 0;
    font-size: 24px;
    font-weight: 600;
    letter-spacing: -0.01em;
    font-variant-numeric: tabular-nums;
  }
  .panel {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 14px;
    padding: 16px 18px;
  }
  .panel .table {
    border-radius: var(--cardea-radius);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 10px;
  }
  .legend {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 280px), 1fr));
    gap: 4px 32px;
    margin: 0;
    padding: 12px 0 0;
    border-top: 1px solid var(--cardea-border);
    list-style: none;
  }
  .legend li {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .legend .num {
    margin-inline-start: auto;
    font-variant-numeric: tabular-nums;
  }
  .legend .num + .num {
    min-width: 3rem;
    margin-inline-start: 0;
    text-align: end;
  }
  .empty {
    border: 0;
  }
  @media (max-width: 640px) {
    .panel {
      padding: 14px 12px;
    }
    th,
    td {
      padding: 8px 10px;
    }
  }
`;
