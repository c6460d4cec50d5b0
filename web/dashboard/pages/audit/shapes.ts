// What the API says of the audit log (api/openapi.yaml).

export interface AuditRecord {
  index: number;
  time: string;
  action: string;
  actor: string;
  actor_key: string | null;
  subject: string;
  account: string | null;
  address: string | null;
  address_salt: string | null;
  source: string | null;
  detail: Record<string, unknown>;
}

export interface Checkpoint {
  origin: string;
  size: number;
  root_hash: string;
  signed_at: string;
  checkpoint: string;
  key: string;
}

export interface Change {
  name: string;
  before: unknown;
  after: unknown;
}

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);

/** Member by member what a change changed. */
export function changesIn(detail: Record<string, unknown>): Change[] {
  const before = isObject(detail["before"]) ? detail["before"] : {};
  const after = isObject(detail["after"]) ? detail["after"] : {};
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].map((name) => ({ name, before: before[name], after: after[name] }));
}

/** The rest of what there is to say. */
export function restOf(detail: Record<string, unknown>): [string, unknown][] {
  return Object.entries(detail).filter(([name]) => name !== "before" && name !== "after");
}

/** A verifier key is NAME+ID+BASE64: the id is what checkpoints and lines name it by. */
export function keyId(key: string): string {
  return key.split("+")[1] ?? "";
}
