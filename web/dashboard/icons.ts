import { svg, html, type TemplateResult } from "lit";

/** Lines of 16 by 16, drawn with the colour of the text beside them. */
const shapes = {
  key: svg`<circle cx="5" cy="11" r="3"/><path d="m7.2 8.8 6.3-6.3M11 5l2 2M9 7l1.5 1.5"/>`,
  legacy: svg`<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>`,
  agents: svg`<rect x="2.5" y="5" width="11" height="8" rx="2"/><path d="M8 5V2.5M5.8 8.5v1M10.2 8.5v1"/>`,
  members: svg`<circle cx="6" cy="5.5" r="2.5"/><path d="M1.5 13.5c.3-2.6 2-4 4.5-4s4.2 1.4 4.5 4M10.5 3.2a2.5 2.5 0 0 1 0 4.6M12 9.8c1.4.5 2.3 1.8 2.5 3.7"/>`,
  policies: svg`<path d="M8 1.5 13.5 3.5v4c0 3.3-2.2 5.7-5.5 7-3.3-1.3-5.5-3.7-5.5-7v-4zM5.5 8l1.8 1.8 3.2-3.4"/>`,
  webhooks: svg`<circle cx="4" cy="11.5" r="2"/><circle cx="12" cy="11.5" r="2"/><circle cx="8" cy="4" r="2"/><path d="M7 5.8 5 9.8M9 5.8l2 4M6 11.5h4"/>`,
  audit: svg`<path d="M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3M6 8h4M6 11h4"/>`,
  usage: svg`<path d="M2 14h12M4 11.5v-4M8 11.5v-8M12 11.5v-6"/>`,
  settings: svg`<path d="M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6"/><circle cx="10" cy="4.5" r="2"/><circle cx="6" cy="11.5" r="2"/>`,
  accounts: svg`<path d="M2.5 14V3.5L8 1.5v12.5M8 6l5.5 1.5V14M1.5 14h13M5 5.5v.5M5 8.5V9M5 11.5v.5"/>`,
  menu: svg`<path d="M2 4h12M2 8h12M2 12h12"/>`,
  close: svg`<path d="m3.5 3.5 9 9M12.5 3.5l-9 9"/>`,
  chevron: svg`<path d="m4.5 6.5 3.5 3.5 3.5-3.5"/>`,
  updown: svg`<path d="m5 6 3-3 3 3M5 10l3 3 3-3"/>`,
  check: svg`<path d="m3 8.5 3.5 3.5L13 4.5"/>`,
  more: svg`<circle cx="3" cy="8" r=".8"/><circle cx="8" cy="8" r=".8"/><circle cx="13" cy="8" r=".8"/>`,
  plus: svg`<path d="M8 3v10M3 8h10"/>`,
  logout: svg`<path d="M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3"/>`,
  alert: svg`<path d="M8 1.8 15 14H1zM8 6.5v3.5M8 11.8v.4"/>`,
  offline: svg`<path d="M2 2l12 12M1.5 6a10 10 0 0 1 3-1.9M14.5 6A9.5 9.5 0 0 0 7 3.3M4 8.7a6 6 0 0 1 3-1.6M12 8.7l-1-.8M6.3 11.2a2.5 2.5 0 0 1 3.4 0"/>`,
  arrow: svg`<path d="M3 8h10M9 4l4 4-4 4"/>`,
  back: svg`<path d="M13 8H3M7 4 3 8l4 4"/>`,
  search: svg`<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>`,
  eye: svg`<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="2"/>`,
  inbox: svg`<path d="M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5l1 1.5h3l1-1.5H14"/>`,
  copy: svg`<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5v-3h-8v8h3"/>`,
  book: svg`<path d="M8 4c-1.5-1.2-3.5-1.5-6-1.5v10c2.5 0 4.5.3 6 1.5 1.5-1.2 3.5-1.5 6-1.5v-10c-2.5 0-4.5.3-6 1.5zM8 4v10"/>`,
} as const;

export type Icon = keyof typeof shapes;

export const icon = (name: Icon): TemplateResult =>
  html`<svg
    class="i"
    viewBox="0 0 16 16"
    width="16"
    height="16"
    fill="none"
    stroke="currentColor"
    stroke-width="1.5"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${shapes[name]}
  </svg>`;
