// The page on which people manage their keys, for any site.
import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Api, ApiError, path, type ClientSecret } from "../common/api";
import { base } from "../common/base.css";
import { copyText } from "../common/clipboard";
import { accentRules } from "../common/color";
import { define } from "../common/define";
import { quoted } from "../common/format";
import { cross, keyhole, plus, search } from "../common/icons";
import "../common/menu";
import type { MenuItem } from "../common/menu";
import { problemText } from "../common/problem";
import { languageOf } from "../common/strings";
import { tokens } from "../common/tokens.css";
import "./confirm";
import type { Act } from "./confirm";
import "./form";
import { styles } from "./keys.css";
import { takeTemplate, type Template } from "./link";
import { KeyList, type Usage } from "./list";
import {
  filters, isOver, makeable, matches, mayChange, mayCreate, stateOf, type Filter, type Key, type Product, type Viewer,
} from "./model";
import { ROW_HEIGHT, head, row, type Mode, type RowContext } from "./rows";
import "./secret";
import { keyLocale, type KeyLocale } from "./texts";
import { BLOCK, near } from "./virtual";

type Open =
  | { form: Key | null; template?: Template | null; usage?: Usage | null }
  | { made: Key; old: Key | null }
  | { act: Act; item: Key };

/** What, when it changes, means other keys. */
const sources: (keyof CardeaKeys)[] = ["endpoint", "account", "profile", "fetchClientSecret"];
const TOAST_MS = 6_000;
const MINUTE_MS = 60_000;

