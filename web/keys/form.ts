// Creating a key, and looking at one: its name, scopes and expiry, and of one that there is all that is known.
import { css, html, nothing } from "lit";
import { ApiError, path, randomId, type Api, type Page } from "../common/api";
import { define } from "../common/define";
import { Dialog } from "../common/dialog";
import { cut } from "../common/format";
import { defaultExpiry, expiryField, expiryTime, type Expiry } from "./expiry";
import { facts } from "./facts";
import type { Template } from "./link";
import type { Usage } from "./list";
import { choosable, kindOf, readsOnly, type Agent, type Key, type Kind, type Product } from "./model";
import { namesOf, scopeField, type ScopeField } from "./scopes";
import { fieldStyles } from "./styles.css";
import type { KeyTexts } from "./texts";

type Field = "name" | "scopes" | "agent" | "expires_at";

/** Sends `made` or `saved` with the key as its detail. */
export class KeyForm extends Dialog<KeyTexts> {
  static override properties = {
    api: { attribute: false },
    account: { attribute: false },
    product: { attribute: false },
    kinds: { attribute: false },
    item: { attribute: false },
    inUse: { attribute: false },
    template: { attribute: false },
    usage: { attribute: false },
    editable: { attribute: false },
    kind: { state: true },
    agents: { state: true },
    agent: { state: true },
    name: { state: true },
    expiry: { state: true },
    scopes: { state: true },
    tried: { state: true },
  };
  static override styles = [
    ...Dialog.styles,
    fieldStyles,
    css`
      :host {
        --dialog-width: 560px;
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
  declare usage: Usage | null;
  declare editable: boolean;
  declare kind: Kind;
  declare agents: Agent[] | null;
  declare agent: string;
  declare name: string;
  declare expiry: Expiry;
  declare scopes: Pick<ScopeField, "chosen" | "custom" | "words">;
  declare tried: boolean;
  private chosenAt = Date.now();
  private sent = { text: "", id: "" };

  override connectedCallback(): void {
    super.connectedCallback();
    const { item, template, product, kinds } = this;
    const wanted = template?.kind || product.default_kind;
    this.name = item?.name ?? template?.name ?? "";
    this.agent = template?.agent ?? "";
    this.take((item ? kindOf(product, item) : kinds.find((kind) => kind.name === wanted)) ?? kinds[0] ?? product.kinds[0]!);
    this.expiry = item ? "keep" : (template?.expiry ?? this.expiry);
    if (!item && kinds.some((kind) => kind.agent)) void this.readAgents();
  }

  private take(kind: Kind): void {
    const choices = choosable(this.product, kind);
    const asked = this.item?.scopes ?? this.template?.scopes ?? [];
    const fits = asked.includes("*") ? choices : choices.filter((scope) => asked.includes(scope.name));
    // Of a new key as little as is of use.
    this.scopes = { chosen: namesOf(this.item || asked.length ? fits : choices.filter(readsOnly)), custom: false, words: "" };
    this.kind = kind;
    this.expiry = defaultExpiry(kind);
  }

  /** Those who may not list agents type one. */
  private async readAgents(): Promise<void> {
    try {
      const page = await this.api.get<Page<Agent>>("v1/agents", { account: this.account, limit: 200 });
      this.agents = page.data.filter((agent) => agent.status === "active");
      if (this.agents.length === 1) this.agent ||= this.agents[0]!.slug;
    } catch {
      this.agents = null;
    }
  }

  protected override fields(): Field[] {
    return ["name", "scopes", "expires_at", "agent"];
  }

  /** What the API said of that field, or what is missing. */
  private wrong(field: Field): string {
    const said = this.problem instanceof ApiError && this.problem.field(field);
    if (said) return `${said.message} ${said.fix ?? ""}`;
    const { selectable, required } = this.kind.scopes;
    const missing = {
      name: !this.name.trim(),
      agent: !this.item && this.kind.agent && !this.agent,
      scopes: selectable && required && !this.scopes.chosen.size,
      expires_at: this.expiry === "date",
    };
    return this.tried && missing[field] ? this.loc.text("needed") : "";
  }

  protected override async submit(): Promise<void> {
    this.tried = true;
    if (this.fields().some((field) => this.wrong(field))) {
      await this.updateComplete;
      return this.renderRoot.querySelector<HTMLElement>("[aria-invalid=true], [name=scope]")?.focus();
    }
    const { item, kind, account, agent, expiry } = this;
    const name = this.name.trim();
    const scopes = [...this.scopes.chosen];
    const expires_at = expiryTime(expiry, this.chosenAt);
    if (!item) {
      return this.create({
        account,
        kind: kind.name,
        name,
        ...(kind.scopes.selectable && { scopes }),
        ...(kind.agent && { agent }),
        expires_at,
      });
    }
    const all = item.scopes.includes("*") && scopes.length === choosable(this.product, kind).length;
    const same = all || (scopes.length === item.scopes.length && item.scopes.every((scope) => this.scopes.chosen.has(scope)));
    const body = {
      ...(name !== item.name && { name }),
      ...(kind.scopes.selectable && !same && { scopes }),
      ...(expiry !== "keep" && { expires_at }),
    };
    this.done("saved", Object.keys(body).length ? await this.api.patch<Key>(path`v1/keys/${item.id}`, body) : item);
  }

  /** The same once more is the same key: what was lost on its way is not made twice. */
  private async create(body: object): Promise<void> {
    const text = JSON.stringify(body);
    if (this.sent.text !== text) this.sent = { text, id: randomId() };
    this.done("made", await this.api.post<Key>("v1/keys", body, { idempotencyKey: this.sent.id }));
  }

  private done(what: string, key: Key): void {
    this.dispatchEvent(new CustomEvent(what, { detail: key }));
  }

  protected override heading(): string {
    return this.loc.text(this.item ? (this.editable ? "edit" : "details") : this.replaces ? "renew" : "create");
  }

  private get replaces(): boolean {
    return Boolean(this.inUse && this.kind.replaces_previous);
  }

  protected override body(): unknown {
    const { item, loc, product } = this;
    const known = item ? facts(item, product, this.usage, loc) : nothing;
    if (item && !this.editable) return html`<strong class="cut">${cut(item.name, 300)}</strong>${known}`;
    const choices = choosable(product, this.kind);
    const keep = item && (item.expires_at ? loc.format.time(item.expires_at) : loc.text("never"));
    return html`${item ? nothing : this.notes()}
      ${this.input("name", "name", html`<input id="name" maxlength="100" autofocus autocomplete="off" spellcheck="false" dir="auto" placeholder="ci-pipeline"
        aria-describedby="name-wrong" aria-invalid=${Boolean(this.wrong("name"))} .value=${this.name} @input=${(e: Event) => (this.name = (e.target as HTMLInputElement).value)} />`)}
      ${item ? nothing : this.kindFields()}
      ${choices.length
        ? scopeField({ ...this.scopes, choices, wrong: this.wrong("scopes"), change: (more) => (this.scopes = { ...this.scopes, ...more }) }, loc)
        : nothing}
      ${expiryField(this.expiry, this.kind, loc, this.chosenAt, keep || "", this.wrong("expires_at"), (value) => {
        this.chosenAt = Date.now();
        this.expiry = value;
      })}
      ${known}`;
  }

  private notes(): unknown {
    const { template, loc, inUse } = this;
    const names = namesOf(this.product.scopes);
    const unknown = template?.scopes.filter((name) => name !== "*" && !names.has(name)).join(", ");
    return html`${template?.filled
      ? html`<p class="note">${loc.text("fromLink")} ${unknown ? html`<span>${loc.text("unknownScopes", { scopes: cut(unknown, 200) })}</span>` : nothing}</p>`
      : nothing}
      ${this.replaces ? html`<p class="note warn">${loc.text("replaceText", { prefix: `${inUse!.prefix}…` })}</p>` : nothing}`;
  }

  private input(field: Field, label: keyof KeyTexts, control: unknown): unknown {
    const wrong = this.wrong(field);
    return html`<div class="field"><label for=${label}>${this.loc.text(label)}</label>${control}
      <span id="${label}-wrong" class="small wrong" ?hidden=${!wrong}>${wrong}</span></div>`;
  }

  private kindFields(): unknown {
    const { loc, kinds, kind } = this;
    const note = (one: Kind) => (one.server_side_only ? html`<span class="muted small">${loc.text("serverOnly")}</span>` : nothing);
    return html`${kinds.length > 1
      ? html`<fieldset><legend>${loc.text("kind")}</legend><div class="kinds">${kinds.map(
          (one) => html`<label class="choice"><input type="radio" name="kind" .checked=${one === kind} @change=${() => this.take(one)} />
            <span><strong>${one.title}</strong>${note(one)}</span></label>`,
        )}</div></fieldset>`
      : note(kind)}
    ${kind.agent ? this.input("agent", "agent", this.agentControl()) : nothing}`;
  }

  private agentControl(): unknown {
    const { agents, agent } = this;
    const wrong = Boolean(this.wrong("agent"));
    const set = (e: Event) => (this.agent = (e.target as HTMLInputElement).value);
    if (!agents) return html`<input id="agent" autocomplete="off" spellcheck="false" aria-describedby="agent-wrong" aria-invalid=${wrong} .value=${agent} @input=${set} />`;
    return html`<select id="agent" aria-describedby="agent-wrong" aria-invalid=${wrong} @change=${set}>
        <option value=""></option>
        ${agents.map((one) => html`<option value=${one.slug} ?selected=${agent === one.slug || agent === one.id}>${cut(one.name, 80)} (${one.slug})</option>`)}
      </select>${agents.length ? nothing : html`<span class="muted small">${this.loc.text("noAgents")}</span>`}`;
  }

  protected override footer(): unknown {
    if (!this.editable) return html`<button type="button" class="button" part="button" autofocus @click=${this.close}>${this.loc.text("close")}</button>`;
    return html`${this.cancelButton()} ${this.submitButton(this.loc.text(this.item ? "save" : this.replaces ? "renew" : "create"))}`;
  }
}
define("cardea-key-form", KeyForm);
