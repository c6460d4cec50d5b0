import { css } from "lit";

export const navStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100%;
    min-height: 0;
  }
  .top {
    display: grid;
    gap: 14px;
    padding: 18px 12px 10px;
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 0 8px;
    color: var(--cardea-text);
    font-size: 15px;
    font-weight: 600;
    letter-spacing: -0.01em;
    text-decoration: none;
  }
  .mark {
    display: grid;
    place-items: center;
    flex: none;
    width: 26px;
    height: 26px;
    border-radius: 7px;
    background: var(--cardea-accent);
    color: var(--cardea-on-accent);
    font-size: 14px;
    font-weight: 650;
  }
  cardea-dropdown {
    display: block;
  }
  .account {
    display: flex;
    flex: 1;
    align-items: center;
    justify-content: space-between;
    gap: 8px;
    min-width: 0;
    padding: 2px 4px;
    font-weight: 500;
    text-align: start;
  }
  .account.one {
    display: block;
    padding: 0 8px;
  }
  .account .i {
    color: var(--cardea-muted);
  }
  .entered {
    display: grid;
    gap: 4px;
  }
  .entered a {
    display: flex;
    align-items: center;
    gap: 6px;
    padding: 0 8px;
  }
  nav {
    flex: 1;
    min-height: 0;
    padding: 4px 12px;
    overflow-y: auto;
  }
  nav h2 {
    padding: 14px 8px 4px;
    color: var(--cardea-muted);
    font-size: 12px;
    font-weight: 500;
    letter-spacing: 0;
  }
  nav a {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 34px;
    padding: 4px 8px;
    border-radius: 7px;
    color: var(--cardea-text);
    text-decoration: none;
  }
  nav li + li {
    margin-top: 1px;
  }
  nav a .i {
    color: var(--cardea-muted);
  }
  nav a:hover {
    background: var(--cardea-neutral-soft);
  }
  nav a[aria-current] {
    background: var(--cardea-neutral-soft);
    font-weight: 600;
  }
  nav a[aria-current] .i {
    color: var(--cardea-link);
  }
  .bottom {
    padding: 10px 12px 14px;
    border-top: 1px solid var(--cardea-border);
  }
  .person {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 10px;
    min-width: 0;
    text-align: start;
    font-weight: 500;
  }
  .face {
    display: grid;
    place-items: center;
    flex: none;
    width: 30px;
    height: 30px;
    border: 1px solid var(--cardea-border);
    border-radius: 50%;
    background: var(--cardea-surface);
    color: var(--cardea-text);
    font-size: 13px;
    font-weight: 600;
    text-transform: uppercase;
  }
  small {
    display: block;
    color: var(--cardea-muted);
    font-size: 12px;
    font-weight: 400;
  }
  @media (pointer: coarse) {
    nav a {
      min-height: 44px;
    }
  }
`;
