// What the API says of webhook endpoints and what was sent to them (api/openapi.yaml).

export interface Webhook {
  id: string;
  account: string;
  url: string;
  events: string[];
  description: string;
  enabled: boolean;
  status: "enabled" | "disabled" | "stopped" | "deleted";
  stopped_because: string | null;
  failing_since: string | null;
  signature_header: string | null;
  secret_created_at: string;
  previous_secret_until: string | null;
  created_at: string;
  updated_at: string;
}

export interface WebhookMade extends Webhook {
  secret: string;
}

export interface Delivery {
  id: string;
  webhook: string;
  event: string;
  type: string;
  event_at: string;
  state: "queued" | "delivered" | "failed";
  attempts: number;
  next_attempt_at: string | null;
  ended_at: string | null;
  status: number | null;
  latency_ms: number;
  error: string | null;
}

export interface DeliveryWhole extends Delivery {
  log: { at: string; status: number | null; latency_ms: number; error: string | null }[];
  response: string | null;
  payload: unknown;
}
