// Creating a key, and looking at one: its name, scopes and expiry, and of one that there is all that is known.
import { css, html, nothing } from "lit";
import { path, randomId, type Api, type Page } from "../common/api";
import { define } from "../common/define";
import { Dialog } from "../common/dialog";
import { cut } from "../common/format";
import { properties } from "../common/properties";
import { defaultExpiry, expiryField, expiryTime, type Expiry } from "./expiry";
import { facts } from "./facts";
import type { Template } from "./link";
import type { Usage } from "./list";
import { choosable, kindOf, readsOnly, type Agent, type Key, type Kind, type Product } from "./model";
import { namesOf, scopeField, type ScopeField } from "./scopes";
import { fieldStyles } from "./styles.css";
import type { KeyTexts } from "./texts";

/** Sends `made`, `saved` or `disable` (somebody wants to) with the key as its detail. */
export class KeyForm extends Dialog<KeyTexts> {
  static override properties = properties("api account product kinds item inUse template usage editable kind agents agent name expiry scopes");
  static override styles = [
    ...Dialog.styles,
    fieldStyles,
    css`
      :host {
        --dialog-width: 560px;
      }
      .apart {
        margin-inline-end: auto;
      }
    `,
  ];

  declare api: Api;
  declare account: string | null;
  declare product: Product;
  declare kinds: Kind[];
  /** The key that is looked at; null: a new one. */
  declare item: Key | null;
  /** The key that a new one would end. */
  declare inUse: Key | null;
  declare template: Template | null;
  declare usage: Usage | undefined;
  declare editable: boolean;
  declare kind: Kind;
  declare agents: Agent[] | null;
  declare agent: string;
  declare name: string;
  declare expiry: Expiry;
  declare scopes: Pick<ScopeField, "chosen" | "custom" | "words">;
  #chosenAt = Date.now();
  /** As they were: what is chosen stays the same set until somebody changes it. */
  #given = new Set<string>();
  #sent = { text: "", id: "" };

  override connectedCallback(): void {
    super.connectedCallback();
    const { item, template, product, kinds } = this;
    const wanted = template?.kind || product.default_kind;
    this.name = item?.name ?? template?.name ?? "";
    this.agent = template?.agent ?? "";
    this.#take((item ? kindOf(product, item) : kinds.find((kind) => kind.name === wanted)) ?? kinds[0] ?? product.kinds[0]!);
    this.expiry = item ? "keep" : (template?.expiry ?? this.expiry);
    if (!item && kinds.some((kind) => kind.agent)) void this.#readAgents();
  }

