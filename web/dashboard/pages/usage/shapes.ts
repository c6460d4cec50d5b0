// What the API says of usage and of a month's statement (api/openapi.yaml).

export interface UsageRow {
  time?: string;
  account?: string;
  key_id?: string;
  outcome?: string;
  route_group?: string | null;
  granted: number;
  refused: number;
  credits: number;
}

export interface Usage {
  from: string;
  to: string;
  data: UsageRow[];
}

export interface Refill {
  credits: number;
  every: "day" | "month";
  next_at: string;
}

export interface StatementKey {
  key_id: string;
  prefix: string;
  name: string;
  kind: string;
  credits_left: number | null;
  refill: Refill | null;
  granted: number;
  refused: number;
  credits: number;
}

export interface Statement {
  account: string;
  name: string;
  month: string;
  from: string;
  to: string;
  granted: number;
  refused: number;
  credits: number;
  keys: StatementKey[];
  route_groups: { route_group: string | null; granted: number }[];
}
