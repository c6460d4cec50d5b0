import { css } from "lit";
import { barStyles } from "./styles.css";

export const styles = css`
  ${barStyles}
  :host {
    display: block;
  }
  .top,
  .tools,
  .row,
  .scopes,
  .c-usage,
  .c-acts,
  .card .noted .c-state {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .top {
    flex-wrap: wrap;
    align-items: start;
    gap: 12px 24px;
    margin-bottom: 24px;
  }
  .top > div {
    flex: 1 1 260px;
  }
  .top p {
    margin-top: 4px;
  }
  .tools {
    margin-bottom: 12px;
  }
  .tools [type="search"] {
    flex: 0 1 280px;
    min-width: 0;
  }
  .tools select {
    width: auto;
  }
  .tools .count {
    margin-inline-start: auto;
  }
  .frame {
    border: 1px solid var(--cardea-border);
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-surface);
  }
  .row {
    gap: 16px;
    height: 64px;
    padding: 0 8px 0 16px;
    border-top: 1px solid var(--cardea-border);
  }
  .row:not(.head):hover {
    background: var(--cardea-sunken);
  }
  .row > * {
    flex: 1 1 0;
    min-width: 0;
  }
  .head {
    height: 38px;
    border: 0;
    color: var(--cardea-muted);
    font-size: 13px;
    font-weight: 600;
  }
  .row .c-name {
    flex-grow: 1.5;
  }
  .row .c-scopes {
    flex-grow: 1.2;
  }
  .row :is(.c-used, .c-made, .c-ends) {
    flex: 0 0 90px; /* a day of another year in each language */
    font-size: 13px;
  }
  .row .c-usage {
    flex: 0 0 112px;
  }
  .row .c-acts {
    flex: 0 0 96px;
    justify-content: end;
    gap: 0;
  }
  .row .icon {
    width: 32px; /* three, on a phone, too */
  }
  .c-name *,
  .c-state * {
    display: block;
    max-width: 100%;
    width: fit-content;
  }
  .name {
    padding: 0;
    border: 0;
    background: none;
    font-weight: 600;
    text-align: start;
  }
  .name:hover {
    color: var(--cardea-link);
    text-decoration: underline;
  }
  .c-name code {
    display: inline;
  }
  .scope {
    padding: 1px 7px;
    border-radius: 5px;
    background: var(--cardea-neutral-soft);
    font-size: 12px;
  }
  .row:not(.head) .c-usage {
    align-items: end;
    line-height: 1;
  }
  .bars {
    flex: none;
    width: 76px;
  }
  .tag {
    display: none;
    color: var(--cardea-muted);
    font-size: 12px;
  }
  time {
    display: block;
  }
  .over :is(.name, time, .scope) {
    color: var(--cardea-muted);
  }
  .over .name {
    text-decoration: line-through;
  }
  .mid .c-made,
  .mid .c-ends,
  .card .row.head,
  .card :is(.c-made, .count),
  .card .noted .c-scopes {
    display: none;
  }
  .card .frame:not(.state) {
    border: 0;
    background: none;
  }
  .card .row {
    display: grid;
    grid-template: 46px 38px 44px / 1fr 1fr 96px;
    gap: 0 12px;
    height: 146px;
    margin-bottom: 10px;
    padding: 8px 14px;
    border: 1px solid var(--cardea-border);
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-surface);
  }
  .card .c-name {
    grid-area: 1 / 1 / 1 / 3;
  }
  .card .c-acts {
    grid-area: 1 / 3;
  }
  .card .c-state {
    grid-area: 2 / 1;
  }
  .card .noted .c-state {
    grid-area: 2 / 1 / 2 / 4;
  }
  .card .c-scopes {
    grid-area: 2 / 2 / 2 / 4;
  }
  .card .c-usage {
    grid-area: 3 / 3;
  }
  .card .tag {
    display: block;
  }
  .state {
    display: grid;
    justify-items: center;
    gap: 14px;
    padding: 56px 24px;
    color: var(--cardea-muted);
    text-align: center;
    overflow-wrap: anywhere;
  }
  .toast {
    position: fixed;
    z-index: 20;
    inset: auto 16px 20px;
    width: fit-content;
    max-width: 560px;
    margin-inline: auto;
    padding: 10px 16px;
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-text);
    color: var(--cardea-bg);
    box-shadow: var(--cardea-shadow);
  }
`;
