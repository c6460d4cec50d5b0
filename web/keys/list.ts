// The keys as far as they are loaded: pages by cursor, newest first, and one answer with the usage of all of them.
import { ApiError, path, type Api, type Page, type Query } from "../common/api";
import type { Key } from "./model";

export const DAYS = 30;
const DAY_MS = 86_400_000;
const FIRST = 50; // what is seen at once; then as much as a page may hold
const FURTHER = 200;

/** Per day, the oldest first. */
export interface Usage {
  granted: number[];
  refused: number[];
}

interface UsageRow {
  time: string;
  key_id: string;
  granted: number;
  refused: number;
}

export class KeyList {
  keys: Key[] = [];
  loaded = false;
  complete = false;
  loading = false;
  error: unknown = null;
  /** Null: not there (yet), for instance because there are too many keys for one answer. */
  usage: Map<string, Usage> | null = null;
  #cursor: string | null = null;

  constructor(
    private readonly api: Api,
    private readonly of: Query,
    private readonly changed: () => void,
  ) {}

  /** The next page, or the first. Failing is no reason to throw: `error` says so, and a further call tries again. */
  async more(): Promise<void> {
    if (this.loading || this.complete) return;
    this.loading = true;
    this.changed();
    try {
      const limit = this.loaded ? FURTHER : FIRST;
      const page = await this.api.get<Page<Key>>("v1/keys", { ...this.of, limit, cursor: this.#cursor });
      this.keys = [...this.keys, ...page.data];
      this.#cursor = page.next_cursor;
      this.complete = !page.next_cursor;
      this.loaded = true;
      this.error = null;
    } catch (error) {
      this.error = error;
    }
    this.loading = false;
    this.changed();
  }

  /** What others changed meanwhile, as far as the first page shows it. */
  async again(): Promise<void> {
    if (!this.loaded || this.loading) return;
    try {
      const page = await this.api.get<Page<Key>>("v1/keys", this.of);
      for (const key of page.data.reverse()) this.put(key);
    } catch {
      // Nobody asked for it, and what is shown stands.
    }
  }

  /** A key as it is now; null when it is no more. */
  async refresh(id: string): Promise<Key | null> {
    try {
      const key = await this.api.get<Key>(path`v1/keys/${id}`);
      this.put(key);
      return key;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.keys = this.keys.filter((key) => key.id !== id);
      this.changed();
      return null;
    }
  }

  put(key: Key): void {
    const { key: _secret, ...rest } = key; // never kept beside what is shown
    const known = this.keys.some((other) => other.id === rest.id);
    this.keys = known ? this.keys.map((other) => (other.id === rest.id ? rest : other)) : [rest, ...this.keys];
    this.changed();
  }

  async readUsage(): Promise<void> {
    try {
      this.usage = await this.#ask({ ...this.of });
    } catch {
      this.usage = null; // the list says enough without
    }
    this.changed();
  }

  /** One key's, where there are too many for one answer. */
  async usageOf({ id }: Key): Promise<Usage | undefined> {
    const usage = this.usage ?? (await this.#ask({ ...this.of, key: id }).catch(() => null));
    return usage?.get(id);
  }

  async #ask(of: Query): Promise<Map<string, Usage>> {
    const today = Math.floor(Date.now() / DAY_MS);
    const from = new Date((today - DAYS + 1) * DAY_MS).toISOString().slice(0, 10);
    const answer = await this.api.get<{ data: UsageRow[] }>("v1/usage", { ...of, from, by: "day,key" });
    const found = new Map<string, Usage>();
    for (const row of answer.data) {
      const day = Math.floor(Date.parse(row.time) / DAY_MS) - today + DAYS - 1;
      let usage = found.get(row.key_id);
      if (!usage) found.set(row.key_id, (usage = { granted: Array<number>(DAYS).fill(0), refused: Array<number>(DAYS).fill(0) }));
      if (day < 0 || day >= DAYS) continue;
      usage.granted[day]! += row.granted;
      usage.refused[day]! += row.refused;
    }
    return found;
  }
}
