import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { Page, Query } from "../common/api";
import type { App } from "./app";

/** A list that comes page by page. What was loaded stays when the next page, or a refresh, does not come. */
export class List<T> implements ReactiveController {
  items: T[] = [];
  loading = false;
  loaded = false;
  error: unknown = null;
  private next: string | null = null;
  private turn = 0;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly source: () => { app: App; path: string; query?: Query; keep?: (item: T) => boolean },
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    // loading begins when the page knows where it is
  }

  get hasMore(): boolean {
    return this.next !== null;
  }

  get empty(): boolean {
    return this.loaded && !this.error && this.items.length === 0 && !this.hasMore;
  }

  async load(): Promise<void> {
    await this.ask(null);
  }

  async more(): Promise<void> {
    if (this.next !== null && !this.loading) await this.ask(this.next);
  }

  private async ask(cursor: string | null): Promise<void> {
    const turn = ++this.turn;
    const { app, path, query, keep } = this.source();
    this.loading = true;
    this.error = null;
    this.host.requestUpdate();
    try {
      const page = await app.api.get<Page<T>>(path, { limit: 100, ...query, cursor });
      if (turn !== this.turn) return; // another question was asked meanwhile
      const items = keep ? page.data.filter(keep) : page.data;
      this.items = cursor ? [...this.items, ...items] : items;
      this.next = page.next_cursor;
      this.loaded = true;
    } catch (error) {
      if (turn !== this.turn) return;
      this.error = error;
    }
    this.loading = false;
    this.host.requestUpdate();
  }
}
