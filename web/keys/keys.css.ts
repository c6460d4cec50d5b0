import { css } from "lit";
import { barStyles } from "./styles.css";

export const styles = css`
  ${barStyles}
  :host {
    display: block;
    position: relative;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: start;
    justify-content: space-between;
    gap: 12px 24px;
    margin-bottom: 20px;
  }
  .top > div {
    display: grid;
    gap: 4px;
    min-width: 0;
    flex: 1 1 260px;
  }
  .tools {
    display: flex;
    align-items: center;
    gap: 10px;
    margin-bottom: 12px;
  }
  .find {
    position: relative;
    flex: 0 1 300px;
    min-width: 0;
  }
  .find svg {
    position: absolute;
    inset-block: 0;
    inset-inline-start: 11px;
    margin-block: auto;
    color: var(--cardea-muted);
    pointer-events: none;
  }
  .find input:not([type="x"]) {
    padding-inline-start: 34px;
  }
  .tools select {
    width: auto;
    max-width: 50%;
  }
  .tools .count {
    margin-inline-start: auto;
    white-space: nowrap;
  }
  .frame {
    border: 1px solid var(--cardea-border);
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-surface);
  }
  .row {
    display: grid;
    grid-template-columns:
      minmax(0, 2.1fr) minmax(0, 1.7fr) 128px minmax(84px, 0.7fr) minmax(88px, 0.7fr) minmax(88px, 0.7fr) minmax(110px, 1fr)
      32px;
    column-gap: 20px;
    align-items: center;
    height: 64px;
    padding: 0 10px 0 18px;
    border-top: 1px solid var(--cardea-border);
  }
  .bare .row {
    grid-template-columns: minmax(0, 2.1fr) 128px repeat(3, minmax(88px, 0.7fr)) minmax(110px, 1.2fr) 32px;
  }
  .row > * {
    min-width: 0;
  }
  .row:not(.head):hover {
    background: var(--cardea-sunken);
  }
  .head {
    height: 38px;
    border: 0;
    color: var(--cardea-muted);
    font-size: 12.5px;
    font-weight: 500;
  }
  .c-name {
    display: grid;
    justify-items: start;
    gap: 1px;
  }
  .name {
    max-width: 100%;
    padding: 0;
    border: 0;
    background: none;
    font-weight: 500;
    text-align: start;
  }
  .name:hover {
    color: var(--cardea-link);
    text-decoration: underline;
  }
  .sub {
    max-width: 100%;
  }
  .scopes {
    display: flex;
    align-items: center;
    gap: 5px;
  }
  .scope {
    padding: 1px 7px;
    border-radius: 5px;
    background: var(--cardea-neutral-soft);
    color: var(--cardea-text);
    font-size: 12px;
  }
  .c-usage {
    display: flex;
    align-items: end;
    gap: 8px;
  }
  .head .c-usage {
    display: block;
  }
  .bars {
    flex: none;
    width: 88px;
  }
  .c-usage .count {
    line-height: 1;
    font-variant-numeric: tabular-nums;
  }
  time {
    display: block;
  }
  .tag {
    display: none;
  }
  .c-state {
    display: grid;
    justify-items: start;
    gap: 2px;
  }
  .aside {
    max-width: 100%;
  }
  .over :is(.name, time, .c-name code, .scope) {
    color: var(--cardea-muted);
  }
  .over .name {
    text-decoration: line-through;
    text-decoration-color: var(--cardea-border-strong);
  }
  .over .granted {
    opacity: 0.5;
  }
  .mid .row {
    grid-template-columns: minmax(0, 1.8fr) minmax(0, 1.5fr) 128px minmax(84px, 0.7fr) minmax(110px, 1fr) 32px;
    column-gap: 16px;
  }
  .mid.bare .row {
    grid-template-columns: minmax(0, 1.8fr) 128px minmax(84px, 0.7fr) minmax(88px, 0.7fr) minmax(110px, 1fr) 32px;
  }
  .mid .c-made,
  .mid:not(.bare) .c-ends {
    display: none;
  }
  .card .frame {
    border: 0;
    background: none;
  }
  .card .head,
  .card .c-made {
    display: none;
  }
  .card .row {
    grid-template: "name menu" 46px "state scopes" 38px "used ends" 44px / 1fr 1fr;
    align-items: center;
    gap: 0 12px;
    height: 146px;
    margin-bottom: 10px;
    padding: 8px 14px;
    border: 1px solid var(--cardea-border);
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-surface);
  }
  .card .c-name {
    grid-area: 1 / 1 / 2 / 3;
    margin-inline-end: 44px;
  }
  .card .c-menu {
    grid-area: 1 / 2;
    justify-self: end;
    margin-inline-end: -8px;
  }
  .card .c-state {
    grid-area: state;
  }
  .card .c-scopes {
    grid-area: scopes;
  }
  .card .c-usage {
    display: none;
  }
  .card .c-used {
    grid-area: used;
  }
  .card .c-ends {
    grid-area: ends;
  }
  .card .tag {
    display: block;
    color: var(--cardea-muted);
    font-size: 12px;
  }
  .card .aside {
    display: none;
  }
  .state {
    display: grid;
    justify-items: center;
    gap: 14px;
    padding: 56px 24px;
    text-align: center;
  }
  .state svg {
    color: var(--cardea-muted);
  }
  .state p {
    max-width: 46ch;
    overflow-wrap: anywhere;
  }
  .more {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 12px;
    min-height: 52px;
    padding: 8px;
    color: var(--cardea-muted);
  }
  .bone {
    width: 60%;
    height: 12px;
    border-radius: 6px;
    background: var(--cardea-neutral-soft);
    animation: wait 1.2s ease-in-out infinite alternate;
  }
  @keyframes wait {
    to {
      opacity: 0.45;
    }
  }
  .toast {
    position: fixed;
    z-index: 20;
    inset-block-end: 20px;
    inset-inline: 16px;
    display: flex;
    align-items: center;
    gap: 8px;
    width: fit-content;
    max-width: 560px;
    margin-inline: auto;
    padding: 8px 8px 8px 16px;
    border-radius: calc(var(--cardea-radius) + 2px);
    background: var(--cardea-text);
    color: var(--cardea-bg);
    box-shadow: var(--cardea-shadow);
    overflow-wrap: anywhere;
  }
  .toast .icon {
    color: inherit;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
    }
  }
  @media (max-width: 520px) {
    .top > .button {
      flex: 1;
    }
  }
`;
