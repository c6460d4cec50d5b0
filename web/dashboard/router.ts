/** Where somebody is: an account that an operator has entered, a page, and what stands behind it. */
export interface Place {
  /** Of `accounts/ACC/…`; empty for everybody else. */
  account: string;
  page: string;
  rest: string[];
}

/** The path beneath the base, without slashes at its ends. */
export function pathOf(url: URL, base: URL): string {
  const path = url.pathname.startsWith(base.pathname) ? url.pathname.slice(base.pathname.length) : "";
  return path.replace(/\/+$/, "");
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // a lone % is a name that there is not
  }
}

export function placeOf(path: string, operator: boolean): Place {
  const parts = path.split("/").filter(Boolean).map(decode);
  if (operator && parts[0] === "accounts" && parts.length > 2)
    return { account: parts[1] ?? "", page: parts[2] ?? "", rest: parts.slice(3) };
  return { account: "", page: parts[0] ?? "", rest: parts.slice(1) };
}

interface Step {
  at: number;
}

/**
 * Real paths with the history of the browser. What is typed on a page may hold it (`mayLeave`): also a step back is taken
 * back first, then asked about, since a browser tells of it only when it is done.
 */
export class Router {
  readonly base = new URL("./", document.baseURI);
  path = "";
  private at = 0;
  private returning = false;
  private allowed = false;

  constructor(
    private readonly moved: () => void,
    private readonly mayLeave: () => Promise<boolean> | true,
  ) {}

  start(): void {
    this.at = (history.state as Step | null)?.at ?? 0;
    history.replaceState({ at: this.at } satisfies Step, "");
    this.read();
    window.addEventListener("popstate", this.stepped);
  }

  href(path: string): string {
    return new URL(path, this.base).href;
  }

  /** False when somebody chose to stay. */
  async go(path: string, options: { replace?: boolean } = {}): Promise<boolean> {
    const asked = this.mayLeave();
    if (asked !== true && !(await asked)) return false;
    if (options.replace) history.replaceState({ at: this.at } satisfies Step, "", this.href(path));
    else history.pushState({ at: ++this.at } satisfies Step, "", this.href(path));
    this.read();
    this.moved();
    return true;
  }

  private read(): void {
    this.path = pathOf(new URL(location.href), this.base);
  }

  private readonly stepped = async (event: PopStateEvent): Promise<void> => {
    if (this.returning) {
      this.returning = false;
      return;
    }
    const to = (event.state as Step | null)?.at ?? 0;
    const by = to - this.at;
    const asked = this.allowed || by === 0 ? true : this.mayLeave();
    if (asked !== true) {
      this.returning = true;
      history.go(-by);
      if (!(await asked)) return;
      this.allowed = true;
      history.go(by); // comes here again
      return;
    }
    this.allowed = false;
    this.at = to;
    this.read();
    this.moved();
  };
}
