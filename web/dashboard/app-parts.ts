import { Api, ApiError, type Sent } from "../common/api";

/* What a browser remembers for us. */

export const kept = (name: string): string | null => {
  try {
    return localStorage.getItem(`cardea.${name}`);
  } catch {
    return null; // a browser that keeps nothing
  }
};
export const keep = (name: string, value: string): void => {
  try {
    localStorage.setItem(`cardea.${name}`, value);
  } catch {
    // it lasts as long as the page, then
  }
};

/** Tells whether the server was reached. */
export class WatchedApi extends Api {
  constructor(
    options: ConstructorParameters<typeof Api>[0],
    private readonly reached: (yes: boolean) => void,
  ) {
    super(options);
  }

  override async send<T>(method: string, path: string, sent?: Sent): Promise<T> {
    try {
      const answer = await super.send<T>(method, path, sent);
      this.reached(true);
      return answer;
    } catch (error) {
      if (!sent?.signal?.aborted) this.reached(!(error instanceof ApiError) || error.status !== 0);
      throw error;
    }
  }
}
