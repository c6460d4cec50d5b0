// What buttons, fields and small signs look like, everywhere.
import { css } from "lit";

export const base = css`
  :host {
    font: 14px/1.45 var(--cardea-font);
    color: var(--cardea-text);
    text-align: start;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p {
    margin: 0;
  }
  h1,
  h2 {
    font-size: 20px;
    line-height: 1.3;
    font-weight: 600;
  }
  h3 {
    font-size: 14px;
    font-weight: 600;
  }
  a {
    color: var(--cardea-link);
  }
  code,
  .mono {
    font-family: var(--cardea-mono);
    font-size: 12.5px;
  }
  .muted {
    color: var(--cardea-muted);
  }
  .small {
    font-size: 13px;
  }
  .cut {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    unicode-bidi: isolate;
  }
  .sr {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  :focus-visible {
    outline: 2px solid var(--cardea-link);
    outline-offset: 2px;
  }
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
    margin: 0;
  }
  button {
    cursor: pointer;
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-height: 36px;
    padding: 0 14px;
    border: 1px solid var(--cardea-border);
    border-radius: var(--cardea-radius);
    background: var(--cardea-surface);
    font-weight: 500;
    white-space: nowrap;
    text-decoration: none;
    color: var(--cardea-text);
  }
  .button:hover:not(:disabled, .primary, .danger) {
    background: var(--cardea-neutral-soft);
  }
  .button.primary {
    border-color: transparent;
    background: var(--cardea-accent);
    color: var(--cardea-on-accent);
  }
  .button.danger {
    border-color: transparent;
    background: var(--cardea-danger);
    color: #fff;
  }
  .button.primary:hover:not(:disabled),
  .button.danger:hover:not(:disabled) {
    filter: brightness(1.08);
  }
  .button:disabled {
    opacity: 0.55;
    cursor: default;
  }
  .icon {
    display: inline-grid;
    place-items: center;
    flex: none;
    width: 32px;
    height: 32px;
    padding: 0;
    border: 0;
    border-radius: 6px;
    background: none;
    color: var(--cardea-muted);
  }
  .icon:hover {
    background: var(--cardea-neutral-soft);
    color: var(--cardea-text);
  }
  .link {
    padding: 0;
    border: 0;
    background: none;
    color: var(--cardea-link);
    font-weight: 500;
  }
  .link:hover {
    text-decoration: underline;
  }
  .field {
    display: grid;
    gap: 6px;
  }
  label,
  legend,
  .label {
    font-weight: 500;
    padding: 0;
  }
  fieldset {
    border: 0;
    margin: 0;
    padding: 0;
    min-width: 0;
  }
  input:not([type="checkbox"], [type="radio"]),
  select,
  textarea {
    width: 100%;
    min-height: 36px;
    padding: 6px 10px;
    border: 1px solid var(--cardea-border-strong);
    border-radius: var(--cardea-radius);
    background: var(--cardea-bg);
  }
  select {
    appearance: none;
    padding-inline-end: 30px;
    background: var(--cardea-bg)
      url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='10' height='6' fill='none' stroke='%23808794' stroke-width='1.6'%3E%3Cpath d='m1 1 4 4 4-4'/%3E%3C/svg%3E")
      no-repeat right 11px center;
  }
  input::placeholder {
    color: var(--cardea-muted);
    opacity: 1;
  }
  input:focus-visible,
  select:focus-visible,
  textarea:focus-visible {
    outline-offset: -1px;
  }
  input[type="checkbox"],
  input[type="radio"] {
    flex: none;
    width: 16px;
    height: 16px;
    margin: 2px 0 0;
    accent-color: var(--cardea-accent);
  }
  [aria-invalid="true"] {
    border-color: var(--cardea-danger) !important;
  }
  .wrong {
    color: var(--cardea-danger-text);
    font-size: 13px;
  }
  .note {
    display: grid;
    gap: 4px;
    padding: 10px 12px;
    border-radius: var(--cardea-radius);
    background: var(--cardea-neutral-soft);
    overflow-wrap: anywhere;
  }
  .note.warn {
    background: var(--cardea-warn-soft);
    color: var(--cardea-warn);
  }
  .note.bad {
    background: var(--cardea-danger-soft);
    color: var(--cardea-danger-text);
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    max-width: 100%;
    padding: 1px 8px;
    border-radius: 20px;
    background: var(--cardea-neutral-soft);
    color: var(--cardea-muted);
    font-size: 12.5px;
    font-weight: 500;
    white-space: nowrap;
  }
  .badge.ok {
    background: var(--cardea-ok-soft);
    color: var(--cardea-ok);
  }
  .badge.warn {
    background: var(--cardea-warn-soft);
    color: var(--cardea-warn);
  }
  .badge.bad {
    background: var(--cardea-danger-soft);
    color: var(--cardea-danger-text);
  }
  @media (pointer: coarse) {
    .button,
    input:not([type="checkbox"], [type="radio"]),
    select {
      min-height: 44px;
      font-size: 16px; /* smaller ones make iOS zoom in */
    }
    .icon {
      width: 44px;
      height: 44px;
    }
  }
`;
