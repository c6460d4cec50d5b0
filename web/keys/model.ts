// What the API tells of a product and of its keys, and what this page makes of it.

export interface Scope {
  name: string;
  description: string;
}

export interface Kind {
  name: string;
  title: string;
  legacy: boolean;
  agent: boolean;
  root_only: boolean;
  replaces_previous: boolean;
  follows_role: boolean;
  server_side_only: boolean;
  max_active: number | null;
  default_ttl_sec: number | null;
  max_ttl_sec: number | null;
  rotate_every_sec: number | null;
  overlap_sec: number;
  scopes: { selectable: boolean; required: boolean; allowed: string[]; granted: string[] };
}

/** GET v1/product */
export interface Product {
  name: string;
  title: string;
  operator: boolean;
  color: string | null;
  keys: { path: string; nav: string; title: string; noun: string };
  default_kind: string;
  kinds: Kind[];
  scopes: Scope[];
  offers: Record<string, boolean>;
  cli: { name: string; env: string } | null;
  /** Requests to try a key with, one for each scope that has one. */
  examples: { method: string; url: string; scope: string | null }[];
}

export interface Key {
  id: string;
  key?: string;
  prefix: string;
  name: string;
  kind: string;
  legacy: boolean;
  account: string;
  scopes: string[];
  status: "active" | "disabled" | "expired" | "revoked";
  enabled: boolean;
  disabled_reason: string | null;
  agent: string | null;
  user: string | null;
  created_at: string;
  expires_at: string | null;
  rotation_due_at: string | null;
  reminder: "expiring" | "rotation_due" | null;
  last_used_at: string | null;
  use_count: number;
  denial_count: number;
  ip_allow: string[];
  rate_limit: { limit: number; window_sec: number } | null;
  credits: number | null;
  revoked_at: string | null;
  revoke_reason: string | null;
  rotated_to: string | null;
  rotated_from: string | null;
}

export interface Agent {
  id: string;
  slug: string;
  name: string;
  status: string;
}

/** Who looks at the page, as GET v1/sessions/current tells. Null: we do not know, and leave it to the API to refuse. */
export interface Viewer {
  role: "owner" | "admin" | "member" | "viewer" | "operator" | "none" | null;
  user?: string | null;
  account_slug?: string;
}

export type State = "active" | "expiring" | "rotation_due" | "replaced" | "disabled" | "expired" | "revoked";

/** What is most worth knowing of a key. */
export function stateOf(key: Key): State {
  if (key.status !== "active") return key.status;
  if (key.rotated_to) return "replaced";
  return key.reminder ?? "active";
}

export const tone: Record<State, "ok" | "warn" | "bad" | ""> = {
  active: "ok",
  expiring: "warn",
  rotation_due: "warn",
  replaced: "",
  disabled: "",
  expired: "bad",
  revoked: "bad",
};

export function isOver(key: Key): boolean {
  return key.status === "revoked" || key.status === "expired";
}

export const filters = ["all", "active", "attention", "disabled", "ended"] as const;
export type Filter = (typeof filters)[number];

export function matches(key: Key, filter: Filter, words: string): boolean {
  const state = stateOf(key);
  const groups: Record<Filter, boolean> = {
    all: true,
    active: key.status === "active",
    attention: tone[state] === "warn",
    disabled: state === "disabled",
    ended: isOver(key),
  };
  return groups[filter] && [key.name, key.prefix, key.id].some((text) => text.toLowerCase().includes(words.trim().toLowerCase()));
}

export function kindOf(product: Product, key: Key): Kind | undefined {
  return product.kinds.find((kind) => kind.name === key.kind);
}

/** Kinds of which this person makes keys here. */
export function makeable(product: Product, { role }: Viewer): Kind[] {
  return product.kinds.filter((kind) => !kind.legacy && !kind.root_only && role !== "none" && (role !== "viewer" || kind.follows_role));
}

/** What the API would let this person do. */
export function mayChange({ role, user }: Viewer, key: Key): boolean {
  return role !== "none" && role !== "viewer" && (role !== "member" || key.user === user);
}

/** The scopes that a key of this kind may be given, in the product's order. */
export function choosable(product: Product, kind: Kind): Scope[] {
  if (!kind.scopes.selectable) return [];
  const { allowed } = kind.scopes;
  return product.scopes.filter((scope) => !allowed.length || allowed.includes(scope.name));
}

const READING = /(^|[:._-])(read|list|view|get|search)$/;
export function readsOnly(scope: Scope): boolean {
  return READING.test(scope.name);
}

/** Each scope that there is, or a wildcard for them. */
export function hasAll(product: Product, scopes: string[]): boolean {
  return scopes.includes("*") || (product.scopes.length > 1 && product.scopes.every((scope) => scopes.includes(scope.name)));
}

/** Somebody may depend on it: within a day. */
export function usedLately(key: Key, now = Date.now()): boolean {
  return key.last_used_at !== null && now - Date.parse(key.last_used_at) < 86_400_000;
}