export class CardeaKeys extends LitElement {
  static override properties = {
    endpoint: {},
    account: {},
    profile: {},
    theme: { reflect: true },
    lang: {},
    fetchClientSecret: { attribute: false },
    product: { attribute: false },
    viewer: { attribute: false },
    failure: { state: true },
    open: { state: true },
    filter: { state: true },
    words: { state: true },
    toast: { state: true },
    mode: { state: true },
    range: { state: true },
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

  private api = new Api();
  private list: KeyList | null = null;
  private loc: KeyLocale = keyLocale("en", null);
  private toastTimer = 0;
  private minutes = 0;
  private accent: CSSStyleSheet | null = null;
  private readonly sizes = new ResizeObserver(([entry]) => {
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
    this.sizes.observe(this);
    addEventListener("scroll", this.scrolled, { capture: true, passive: true });
    addEventListener("resize", this.scrolled);
    addEventListener("hashchange", this.followLink);
    addEventListener("focus", this.lookAgain);
    this.minutes = window.setInterval(() => this.requestUpdate(), MINUTE_MS); // "2 minutes ago" becomes three
    if (this.hasUpdated && !this.list) void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    removeEventListener("scroll", this.scrolled, { capture: true });
    removeEventListener("resize", this.scrolled);
    removeEventListener("hashchange", this.followLink);
    removeEventListener("focus", this.lookAgain);
    clearInterval(this.minutes);
  }

  protected override willUpdate(changed: PropertyValues<CardeaKeys>): void {
    this.loc = keyLocale(languageOf(this), this.product);
    if (sources.some((name) => changed.has(name))) void this.load();
  }

  /** Loads all anew. */
  async load(): Promise<void> {
    this.api = new Api({
      base: this.endpoint ?? "",
      fetchClientSecret: this.fetchClientSecret && (() => this.fetchClientSecret!()),
      onExpired: () => this.expired(),
    });
    this.failure = null;
    const whose = { account: this.account };
    const list = new KeyList(this.api, whose, () => this.list === list && this.requestUpdate());
    this.list = list;
    const [product] = await Promise.allSettled([this.readProduct(), list.more(), this.readViewer()]);
    if (this.list !== list) return;
    this.failure = product.status === "rejected" ? product.reason : list.loaded ? null : list.error;
    if (this.failure) {
      const { status, code } = this.failure instanceof ApiError ? this.failure : { status: 0, code: "" };
      this.tell("load-error", { status, code, message: problemText(this.failure, this.loc) });
      return;
    }
    this.takeAccent();
    this.followLink();
    void list.readUsage();
    await this.updateComplete;
    this.tell("ready", {});
  }

  private async readProduct(): Promise<void> {
    this.product ??= await this.api.get<Product>("v1/product", { profile: this.profile });
  }

  /** Who looks decides which buttons there are; the API decides in the end, so not to know is no failure. */
  private async readViewer(): Promise<void> {
    if (this.viewer) return;
    try {
      this.viewer = await this.api.get<Viewer>("v1/sessions/current").then(({ role, user }) => ({ role, user, capabilities: null }));
    } catch {
      this.viewer = null;
    }
  }

  private get who(): Viewer {
    return this.viewer ?? { role: null, user: null, capabilities: this.api.capabilities };
  }

  private tell(name: string, detail: Record<string, unknown>, cancelable = false): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
  }

  /** The page may log in again in place: `detail.waitUntil(promise)`; then what was asked is asked once more. */
  private expired(): Promise<boolean> {
    let again: Promise<boolean> = Promise.resolve(false);
    this.tell("session-expired", { waitUntil: (promise: Promise<unknown>) => (again = promise.then(Boolean, () => false)) });
    return again;
  }

  /** In a sheet of its own: rules for :host yield to what the page says of this element. */
  private takeAccent(): void {
    const root = this.shadowRoot!;
    if (!this.accent) root.adoptedStyleSheets = [...root.adoptedStyleSheets, (this.accent = new CSSStyleSheet())];
    this.accent.replaceSync(accentRules(this.product?.color, ":host"));
  }

  private readonly followLink = () => {
    if (!this.product || !mayCreate(this.who, this.product) || this.open) return;
    const template = takeTemplate();
    if (template) this.open = { form: null, template };
  };

  private readonly lookAgain = () => void this.list?.again();

  private readonly scrolled = () => {
    const range = near(this.renderRoot.querySelector(".rows"), this.shown.length, ROW_HEIGHT[this.mode]);
    if (String(range) !== String(this.range)) this.range = range;
  };

  private get shown(): Key[] {
    return this.list?.keys.filter((key) => matches(key, this.filter, this.words)) ?? [];
  }

  protected override updated(): void {
    this.scrolled();
    const { list } = this;
    if (!list?.loaded || list.complete || list.loading || list.error) return;
    // What is filtered is looked for in all keys; else the next page comes when the last row is near.
    const filtered = this.filter !== "all" || this.words.trim() !== "";
    if (filtered || this.range[1] * BLOCK >= this.shown.length) void list.more();
  }

  private say(text: string): void {
    clearTimeout(this.toastTimer);
    this.toast = text;
    this.toastTimer = window.setTimeout(() => (this.toast = ""), TOAST_MS + text.length * 40);
  }

  private items(key: Key): MenuItem[] {
    const { loc } = this;
    const all: (MenuItem | false)[] = [{ action: "edit", label: loc.text("edit") }];
    if (mayChange(this.who, key) && !isOver(key)) {
      const live = key.status === "active" && !key.rotated_to;
      all.push(
        live && !key.legacy && { action: "rotate", label: loc.text("rotate") },
        key.enabled ? { action: "disable", label: loc.text("disable") } : { action: "enable", label: loc.text("enable") },
        { action: "revoke", label: loc.text("revoke"), danger: true },
      );
    } else all[0] = { action: "edit", label: loc.text("details") };
    all.splice(-1, 0, { action: "copy", label: loc.text("copyId") });
    return all.filter((item): item is MenuItem => item !== false);
  }

  private async choose(key: Key, action: string): Promise<void> {
    if (action === "edit") this.look(key);
    else if (action === "copy") this.say((await copyText(key.id)) ? this.loc.text("copied") : key.id);
    else if (action === "enable") await this.enable(key);
    else this.open = { act: action as Act, item: key };
  }

  private look(key: Key): void {
    this.open = { form: key, usage: this.list?.usage?.get(key.id) ?? null };
    void this.list?.usageOf(key).then((usage) => {
      if (this.open && "form" in this.open && this.open.form === key) this.open = { ...this.open, usage };
    });
  }

  private async enable(key: Key): Promise<void> {
    try {
      this.list!.put(await this.api.patch<Key>(path`v1/keys/${key.id}`, { enabled: true }));
      this.say(`${quoted(key.name)}: ${this.loc.text("active")}`);
    } catch (error) {
      await this.conflict(key, error);
    }
  }

  /** Somebody else was there first: shows what the key is now, and says so. Other failures the dialog says. */
  private async conflict(key: Key, error: unknown): Promise<void> {
    const { loc, list } = this;
    const status = error instanceof ApiError ? error.status : 0;
    if (status !== 404 && status !== 409) {
      if (!this.open) this.say(problemText(error, loc));
      return;
    }
    const now = await list!.refresh(key.id).catch(() => key);
    const name = quoted(key.name);
    if (now && stateOf(now) === stateOf(key)) return; // it is as it was: what was refused has another reason
    this.open = null;
    this.say(now ? loc.text("changed", { name, status: loc.text(stateOf(now)) }) : loc.text("gone", { name }));
  }

  private made(made: Key, old: Key | null): void {
    const { id, name, prefix, kind, scopes, expires_at } = made;
    this.list!.put(made);
    this.open = { made, old };
    this.tell(old ? "key-rotated" : "key-created", { id, name, prefix, kind, scopes, expires_at, ...(old ? { rotated_from: old.id } : {}) });
    // What it replaced has ended or will.
    for (const other of old ? [old] : this.product!.kinds.some((k) => k.replaces_previous) ? this.list!.keys.filter((k) => k.id !== id && !isOver(k)) : []) {
      void this.list!.refresh(other.id).then((now) => {
        if (now && this.open && "made" in this.open && other === old) this.open = { ...this.open, old: now };
      }, () => {});
    }
  }

  private acted(act: Act, item: Key, answer: Key): void {
    if (act === "rotate") return this.made(answer, item);
    this.list!.put(answer);
    this.open = null;
    this.say(`${quoted(item.name)}: ${this.loc.text(stateOf(answer))}`);
    if (act === "revoke") this.tell("key-revoked", { id: item.id, name: item.name, prefix: item.prefix, reason: answer.revoke_reason });
  }

  override render() {
    const { loc, product } = this;
    return html`<div class="${this.mode} ${product && !product.scopes.length ? "bare" : ""}" part="base">
      <div class="top" part="top">
        <div>
          <slot name="heading"><h2 part="heading">${product?.keys.title ?? loc.text("title")}</h2></slot>
          ${product ? html`<p class="muted" part="intro">${loc.text("intro")}</p>` : nothing}
        </div>
        ${this.list?.keys.length ? this.createButton() : nothing}
      </div>
      ${this.failure ? this.failed() : !product || !this.list?.loaded ? this.waiting() : this.list.keys.length ? this.table(product) : this.empty()}
    </div>
    <div role="status" aria-live="polite">${this.toast
      ? html`<div class="toast" part="toast">${this.toast}
          <button class="icon" aria-label=${loc.text("close")} @click=${() => (this.toast = "")}>${cross}</button></div>`
      : nothing}</div>
    ${this.dialog()}`;
  }

  /** A product with one key at a time. */
  private get single(): boolean {
    const kinds = this.product ? makeable(this.product, this.who) : [];
    return kinds.length > 0 && kinds.every((kind) => kind.replaces_previous);
  }

  private get inUse(): Key | null {
    return this.list?.keys.find((key) => !isOver(key)) ?? null;
  }

  private createButton(): TemplateResult | typeof nothing {
    if (!this.product || !mayCreate(this.who, this.product)) return nothing;
    const label = this.single && this.inUse ? "renew" : "create";
    return html`<button class="button primary" part="button primary create" @click=${() => (this.open = { form: null })}>${plus} ${this.loc.text(label)}</button>`;
  }

  private empty(): TemplateResult {
    const may = mayCreate(this.who, this.product!);
    return html`<div class="frame state" part="empty">${keyhole}<p>${this.loc.text("none")} ${may ? this.loc.text("empty") : nothing}</p>${this.createButton()}</div>`;
  }

  private failed(): TemplateResult {
    const { loc } = this;
    return html`<div class="frame state" part="error" role="alert"><p>${problemText(this.failure, loc)}</p>
      <button class="button" part="button" @click=${() => this.load()}>${loc.text("tryAgain")}</button></div>`;
  }

  private waiting(): TemplateResult {
    const bones = html`<div class="row">${[1, 2, 3, 4].map(() => html`<span class="bone"></span>`)}</div>`;
    return html`<div class="frame" part="loading" aria-busy="true"><span class="sr" role="status">${this.loc.text("loading")}</span>${[1, 2, 3].map(() => bones)}</div>`;
  }

  private tools(count: number): TemplateResult | typeof nothing {
    const { loc, list } = this;
    if (list!.complete && list!.keys.length < 4) return nothing; // all is in sight
    return html`<div class="tools" part="toolbar">
      <div class="find">${search}<input type="search" part="search" placeholder=${loc.text("find")} aria-label=${loc.text("find")}
        .value=${this.words} @input=${(e: Event) => (this.words = (e.target as HTMLInputElement).value)} /></div>
      <select part="filter" aria-label=${loc.text("status")} @change=${(e: Event) => (this.filter = (e.target as HTMLSelectElement).value as Filter)}>
        ${filters.map((name) => html`<option value=${name} ?selected=${name === this.filter}>${loc.text(name)}</option>`)}
      </select>
      <span class="count muted small" role="status">${list!.complete ? loc.format.number(count) : ""}</span>
    </div>`;
  }

  private table(product: Product): TemplateResult {
    const { loc, list } = this;
    const shown = this.shown;
    const height = ROW_HEIGHT[this.mode];
    const [from, to] = this.range;
    const blocks = Array.from({ length: Math.ceil(shown.length / BLOCK) }, (_, n) => shown.slice(n * BLOCK, (n + 1) * BLOCK));
    const context: RowContext = {
      loc, product, usage: list!.usage,
      items: (key) => this.items(key),
      open: (key) => this.look(key),
      choose: (key, action) => void this.choose(key, action),
    };
    return html`${this.tools(shown.length)}
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

  private dialog(): TemplateResult | typeof nothing {
    const { open, loc, product, api } = this;
    if (!open || !product) return nothing;
    const close = () => (this.open = null);
    if ("made" in open)
      return html`<cardea-key-secret exportparts="dialog, button, primary, secret, curl" .loc=${loc} .made=${open.made} .old=${open.old} .product=${product} @close=${close}></cardea-key-secret>`;
    if ("act" in open)
      return html`<cardea-key-confirm exportparts="dialog, button, primary, danger, error" .loc=${loc} .api=${api} .act=${open.act} .item=${open.item} @close=${close}
        @done=${(e: CustomEvent<Key>) => this.acted(open.act, open.item, e.detail)} @failed=${(e: CustomEvent) => void this.conflict(open.item, e.detail)}></cardea-key-confirm>`;
    return html`<cardea-key-form exportparts="dialog, button, primary, error, scopes" .loc=${loc} .api=${api} .account=${this.account} .product=${product}
      .kinds=${makeable(product, this.who)} .item=${open.form} .inUse=${this.inUse} .template=${open.template ?? null} .usage=${open.usage ?? null}
      .editable=${!open.form || (mayChange(this.who, open.form) && !isOver(open.form))} @close=${close}
      @made=${(e: CustomEvent<Key>) => this.made(e.detail, null)}
      @saved=${(e: CustomEvent<Key>) => {
        this.list!.put(e.detail);
        this.open = null;
      }}
      @failed=${(e: CustomEvent) => open.form && void this.conflict(open.form, e.detail)}></cardea-key-form>`;
  }
}
define("cardea-keys", CardeaKeys);
