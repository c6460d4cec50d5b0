// The page on which people manage their keys, for any site.
// (First what is alike: texts, then styles. What is compressed together is smaller.)
import "./texts";
import "../common/base.css";
import "./styles.css";
import "./keys.css";
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Api, ApiError, type ClientSecret } from "../common/api";
import { base } from "../common/base.css";
import { accentRules } from "../common/color";
import { define } from "../common/define";
import { quoted } from "../common/format";
import { key, plus } from "../common/icons";
import { problemText } from "../common/problem";
import { properties } from "../common/properties";
import { languageOf } from "../common/strings";
import { tokens } from "../common/tokens.css";
import "./confirm";
import type { Act } from "./confirm";
import "./form";
import { styles } from "./keys.css";
import { takeTemplate, type Template } from "./link";
import { KeyList, type Usage } from "./list";
import {
  filters, isOver, makeable, matches, mayChange, stateOf, type Filter, type Key, type Product, type Viewer,
} from "./model";
import { ROW_HEIGHT, head, row, type Mode, type RowContext } from "./rows";
import "./secret";
import { keyLocale, type KeyLocale } from "./texts";
import { BLOCK, near } from "./virtual";

/** The dialog that is open: one of `form` (null: a new key), `made`, `act`; and what belongs to it. */
interface Open {
  form?: Key | null;
  template?: Template;
  usage?: Usage;
  made?: Key;
  old?: Key | null;
  act?: Act;
  item?: Key;
}

/** What, when it changes, means other keys. */
const sources: (keyof CardeaKeys)[] = ["endpoint", "account", "profile", "fetchClientSecret"];
/** What a page may style of the dialogs. */
const PARTS = "dialog, button, primary, danger, error, scopes, secret, curl";
const TOAST_MS = 8_000;
const MINUTE_MS = 60_000;

export class CardeaKeys extends LitElement {
  static override properties = {
    endpoint: {},
    account: {},
    profile: {},
    theme: { reflect: true },
    lang: {},
    ...properties("fetchClientSecret product viewer failure open filter words toast mode range"),
  };
  static override styles = [tokens(":host"), base, styles];

  /** Where v1/… lies; without it beside the page. */
  declare endpoint: string | null;
  /** Whose keys; without it those of the session's own account. */
  declare account: string | null;
  /** On an operator's host, the product that the account is of. */
  declare profile: string | null;
  declare theme: "light" | "dark" | "system" | null;
  /** Gives a client session's secret; called again whenever one has ended. */
  declare fetchClientSecret: (() => Promise<ClientSecret>) | null;
  /** GET v1/product, where the page has it already. */
  declare product: Product | null;
  declare viewer: Viewer | null;

  declare failure: unknown;
  declare open: Open | null;
  declare filter: Filter;
  declare words: string;
  declare toast: string;
  declare mode: Mode;
  /** The blocks of rows that are drawn. */
  declare range: [number, number];

