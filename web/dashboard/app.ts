import { Api, ApiError } from "../common/api";
import { Format } from "../common/format";
import { locale, type Locale } from "../common/strings";
import { keep, kept, WatchedApi } from "./app-parts";
import { Router, placeOf, type Place } from "./router";
import { browserLanguage, fill, LANGUAGES, loadStrings, type Language, type StringKey, type Strings, type Values } from "./strings";
import { applyBrand, applyTheme, startTheme, THEMES, type Theme } from "./theme";
import type { Account, Choice, Product, Role, Session } from "./types";

export type State = "starting" | "failed" | "login" | "ready";
export type Right = "read" | "write" | "manage" | "own" | "operate";

export interface Question {
  title: string;
  text: string;
  action: string;
  danger?: boolean;
  /** What has to be typed before it may be done. */
  typed?: string;
  cancel?: string;
}

const RANK: Record<Role, number> = { viewer: 0, member: 1, admin: 2, owner: 3 };
const NEEDS: Record<Right, number> = { read: 0, write: 1, manage: 2, own: 3, operate: 4 };

/** What pages have in common. Tells of every change by the event `change`. */
export class App extends EventTarget {
  state: State = "starting";
  failure: ApiError | null = null;
  online = true;
  loggedOut = false;
  /** Somebody's session ended under them: log-in is open over the page. */
  again = false;
  product!: Product;
  session!: Session;
  account: Account | null = null;
  place: Place = { account: "", page: "", rest: [] };
  language: Language = "en";
  theme: Theme = "system";

  readonly api: Api;
  format = new Format("en");
  /** The words of the small elements that all pages share (web/common). */
  loc: Locale = locale("en", { en: {}, de: {}, zh: {} }) as Locale;
  private readonly door: Api; // for log-in itself: a refusal there is an answer, no ended session
  readonly router: Router;
  private strings!: Strings;
  private own!: Product; // of this host, also while an operator is in an account
  private readonly guards = new Set<() => boolean>();
  private waiting: { promise: Promise<boolean>; done: (again: boolean) => void } | null = null;

  constructor() {
    super();
    this.router = new Router(
      () => void this.moved(true),
      () => this.mayLeave(),
    );
    const base = new URL("v1/", this.router.base).href;
    this.api = new WatchedApi({ base, onExpired: () => this.expired() }, (yes) => this.reached(yes));
    this.door = new Api({ base });
    const theme = kept("theme") as Theme;
    this.theme = THEMES.includes(theme) ? theme : "system";
    const language = kept("language") as Language;
    this.language = language in LANGUAGES ? language : browserLanguage();
    startTheme();
    applyTheme(this.theme);
  }

  /** Whoever changes what the shell shows tells it. */
  changed(): void {
    this.dispatchEvent(new Event("change"));
  }

  async start(): Promise<void> {
    this.router.start();
    await this.speak(this.language);
    await this.load();
  }

  /** Product and session at once; without a session log-in takes the page's place, and its address stays. */
  async load(): Promise<void> {
    this.state = "starting";
    this.failure = null;
    this.changed();
    const session = this.whoAmI();
    try {
      this.own = this.product = await this.api.get<Product>("product");
      applyBrand(this.product.color);
      const found = await session;
      if (found) await this.enter(found);
      else this.state = "login";
    } catch (error) {
      session.catch(() => undefined);
      this.failure = error instanceof ApiError ? error : new ApiError(0, "unknown", String(error));
      this.state = "failed";
    }
    this.changed();
  }

