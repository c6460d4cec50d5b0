// A client of the native API. Its errors are the API's own (problem+json), so that a page can say what went wrong and
// how to mend it in the words of whoever refused.

export interface FieldProblem {
  location: string;
  message: string;
  fix?: string;
}

/** What the API refused, or, with status 0, a request that never got an answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: FieldProblem[] = [],
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }

  /** What is wrong with one member of the body that was sent. */
  field(name: string): FieldProblem | undefined {
    return this.errors.find((e) => `${e.location}/`.startsWith(`/${name}/`)); // a JSON pointer
  }
}

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** What a team's backend got from POST /v1/client-sessions: whole, or the secret alone. */
export type ClientSecret = string | { client_secret: string; expires_at?: string; capabilities?: string[] };

export type Query = Record<string, string | number | null | undefined>;

export interface ApiOptions {
  /** Where v1/… lies; relative to the page's base. */
  base?: string;
  /** Without it the page's own cookie is what authenticates. */
  fetchClientSecret?: (() => Promise<ClientSecret>) | null;
  /** A session ended and cannot be renewed here. Resolves to true when somebody has logged in again meanwhile. */
  onExpired?: () => Promise<boolean>;
}

export interface Sent {
  query?: Query;
  body?: unknown;
  idempotencyKey?: string;
  /** In place of our own patience. */
  signal?: AbortSignal;
}

const PATIENCE_MS = 30_000;

export class Api {
  capabilities: string[] | null = null;
  #secret: Promise<string> | null = null;
  #renewed: Promise<boolean> | null = null;

  constructor(private readonly options: ApiOptions = {}) {}

  get<T>(path: string, query?: Query): Promise<T> {
    return this.send<T>("GET", path, { query });
  }
  post<T>(path: string, body: unknown = {}, more: Sent = {}): Promise<T> {
    return this.send<T>("POST", path, { body, ...more });
  }
  put<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>("PUT", path, { body });
  }
  patch<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>("PATCH", path, { body });
  }
  delete<T>(path: string, more: Sent = {}): Promise<T> {
    return this.send<T>("DELETE", path, more);
  }

  /** Sends a request; once more when the session had ended and could be renewed. */
  async send<T>(method: string, path: string, sent: Sent = {}): Promise<T> {
    try {
      return await this.#once<T>(method, path, sent);
    } catch (error) {
      if ((error as ApiError).status !== 401 || !(await this.#renew())) throw error;
      return this.#once<T>(method, path, sent);
    }
  }

  url(path: string, query: Query = {}): URL {
    const base = new URL((this.options.base || ".").replace(/\/?$/, "/"), document.baseURI);
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query)) if (value || value === 0) url.searchParams.set(name, String(value));
    return url;
  }

  /** Requests that found the session ended at the same time wait for one renewal. */
  #renew(): Promise<boolean> {
    const { fetchClientSecret, onExpired } = this.options;
    this.#secret = null;
    this.#renewed ??= (fetchClientSecret ? this.#bearer().then(Boolean) : (onExpired?.() ?? Promise.resolve(false))).finally(
      () => (this.#renewed = null),
    );
    return this.#renewed;
  }

  #bearer(): Promise<string> {
    this.#secret ??= this.options.fetchClientSecret!().then(
      (made) => {
        if (typeof made === "string") return made;
        this.capabilities = made.capabilities ?? null;
        return made.client_secret;
      },
      (error: unknown) => {
        this.#secret = null;
        throw new ApiError(401, "", String(error));
      },
    );
    return this.#secret;
  }

  async #once<T>(method: string, path: string, { query, body, idempotencyKey, signal }: Sent): Promise<T> {
    const headers = new Headers({ Accept: "application/json" });
    const byCookie = !this.options.fetchClientSecret;
    if (!byCookie) headers.set("Authorization", `Bearer ${await this.#bearer()}`);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    if (idempotencyKey) headers.set("Idempotency-Key", idempotencyKey);
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(this.url(path, query), {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        credentials: byCookie ? "same-origin" : "omit",
        cache: "no-store",
        signal: signal ?? AbortSignal.timeout(PATIENCE_MS),
      });
      text = await answer.text();
    } catch {
      throw new ApiError(0, "unreachable", "");
    }
    const told = parse(text);
    if (answer.ok) return told as T;
    const { code = "", detail = "", errors = [] } = told as { code?: string; detail?: string; errors?: FieldProblem[] };
    throw new ApiError(answer.status, code, detail, errors, told);
  }
}

/** Not every answer is the API's: a proxy in between may give HTML. */
function parse(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}

/** Path segments may be what people typed. */
export function path(strings: TemplateStringsArray, ...values: string[]): string {
  return String.raw({ raw: strings }, ...values.map(encodeURIComponent));
}

/** For Idempotency-Key. crypto.randomUUID is there with TLS alone, and a development host may lack that. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
