import type { App } from "./app";
import type { Icon } from "./icons";
import type { StringKey } from "./strings";

/** A page: where it is, who has it, and the element that shows it, which is loaded when somebody goes there. */
export interface PageEntry {
  path: string;
  /** Its name in the navigation; a product may have its own for keys (`title`). */
  label: StringKey;
  icon: Icon;
  group: "build" | "watch" | "account" | "operate";
  /** Whether the product offers it, and the role may see it. */
  when: (app: App) => boolean;
  tag: string;
  load: () => Promise<unknown>;
  title?: (app: App) => string;
}

/** Pages of an account; an operator has them once an account is entered. */
const ofAccount =
  (rest: (app: App) => boolean) =>
  (app: App): boolean =>
    (!app.operator || app.account !== null) && rest(app);

const hasLegacy = (app: App): boolean => app.product.kinds.some((kind) => kind.legacy);

export const pages: PageEntry[] = [
  {
    path: "accounts",
    label: "nav.accounts",
    icon: "accounts",
    group: "operate",
    when: (app) => app.operator,
    tag: "cardea-page-accounts",
    load: () => import("./pages/accounts"),
  },
  {
    path: "keys",
    label: "nav.keys",
    title: (app) => app.product.keys.nav,
    icon: "key",
    group: "build",
    when: ofAccount(() => true),
    tag: "cardea-page-keys",
    load: () => import("./pages/keys"),
  },
  {
    path: "legacy",
    label: "nav.legacy",
    icon: "legacy",
    group: "build",
    when: ofAccount(hasLegacy),
    tag: "cardea-page-legacy",
    load: () => import("./pages/legacy"),
  },
  {
    path: "agents",
    label: "nav.agents",
    icon: "agents",
    group: "build",
    when: ofAccount((app) => app.product.offers.agents),
    tag: "cardea-page-agents",
    load: () => import("./pages/agents"),
  },
  {
    path: "policies",
    label: "nav.policies",
    icon: "policies",
    group: "build",
    when: ofAccount((app) => app.product.offers.policies),
    tag: "cardea-page-policies",
    load: () => import("./pages/policies"),
  },
  {
    path: "webhooks",
    label: "nav.webhooks",
    icon: "webhooks",
    group: "build",
    when: ofAccount((app) => app.product.offers.webhooks && app.can("manage")),
    tag: "cardea-page-webhooks",
    load: () => import("./pages/webhooks"),
  },
  {
    path: "usage",
    label: "nav.usage",
    icon: "usage",
    group: "watch",
    when: () => true, // an operator who has entered no account sees the sums of all
    tag: "cardea-page-usage",
    load: () => import("./pages/usage"),
  },
  {
    path: "audit",
    label: "nav.audit",
    icon: "audit",
    group: "watch",
    // An operator who has entered no account reads the log of all.
    when: (app) => app.operator || app.can("manage"),
    tag: "cardea-page-audit",
    load: () => import("./pages/audit"),
  },
  {
    path: "members",
    label: "nav.members",
    icon: "members",
    group: "account",
    when: ofAccount((app) => app.can("manage")),
    tag: "cardea-page-members",
    load: () => import("./pages/members"),
  },
  {
    path: "settings",
    label: "nav.settings",
    icon: "settings",
    group: "account",
    when: () => true,
    tag: "cardea-page-settings",
    load: () => import("./pages/settings"),
  },
];

/** What a page is called in addresses: a product names its keys' page itself. */
export const pathOfPage = (entry: PageEntry, app: App): string => (entry.path === "keys" ? app.product.keys.path : entry.path);

/** First after log-in. */
export const homePage = (app: App): PageEntry | undefined => pages.find((entry) => entry.when(app));

export const findPage = (name: string, app: App): PageEntry | undefined =>
  pages.find((entry) => entry.when(app) && (name === entry.path || name === pathOfPage(entry, app)));

export const titleOfPage = (entry: PageEntry, app: App): string => entry.title?.(app) ?? app.t(entry.label);
