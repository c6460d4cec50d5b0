export type Role = "owner" | "admin" | "member" | "viewer";

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
}

/** All that a page needs to know of a product: `GET v1/product`. An operator's own place has `operator` and little else. */
export interface Product {
  name: string;
  title: string;
  operator: boolean;
  color: string | null;
  keys: { path: string; nav: string; title: string; noun: string };
  default_kind: string;
  kinds: Kind[];
  scopes: { name: string; description: string }[];
  offers: { agents: boolean; messages: boolean; policies: boolean; webhooks: boolean; billing: boolean; logs: boolean; reference: boolean };
}

export interface Session {
  operator: boolean;
  id: string | null;
  user: string | null;
  email: string | null;
  name: string | null;
  account: string | null;
  account_slug: string | null;
  account_name: string | null;
  profile: string | null;
  role: Role | "operator";
  expires_at: string;
  /** An operator's: those that accounts may be of. */
  products?: { name: string; title: string }[];
}

export interface Account {
  id: string;
  profile: string;
  slug: string;
  name: string;
  status: "active" | "suspended";
  created_at: string;
}

/** An account that somebody may choose at log-in or change to. */
export interface Choice {
  id: string;
  slug: string;
  name?: string;
  profile: string;
  role: Role;
}
