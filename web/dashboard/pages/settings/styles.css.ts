import { css } from "lit";

export const settingsStyles = css`
  input.sr {
    width: 1px !important;
    min-height: 0 !important;
    padding: 0 !important;
    border: 0 !important;
  }
  section.card {
    display: grid;
    grid-template-columns: minmax(160px, 1fr) minmax(0, 2fr);
    gap: 24px;
    padding: 24px;
  }
  section > div:last-child,
  form {
    display: grid;
    gap: 18px;
    min-width: 0;
  }
  form {
    max-width: 420px;
  }
  .facts {
    display: grid;
    gap: 10px;
  }
  .facts > div {
    display: grid;
    grid-template-columns: 120px minmax(0, 1fr);
    gap: 12px;
  }
  .facts dt {
    color: var(--cardea-muted);
  }
  .facts dd {
    overflow-wrap: anywhere;
  }
  .facts .hint {
    display: block;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  .row .choice {
    font-weight: 400;
  }
  @media (max-width: 720px) {
    section.card {
      grid-template-columns: minmax(0, 1fr);
      gap: 16px;
      padding: 18px 16px;
    }
    .facts > div {
      grid-template-columns: 96px minmax(0, 1fr);
    }
  }
`;