  private async whoAmI(): Promise<Session | null> {
    try {
      return await this.door.get<Session>("sessions/current");
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  }

  private async enter(session: Session): Promise<void> {
    this.session = session;
    this.loggedOut = false;
    this.product = this.own;
    // On the operator's hosts people of every product may log in.
    if (this.own.operator && !session.operator && session.profile)
      this.product = await this.api.get<Product>("product", { profile: session.profile });
    applyBrand(this.product.color);
    this.state = "ready";
    await this.moved();
  }

  /* ---- log-in ---- */

  async login(credentials: Record<string, string>): Promise<void> {
    await this.door.post("sessions", credentials);
    const session = await this.whoAmI();
    if (!session) throw new ApiError(401, "no_cookie", "");
    if (this.waiting) {
      if (session.user !== this.session.user || session.operator !== this.session.operator)
        throw new ApiError(409, "somebody_else", "");
      this.session = session;
      this.again = false;
      this.waiting.done(true);
      this.waiting = null;
      this.changed();
    } else {
      if (this.place.page === "login" || this.router.path === "login") await this.router.go("", { replace: true });
      await this.enter(session);
      this.changed();
    }
  }

  /** A session in place of one that we know has ended, without a question. */
  async renew(credentials: Record<string, string>): Promise<void> {
    await this.door.post("sessions", credentials);
    const session = await this.whoAmI();
    if (session) this.session = session;
    this.changed();
  }

  /** Opens log-in over the page; true: somebody has logged in again. */
  expired(): Promise<boolean> {
    if (this.state !== "ready") return Promise.resolve(false);
    if (!this.waiting) {
      let done!: (again: boolean) => void;
      const promise = new Promise<boolean>((resolve) => (done = resolve));
      this.waiting = { promise, done };
      this.again = true;
      this.changed();
    }
    return this.waiting.promise;
  }

  /** What is typed may go: it was asked for. */
  async logout(): Promise<void> {
    const asked = this.mayLeave();
    if (asked !== true && !(await asked)) return;
    try {
      await this.api.delete("sessions");
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
    }
    this.leave();
  }

  /** From log-in over a page to log-in in its place. */
  leave(): void {
    this.waiting?.done(false);
    this.waiting = null;
    this.again = false;
    this.guards.clear();
    this.state = "login";
    this.loggedOut = true;
    this.account = null;
    this.product = this.own;
    applyBrand(this.product.color);
    void this.router.go("login", { replace: true });
    this.changed();
  }

  async choices(): Promise<Choice[]> {
    return (await this.api.get<{ data: Choice[] }>("sessions/accounts")).data;
  }

  async change(account: string): Promise<void> {
    const asked = this.mayLeave();
    if (asked !== true && !(await asked)) return;
    await this.api.post("sessions/switch", { account });
    this.guards.clear();
    await this.router.go("");
    await this.load();
  }

  /* ---- where we are ---- */

  get operator(): boolean {
    return this.session.operator;
  }

  /** For each call that takes `account`: the one an operator has entered; everybody else's own is meant anyway. */
  get accountQuery(): { account?: string } {
    return this.operator && this.account ? { account: this.account.id } : {};
  }

  /** The reference of the API that this host has; an operator's is the native API's, in whichever account. */
  get reference(): string | null {
    const has = this.own.operator || this.own.offers.reference;
    return has ? new URL("/docs/", this.router.base).href : null;
  }

  can(what: Right): boolean {
    if (this.session.role === "operator") return true;
    return RANK[this.session.role] >= NEEDS[what];
  }

  private get prefix(): string {
    return this.operator && this.place.account ? `accounts/${encodeURIComponent(this.place.account)}/` : "";
  }

  /** Of a page of the account that we are in; a leading slash means: of none. */
  path(path: string): string {
    return path.startsWith("/") ? path.slice(1) : this.prefix + path;
  }

  href(path: string): string {
    return this.router.href(this.path(path));
  }

  go(path: string, options: { replace?: boolean } = {}): Promise<boolean> {
    return this.router.go(this.path(path), options);
  }

  /** `byHand`: somebody followed a link, so that what they read begins with the page. */
  private async moved(byHand = false): Promise<void> {
    if (this.state !== "ready") {
      this.changed();
      return;
    }
    const place = placeOf(this.router.path, this.operator);
    const other = place.account !== this.place.account;
    this.place = place;
    if (this.operator && (other || (place.account && !this.account && !this.failure))) await this.enterAccount(place.account);
    this.changed();
    if (byHand) this.dispatchEvent(new Event("moved"));
  }

  /** An operator's pages speak of one account, and of the product that it is of. */
  private async enterAccount(id: string): Promise<void> {
    this.account = null;
    this.product = this.own;
    this.failure = null;
    if (id) {
      try {
        this.account = await this.api.get<Account>(`accounts/${encodeURIComponent(id)}`);
        this.product = await this.api.get<Product>("product", { profile: this.account.profile });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.failure = error;
      }
    }
    applyBrand(this.product.color);
  }

  /* ---- what is typed ---- */

  /** `dirty` is asked before somebody leaves; the result ends that. */
  guard(dirty: () => boolean): () => void {
    this.guards.add(dirty);
    return () => this.guards.delete(dirty);
  }

  get unsaved(): boolean {
    return [...this.guards].some((dirty) => dirty());
  }

  private mayLeave(): Promise<boolean> | true {
    if (!this.unsaved) return true;
    return this.confirm({
      title: this.t("leave.title"),
      text: this.t("leave.text"),
      action: this.t("leave.leave"),
      cancel: this.t("leave.stay"),
      danger: true,
    });
  }

  /* ---- what is said ---- */

  private async speak(language: Language): Promise<void> {
    this.strings = await loadStrings(language);
    this.language = language;
    this.format = new Format(language);
    this.loc = locale(language, { en: {}, de: {}, zh: {} }) as Locale;
    document.documentElement.lang = language;
  }

  async setLanguage(language: Language): Promise<void> {
    await this.speak(language);
    keep("language", language);
    this.changed();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    keep("theme", theme);
    applyTheme(theme);
    this.changed();
  }

  t(key: StringKey, values?: Values): string {
    return fill(this.strings[key], this.language, values);
  }

  /** One sentence for any failure: the API's own words where it has some. */
  describe(error: unknown): string {
    if (!(error instanceof ApiError)) return this.t("error.unknown");
    if (error.status === 0) return this.t("error.offline");
    if (error.message) return error.message;
    return this.t(error.status >= 500 ? "error.server" : error.status === 403 ? "error.forbidden" : "error.unknown");
  }

  private reached(yes: boolean): void {
    if (this.online === yes) return;
    this.online = yes;
    this.changed();
  }

  title(text: string): void {
    document.title = `${text} · ${this.product.title}`;
  }

  toast(text: string, kind: "good" | "bad" = "good"): void {
    this.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));
  }

  confirm(question: Question): Promise<boolean> {
    return new Promise((answer) => this.dispatchEvent(new CustomEvent("confirm", { detail: { question, answer } })));
  }
}
