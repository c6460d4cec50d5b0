// What ends or replaces a key says what it will do, and is never what Enter does at once.
import { css, html, nothing } from "lit";
import { path, randomId, type Api } from "../common/api";
import { define } from "../common/define";
import { Dialog } from "../common/dialog";
import { cut, quoted } from "../common/format";
import { properties } from "../common/properties";
import { usedLately, type Key } from "./model";
import type { KeyTexts } from "./texts";

export type Act = "rotate" | "disable" | "revoke";

const HOUR = 3600;
/** How long a rotated key may work on. */
const SPANS = [0, HOUR, 24 * HOUR, 7 * 24 * HOUR];

/** Sends `done` with what the API answered. */
export class KeyConfirm extends Dialog<KeyTexts> {
  static override properties = properties("api act item overlap typed reason");
  static override styles = [
    ...Dialog.styles,
    css`
      :host {
        --dialog-width: 480px;
      }
    `,
  ];
  declare api: Api;
  declare act: Act;
  declare item: Key;
  declare overlap: number;
  declare typed: string;
  declare reason: string;
  /** By what is asked for. */
  readonly #ids: Record<number, string> = {};

  override connectedCallback(): void {
    super.connectedCallback();
    this.overlap = 24 * HOUR;
    this.typed = this.reason = "";
  }

  /** What is to be typed: the name, unless nobody could type it. */
  get #word(): string {
    const { name, prefix } = this.item;
    return name.length <= 40 && /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(name) ? name : prefix;
  }

  get #locked(): boolean {
    return this.act === "revoke" && usedLately(this.item) && this.typed.trim() !== this.#word.trim();
  }

  protected override async submit(): Promise<void> {
    if (this.#locked) return;
    const { item, act } = this;
    const at = path`v1/keys/${item.id}`;
    let answer: Key;
    if (act === "revoke") answer = await this.api.delete<Key>(at, { body: { reason: this.reason.trim() || null } });
    else if (act === "disable") answer = await this.api.patch<Key>(at, { enabled: false });
    else {
      const idempotencyKey = (this.#ids[this.overlap] ??= randomId());
      answer = await this.api.post<Key>(`${at}/rotate`, { overlap_sec: this.overlap }, { idempotencyKey });
    }
    this.dispatchEvent(new CustomEvent("done", { detail: answer }));
  }

  protected override heading(): string {
    return this.loc.text(this.act);
  }

  protected override body(): unknown {
    const { loc, item, act } = this;
    return html`<div class="note"><strong class="cut">${cut(item.name, 300)}</strong> <code>${item.prefix}…</code></div>
      <p>${loc.text(`${act}Text`)}</p>
      ${act === "rotate" ? this.#rotateFields() : act === "revoke" ? this.#revokeFields() : nothing}`;
  }

  #rotateFields(): unknown {
    const { loc, item, overlap } = this;
    return html`<div class="field"><label for="overlap">${loc.text("rotateOld")}</label>
        <select id="overlap" @change=${(e: Event) => (this.overlap = Number((e.target as HTMLSelectElement).value))}>
          ${SPANS.map((sec) => html`<option value=${sec} ?selected=${sec === overlap}>${sec ? loc.format.span(sec) : loc.text("now")}</option>`)}
        </select></div>
      ${overlap ? nothing : html`<p class="note warn" role="status">${loc.text("replaceText", { prefix: `${item.prefix}…` })}</p>`}`;
  }

  #revokeFields(): unknown {
    const { loc, item } = this;
    const field = (id: "reason" | "typed", label: string) => html`<div class="field"><label for=${id}>${label}</label>
      <input id=${id} maxlength="200" autocomplete="off" spellcheck="false" dir="auto" .value=${this[id]}
        @input=${(e: Event) => (this[id] = (e.target as HTMLInputElement).value)} /></div>`;
    return html`${usedLately(item) ? html`<p class="note warn">${loc.text("lastUsed")}: ${loc.format.ago(item.last_used_at!)}</p>` : nothing}
      ${field("reason", loc.text("reason"))}
      ${usedLately(item) ? field("typed", loc.text("typeIt", { word: quoted(this.#word) })) : nothing}`;
  }

  protected override footer(): unknown {
    return html`${this.cancelButton(true)} ${this.submitButton(this.loc.text(this.act), this.act !== "rotate" || !this.overlap, this.#locked)}`;
  }
}
define("cardea-key-confirm", KeyConfirm);
