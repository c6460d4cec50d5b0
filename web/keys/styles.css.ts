// What the bars and the fields of the dialogs look like.
import { css } from "lit";

export const barStyles = css`
  .bars {
    display: block;
    width: 100%;
    height: 24px;
    fill: none;
    stroke-width: 3;
  }
  .ground {
    stroke: var(--cardea-border);
    stroke-width: 1;
  }
  .granted {
    stroke: var(--cardea-bar);
  }
  .refused {
    stroke: var(--cardea-bar-refused);
  }
`;

export const fieldStyles = css`
  ${barStyles}
  .pair {
    display: flex;
    gap: 8px;
  }
  .pair > * {
    flex: 1;
    min-width: 0;
  }
  .between {
    display: flex;
    justify-content: space-between;
    width: 100%;
  }
  legend {
    margin-bottom: 6px;
  }
  .segments {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: 1fr;
    gap: 2px;
    padding: 3px;
    border-radius: var(--cardea-radius);
    background: var(--cardea-neutral-soft);
  }
  .segments label {
    position: relative;
  }
  .segments span {
    display: block;
    padding: 5px 8px;
    border-radius: calc(var(--cardea-radius) - 3px);
    text-align: center;
    color: var(--cardea-muted);
    cursor: pointer;
  }
  .segments :checked + span {
    background: var(--cardea-surface);
    color: var(--cardea-text);
    box-shadow: 0 0 0 1px var(--cardea-border-strong);
  }
  .segments :focus-visible + span {
    outline: 2px solid var(--cardea-link);
  }
  .picker {
    overflow: hidden;
    border: 1px solid var(--cardea-border);
    border-radius: var(--cardea-radius);
  }
  .find {
    border-width: 0 0 1px;
    border-radius: 0;
  }
  .choices {
    max-height: 232px;
    padding: 4px 0;
    overflow-y: auto;
  }
  .choice {
    display: flex;
    gap: 10px;
    padding: 6px 12px;
    font-weight: 400;
    overflow-wrap: anywhere;
    cursor: pointer;
  }
  .choice:hover {
    background: var(--cardea-sunken);
  }
  .kinds {
    display: grid;
    gap: 8px;
  }
  .kinds .choice {
    padding-block: 10px;
    border: 1px solid var(--cardea-border);
    border-radius: var(--cardea-radius);
  }
  .choice > span {
    display: grid;
  }
  .facts .bars {
    height: 56px;
  }
  dl {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 6px 20px;
    margin: 0;
    font-size: 13px;
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
`;
