import { path } from "../../../common/api";
import type { App } from "../../app";

interface Named {
  id: string;
  name: string;
  prefix: string;
}

/** Asked for one by one: an account may have ten thousand keys, and a chart shows a few. */
const MOST = 24;

/** What keys are called, by their ids; whoever may not see one gets its id. */
export class KeyNames {
  private readonly names = new Map<string, string>();

  of(id: string): string {
    return this.names.get(id) ?? id;
  }

  async learn(app: App, ids: readonly string[]): Promise<void> {
    const unknown = ids.filter((id) => id.startsWith("key_") && !this.names.has(id)).slice(0, MOST);
    await Promise.all(
      unknown.map(async (id) => {
        try {
          const key = await app.api.get<Named>(path`keys/${id}`, app.accountQuery);
          this.names.set(id, key.name ? `${key.name} (${key.prefix}…)` : `${key.prefix}…`);
        } catch {
          this.names.set(id, id);
        }
      }),
    );
  }
}
