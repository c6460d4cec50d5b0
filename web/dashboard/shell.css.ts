import { css } from "lit";

export const shellStyles = css`
  :host {
    display: block;
    min-height: 100vh;
    min-height: 100dvh;
    background: var(--cardea-bg);
  }
  .middle {
    display: grid;
    place-items: center;
    min-height: 100vh;
    min-height: 100dvh;
    padding: 24px 16px;
    background: var(--cardea-sunken);
  }
  .sheet {
    width: min(400px, 100%);
    padding: 32px;
    border: 1px solid var(--cardea-border);
    border-radius: 14px;
    background: var(--cardea-surface);
  }
  .sheet > p + h1,
  .sheet > h1 + p {
    margin-top: 6px;
  }
  .sheet .brand {
    margin-bottom: 18px;
  }
  .sheet cardea-login {
    margin-top: 22px;
  }
  .centre {
    text-align: center;
  }
  .centre .button {
    margin-top: 20px;
  }
  .mark {
    display: grid;
    place-items: center;
    width: 36px;
    height: 36px;
    border-radius: 10px;
    background: var(--cardea-accent);
    color: var(--cardea-on-accent);
    font-size: 18px;
    font-weight: 650;
  }
  aside {
    position: fixed;
    inset-block: 0;
    inset-inline-start: 0;
    width: 232px;
    border-inline-end: 1px solid var(--cardea-border);
    background: var(--cardea-sunken);
  }
  main {
    outline: none;
  }
  aside ~ main {
    min-height: 100vh;
    margin-inline-start: 232px;
  }
  .content {
    max-width: 1120px;
    margin: 0 auto;
    padding: 32px 32px 72px;
  }
  .bar {
    display: none;
  }
  .skip {
    position: fixed;
    z-index: 40;
    top: -60px;
    inset-inline-start: 12px;
  }
  .skip:focus {
    top: 12px;
  }
  .banner {
    display: flex;
    gap: 10px;
    padding: 10px 32px;
    background: var(--cardea-warn-soft);
    color: var(--cardea-warn);
  }
  .banner .i {
    margin-top: 2px;
  }
  .lost {
    max-width: 460px;
    margin: 12vh auto 0;
    text-align: center;
  }
  .lost p {
    margin: 8px 0 20px;
  }
  .waiting {
    display: grid;
    place-items: center;
    padding-top: 20vh;
  }
  .wheel {
    width: 22px;
    height: 22px;
    border: 2px solid var(--cardea-border);
    border-top-color: var(--cardea-link);
    border-radius: 50%;
    animation:
      turn 0.8s linear infinite,
      come 0.2s 0.3s backwards;
  }
  @keyframes turn {
    to {
      rotate: 1turn;
    }
  }
  @keyframes come {
    from {
      opacity: 0;
    }
  }
  .drawer {
    width: min(280px, 84vw);
    max-width: none;
    height: 100dvh;
    max-height: none;
    margin: 0;
    padding: 0;
    border: 0;
    border-inline-end: 1px solid var(--cardea-border);
    background: var(--cardea-sunken);
    color: inherit;
  }
  .drawer::backdrop {
    background: rgb(12 14 18 / 0.5);
  }
  .drawer > .icon {
    position: absolute;
    z-index: 1;
    top: 10px;
    inset-inline-end: 8px;
  }
  @media (max-width: 860px) {
    aside {
      display: none;
    }
    aside ~ main {
      margin: 0;
    }
    .bar {
      position: sticky;
      z-index: 5;
      top: 0;
      display: flex;
      align-items: center;
      gap: 6px;
      height: 52px;
      padding: 0 8px;
      border-bottom: 1px solid var(--cardea-border);
      background: var(--cardea-sunken);
      font-weight: 600;
    }
    .bar .icon {
      width: 40px;
      height: 40px;
      color: var(--cardea-text);
    }
    .content {
      padding: 20px 16px 64px;
    }
    .banner {
      padding-inline: 16px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .wheel {
      animation-duration: 3s, 0s;
    }
  }
`;