  #take(kind: Kind): void {
    const choices = choosable(this.product, kind);
    const asked = this.item?.scopes ?? this.template?.scopes ?? [];
    const fits = asked.includes("*") ? choices : choices.filter((scope) => asked.includes(scope.name));
    // Of a new key as little as is of use.
    this.scopes = { chosen: namesOf(this.item || asked.length ? fits : choices.filter(readsOnly)), custom: false, words: "" };
    this.#given = this.scopes.chosen;
    this.kind = kind;
    this.expiry = defaultExpiry(kind);
  }

  /** Those who may not list agents type one. */
  async #readAgents(): Promise<void> {
    try {
      const page = await this.api.get<Page<Agent>>("v1/agents", { account: this.account, limit: 200 });
      this.agents = page.data.filter((agent) => agent.status === "active");
      if (this.agents.length === 1) this.agent ||= this.agents[0]!.slug;
    } catch {
      this.agents = null;
    }
  }

  protected override async submit(): Promise<void> {
    const { item, kind, account, agent, expiry } = this;
    const name = this.name.trim();
    const scopes = [...this.scopes.chosen];
    const expires_at = expiryTime(expiry, this.#chosenAt);
    if (!item) {
      return this.#create({
        account,
        kind: kind.name,
        name,
        ...(kind.scopes.selectable && { scopes }),
        ...(kind.agent && { agent }),
        expires_at,
      });
    }
    const body = {
      ...(name !== item.name && { name }),
      ...(this.scopes.chosen !== this.#given && { scopes }),
      ...(expiry !== "keep" && { expires_at }),
    };
    this.#done("saved", Object.keys(body).length ? await this.api.patch<Key>(path`v1/keys/${item.id}`, body) : item);
  }

  /** The same once more is the same key: what was lost on its way is not made twice. */
  async #create(body: object): Promise<void> {
    const text = JSON.stringify(body);
    if (this.#sent.text !== text) this.#sent = { text, id: randomId() };
    this.#done("made", await this.api.post<Key>("v1/keys", body, { idempotencyKey: this.#sent.id }));
  }

  #toggle(item: Key): void {
    if (item.enabled) this.#done("disable", item);
    else void this.run(async () => this.#done("saved", await this.api.patch<Key>(path`v1/keys/${item.id}`, { enabled: true })));
  }

  #done(what: string, key: Key): void {
    this.dispatchEvent(new CustomEvent(what, { detail: key }));
  }

  protected override heading(): string {
    return this.item ? cut(this.item.name, 200) : this.loc.text(this.#replaces ? "renew" : "create");
  }

  get #replaces(): boolean {
    return Boolean(this.inUse && this.kind.replaces_previous);
  }

  protected override body(): unknown {
    const { item, loc, product } = this;
    const known = item ? facts(item, product, this.usage, loc, !this.editable) : nothing;
    if (!this.editable) return known;
    const choices = choosable(product, this.kind);
    const keep = item && (item.expires_at ? loc.format.time(item.expires_at) : loc.text("never"));
    return html`${item ? nothing : this.#notes()} ${this.#text("name", true)} ${item ? nothing : this.#kindFields()}
      ${choices.length ? scopeField({ ...this.scopes, choices, change: (more) => (this.scopes = { ...this.scopes, ...more }) }, loc) : nothing}
      ${expiryField(this.expiry, this.kind, loc, this.#chosenAt, keep || "", (value) => {
        this.#chosenAt = Date.now();
        this.expiry = value;
      })}
      ${known}`;
  }

  #notes(): unknown {
    const { template, loc, inUse } = this;
    return html`${template?.filled ? html`<p class="note">${loc.text("fromLink")}</p>` : nothing}
      ${this.#replaces ? html`<p class="note warn">${loc.text("replaceText", { prefix: `${inUse!.prefix}…` })}</p>` : nothing}`;
  }

  #text(name: "name" | "agent", first = false): unknown {
    return this.#labelled(name, html`<input id=${name} required maxlength="100" ?autofocus=${first} autocomplete="off" spellcheck="false" dir="auto"
      .value=${this[name]} @input=${(e: Event) => (this[name] = (e.target as HTMLInputElement).value)} />`);
  }

  #labelled(name: "name" | "agent", control: unknown): unknown {
    return html`<div class="field"><label for=${name}>${this.loc.text(name)}</label>${control}</div>`;
  }

  #kindFields(): unknown {
    const { loc, kinds, kind } = this;
    const note = (one: Kind) => (one.server_side_only ? html`<span class="muted small">${loc.text("serverOnly")}</span>` : nothing);
    return html`${kinds.length > 1
      ? html`<fieldset><legend>${loc.text("kind")}</legend><div class="kinds">${kinds.map(
          (one) => html`<label class="choice"><input type="radio" name="kind" .checked=${one === kind} @change=${() => this.#take(one)} />
            <span><strong>${one.title}</strong>${note(one)}</span></label>`,
        )}</div></fieldset>`
      : note(kind)}
    ${kind.agent ? this.#agentField() : nothing}`;
  }

  #agentField(): unknown {
    const { agents, agent } = this;
    if (!agents) return this.#text("agent");
    return this.#labelled("agent", html`<select id="agent" required @change=${(e: Event) => (this.agent = (e.target as HTMLSelectElement).value)}>
        <option></option>
        ${agents.map((one) => html`<option value=${one.slug} ?selected=${agent === one.slug || agent === one.id}>${cut(one.name, 80)} (${one.slug})</option>`)}
      </select>${agents.length ? nothing : html`<span class="muted small">${this.loc.text("noAgents")}</span>`}`);
  }

  protected override footer(): unknown {
    const { loc, item } = this;
    if (!this.editable) return html`<button type="button" class="button" part="button" autofocus @click=${this.close}>${loc.text("close")}</button>`;
    return html`${item ? html`<button type="button" class="button apart" part="button" @click=${() => this.#toggle(item)}>${loc.text(item.enabled ? "disable" : "enable")}</button>` : nothing}
      ${this.cancelButton()} ${this.submitButton(loc.text(item ? "save" : this.#replaces ? "renew" : "create"))}`;
  }
}
define("cardea-key-form", KeyForm);