  #api = new Api();
  #list: KeyList | null = null;
  #loc: KeyLocale = keyLocale("en", null);
  #toastTimer = 0;
  #minutes: ReturnType<typeof setInterval> | undefined;
  #gone: AbortController | null = null;
  #accent: CSSStyleSheet | null = null;
  #sizes = new ResizeObserver(([entry]) => {
    const width = entry!.contentRect.width;
    this.mode = width < 680 ? "card" : width < 960 ? "mid" : "wide";
  });

  constructor() {
    super();
    this.filter = "all";
    this.words = this.toast = "";
    this.mode = "wide";
    this.range = [0, 1];
    this.endpoint = this.account = this.profile = null;
    this.product = this.viewer = this.open = this.fetchClientSecret = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sizes.observe(this);
    const options = { capture: true, signal: (this.#gone = new AbortController()).signal };
    for (const name of ["scroll", "resize"]) addEventListener(name, this.#scrolled, options);
    addEventListener("hashchange", () => this.#followLink(), options);
    addEventListener("focus", () => this.#list?.again(), options);
    this.#minutes = setInterval(() => this.requestUpdate(), MINUTE_MS); // "2 minutes ago" becomes three
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
    this.#gone?.abort();
    clearInterval(this.#minutes);
  }

  protected override willUpdate(changed: PropertyValues<CardeaKeys>): void {
    this.#loc = keyLocale(languageOf(this), this.product);
    if (sources.some((name) => changed.has(name))) void this.load();
  }

  /** Loads all anew. */
  async load(): Promise<void> {
    this.#api = new Api({
      base: this.endpoint ?? "",
      fetchClientSecret: this.fetchClientSecret && (() => this.fetchClientSecret!()),
      onExpired: () => this.#expired(),
    });
    this.failure = null;
    // Another site's script may give us the function a little later: its cookies would not be ours.
    if (!this.fetchClientSecret && this.#api.url("").origin !== location.origin) return;
    const list = new KeyList(this.#api, { account: this.account }, () => this.#list === list && this.requestUpdate());
    this.#list = list;
    try {
      const [product] = await Promise.all([
        this.product ?? this.#api.get<Product>("v1/product", { profile: this.profile }),
        list.more(),
        this.#readViewer(),
      ]);
      if (this.#list !== list) return;
      if (list.error) throw list.error;
      this.product = product;
    } catch (error) {
      if (this.#list !== list) return;
      this.failure = error;
      const { status = 0, code = "" } = error as Partial<ApiError>;
      return this.#tell("load-error", { status, code, message: problemText(error, this.#loc) });
    }
    this.#takeAccent();
    this.#followLink();
    void list.readUsage();
    await this.updateComplete;
    this.#tell("ready", {});
  }

  /** Who looks decides which buttons there are; the API decides in the end, so not to know is no failure. */
  async #readViewer(): Promise<void> {
    if (this.viewer || this.fetchClientSecret) return;
    this.viewer = await this.#api.get<Viewer>("v1/sessions/current").catch(() => null);
  }

  get #who(): Viewer {
    const mayWrite = this.#api.capabilities?.includes("keys:write") ?? true;
    return this.viewer ?? { role: mayWrite ? null : "none" };
  }

  #tell(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  /** The page may log in again in place: `detail.waitUntil(promise)`; then what was asked is asked once more. */
  #expired(): Promise<boolean> {
    let again: Promise<boolean> = Promise.resolve(false);
    this.#tell("session-expired", { waitUntil: (promise: Promise<unknown>) => (again = promise.then(Boolean, () => false)) });
    return again;
  }

  /** In a sheet of its own: rules for :host yield to what the page says of this element. */
  #takeAccent(): void {
    const root = this.shadowRoot!;
    if (!this.#accent) root.adoptedStyleSheets = [...root.adoptedStyleSheets, (this.#accent = new CSSStyleSheet())];
    this.#accent.replaceSync(accentRules(this.product?.color, ":host"));
  }

  #followLink(): void {
    if (!this.product || !makeable(this.product, this.#who).length || this.open) return;
    const template = takeTemplate();
    if (template) this.open = { form: null, template };
  }

  #scrolled = () => {
    const range = near(this.renderRoot.querySelector(".rows"), this.#shown.length, ROW_HEIGHT[this.mode]);
    if (String(range) !== String(this.range)) this.range = range;
  };

  get #filtered(): boolean {
    return this.filter !== "all" || this.words !== "";
  }

  get #shown(): Key[] {
    const keys = this.#list?.keys ?? [];
    return this.#filtered ? keys.filter((key) => matches(key, this.filter, this.words)) : keys;
  }

  protected override updated(): void {
    this.#scrolled();
    const list = this.#list;
    if (!list?.loaded || list.complete || list.loading || list.error) return;
    // What is filtered is looked for in all keys; else the next page comes when the last row is near.
    if (this.#filtered || this.range[1] * BLOCK >= this.#shown.length) void list.more();
  }

  #say(text: string): void {
    clearTimeout(this.#toastTimer);
    this.toast = text;
    this.#toastTimer = window.setTimeout(() => (this.toast = ""), TOAST_MS);
  }

  async #look(form: Key): Promise<void> {
    this.open = { form, usage: this.#list!.usage?.get(form.id) };
    const usage = await this.#list!.usageOf(form);
    if (this.open?.form === form) this.open = { form, usage };
  }

  /** Somebody else was there first: shows what the key is now, and says so. Other failures the dialog says. */
  async #conflict(key: Key, error: unknown): Promise<void> {
    const [loc, list] = [this.#loc, this.#list];
    const { status } = error as ApiError;
    if (status !== 404 && status !== 409) return;
    const now = await list!.refresh(key.id).catch(() => key);
    if (now && stateOf(now) === stateOf(key)) return; // it is as it was: what was refused has another reason
    this.open = null;
    this.#say(loc.text("changed", { name: quoted(key.name), status: loc.text(now ? stateOf(now) : "ended") }));
  }

  async #made(made: Key, from: Key | null): Promise<void> {
    const { id, name, prefix, kind, scopes, expires_at } = made;
    const before = from ?? (this.#single ? this.#inUse : null);
    this.#list!.put(made);
    this.open = { made };
    this.#tell(from ? "key-rotated" : "key-created", { id, name, prefix, kind, scopes, expires_at, ...(from && { rotated_from: from.id }) });
    const old = before && (await this.#list!.refresh(before.id).catch(() => null)); // has ended, or will
    if (this.open?.made === made) this.open = { made, old };
  }

  #acted(act: Act, item: Key, answer: Key): void {
    if (act === "rotate") return void this.#made(answer, item);
    this.#list!.put(answer);
    this.open = null;
    this.#say(`${quoted(item.name)}: ${this.#loc.text(stateOf(answer))}`);
    if (act === "revoke") this.#tell("key-revoked", { id: item.id, name: item.name, prefix: item.prefix, reason: answer.revoke_reason });
  }

  override render() {
    const { product } = this;
    const loc = this.#loc;
    return html`<div class="${this.mode} ${product && !product.scopes.length ? "bare" : ""}" part="base">
      <div class="top" part="top">
        <div>
          <slot name="heading"><h2 part="heading">${product?.keys.title}</h2></slot>
          ${product ? html`<p class="muted" part="intro">${loc.text("intro")}</p>` : nothing}
        </div>
        ${this.#list?.keys.length ? this.#createButton() : nothing}
      </div>
      ${this.failure ? this.#failed() : !product || !this.#list?.loaded ? html`<div class="frame state" role="status">${loc.text("loading")}</div>` : this.#list.keys.length ? this.#table(product) : this.#empty()}
    </div>
    <div role="status" aria-live="polite">${this.toast
      ? html`<div class="toast" part="toast">${this.toast}</div>`
      : nothing}</div>
    ${this.#dialog()}`;
  }

  /** A product with one key at a time. */
  get #single(): boolean {
    const kinds = this.product ? makeable(this.product, this.#who) : [];
    return kinds.length > 0 && kinds.every((kind) => kind.replaces_previous);
  }

  get #inUse(): Key | null {
    return this.#list?.keys.find((key) => !isOver(key)) ?? null;
  }

  #createButton(): TemplateResult | typeof nothing {
    if (!this.product || !makeable(this.product, this.#who).length) return nothing;
    const label = this.#single && this.#inUse ? "renew" : "create";
    return html`<button class="button primary" part="button primary create" @click=${() => (this.open = { form: null })}>${plus} ${this.#loc.text(label)}</button>`;
  }

  #empty(): TemplateResult {
    return html`<div class="frame state" part="empty">${key}<p>${this.#loc.text("none")}</p>${this.#createButton()}</div>`;
  }

  #failed(): TemplateResult {
    const loc = this.#loc;
    return html`<div class="frame state" part="error" role="alert"><p>${problemText(this.failure, loc)}</p>
      <button class="button" part="button" @click=${() => this.load()}>${loc.text("tryAgain")}</button></div>`;
  }

  #tools(count: number): TemplateResult | typeof nothing {
    const [loc, list] = [this.#loc, this.#list];
    if (list!.complete && list!.keys.length < 4) return nothing; // all is in sight
    return html`<div class="tools" part="toolbar">
      <input type="search" part="search" placeholder=${loc.text("find")} aria-label=${loc.text("find")}
        .value=${this.words} @input=${(e: Event) => (this.words = (e.target as HTMLInputElement).value)} />
      <select part="filter" aria-label=${loc.text("status")} @change=${(e: Event) => (this.filter = (e.target as HTMLSelectElement).value as Filter)}>
        ${filters.map((name) => html`<option value=${name} ?selected=${name === this.filter}>${loc.text(name)}</option>`)}
      </select>
      <span class="count muted small" role="status">${list!.complete ? `${loc.format.number(count)} ${loc.values[count === 1 ? "noun" : "nouns"]}` : ""}</span>
    </div>`;
  }

  #table(product: Product): TemplateResult {
    const [loc, list] = [this.#loc, this.#list];
    const shown = this.#shown;
    const height = ROW_HEIGHT[this.mode];
    const [from, to] = this.range;
    const blocks = Array.from({ length: Math.ceil(shown.length / BLOCK) }, (_, n) => shown.slice(n * BLOCK, (n + 1) * BLOCK));
    const context: RowContext = {
      loc, product, usage: list!.usage,
      may: (key) => mayChange(this.#who, key),
      look: (key) => this.#look(key),
      act: (act, item) => (this.open = { act, item }),
    };
    return html`${this.#tools(shown.length)}
      ${shown.length
        ? html`<div class="frame" part="table" role="table" aria-label=${product.keys.title} aria-rowcount=${list!.complete ? shown.length + 1 : -1}>
            ${head(context)}
            <div class="rows" role="presentation">${blocks.map(
              (keys, n) => html`<div role="rowgroup" .style=${`height:${keys.length * height}px`}>
                ${n >= from && n < to ? keys.map((key, i) => row(key, n * BLOCK + i, context)) : nothing}</div>`,
            )}</div>
          </div>`
        : list!.complete
          ? html`<div class="frame state" part="empty"><p>${loc.text("noMatch")}</p>
              <button class="button" part="button" @click=${() => ((this.filter = "all"), (this.words = ""))}>${loc.text("all")}</button></div>`
          : nothing}
      ${list!.error
        ? html`<div class="more" role="alert">${problemText(list!.error, loc)}
            <button class="button" part="button" @click=${() => list!.more()}>${loc.text("tryAgain")}</button></div>`
        : list!.complete ? nothing : html`<div class="more" role="status">${loc.text("loading")}</div>`}`;
  }

  #dialog(): TemplateResult | typeof nothing {
    const { open, product } = this;
    const [loc, api] = [this.#loc, this.#api];
    if (!open || !product) return nothing;
    const close = () => (this.open = null);
    const { made, act, item, form } = open;
    if (made)
      return html`<cardea-key-secret exportparts=${PARTS} .loc=${loc} .made=${made} .old=${open.old} .product=${product} .tenant=${this.#who.account_slug} @close=${close}></cardea-key-secret>`;
    if (act && item)
      return html`<cardea-key-confirm exportparts=${PARTS} .loc=${loc} .api=${api} .act=${act} .item=${item} @close=${close}
        @done=${(e: CustomEvent<Key>) => this.#acted(act, item, e.detail)} @failed=${(e: CustomEvent) => this.#conflict(item, e.detail)}></cardea-key-confirm>`;
    return html`<cardea-key-form exportparts=${PARTS} .loc=${loc} .api=${api} .account=${this.account} .product=${product} .kinds=${makeable(product, this.#who)}
      .item=${form} .inUse=${this.#inUse} .template=${open.template} .usage=${open.usage} .editable=${!form || (mayChange(this.#who, form) && !isOver(form))}
      @close=${close} @made=${(e: CustomEvent<Key>) => this.#made(e.detail, null)} @saved=${(e: CustomEvent<Key>) => {
        this.#list!.put(e.detail);
        close();
      }}
      @disable=${() => (this.open = { act: "disable", item: form! })}
      @failed=${(e: CustomEvent) => form && this.#conflict(form, e.detail)}></cardea-key-form>`;
  }
}
define("cardea-keys", CardeaKeys);
