import { css, html, nothing } from "lit";
import { define } from "../../../common/define";
import { Dialog } from "../../../common/dialog";
import { quoted } from "../../../common/format";
import { PageDialog } from "../dialog";
import { at, mistakeAt, wrong } from "../page";
import type { StatementKey } from "./shapes";
import { w, type Word } from "./words";

type Every = "none" | "day" | "month";
const EVERY: Every[] = ["none", "day", "month"];

/** How much a key may draw, and whether its balance is filled up again. */
class KeyCredits extends PageDialog {
  static override properties = {
    ...PageDialog.properties,
    line: { attribute: false },
    metered: { state: true },
    balance: { state: true },
    every: { state: true },
    amount: { state: true },
  };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      .check {
        display: flex;
        gap: 10px;
        cursor: pointer;
      }
      .check small {
        display: block;
        color: var(--cardea-muted);
        font-size: 13px;
        font-weight: 400;
      }
      .two {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(190px, 1fr));
        gap: 12px;
      }
    `,
  ];
  declare line: StatementKey;
  declare metered: boolean;
  declare balance: string;
  declare every: Every;
  declare amount: string;

  protected override willUpdate(changed?: Map<string, unknown>): void {
    super.willUpdate();
    if (!changed?.has("line")) return;
    const { credits_left: left, refill } = this.line;
    this.metered = left !== null;
    this.balance = "";
    this.every = refill?.every ?? "none";
    this.amount = refill ? String(refill.credits) : "";
  }

  protected override fields(): string[] {
    return ["credits", "refill"];
  }
  protected override heading() {
    return w(this.app, "creditsTitle", { name: quoted(this.line.name || `${this.line.prefix}…`) });
  }

  private meter() {
    const app = this.app;
    const balance = mistakeAt(this.problem, "/credits");
    const refill = mistakeAt(this.problem, "/refill");
    const left = this.line.credits_left;
    return html`<div class="field">
        <label for="balance">${w(app, "balance")}</label>
        <input id="balance" type="number" inputmode="numeric" .value=${this.balance}
          placeholder=${left === null ? "" : app.format.number(left)} aria-describedby="balance-help balance-wrong"
          aria-invalid=${balance ? "true" : "false"} @input=${(e: Event) => (this.balance = (e.target as HTMLInputElement).value)} />
        <p class="small muted" id="balance-help">${w(app, "balanceHelp")}</p>
        ${wrong("balance-wrong", balance)}
      </div>
      <div class="two">
        <div class="field">
          <label for="every">${w(app, "refillEvery")}</label>
          <select id="every" @change=${(e: Event) => (this.every = (e.target as HTMLSelectElement).value as Every)}>
            ${EVERY.map((e) => html`<option value=${e} ?selected=${e === this.every}>${w(app, `every_${e}` as Word)}</option>`)}
          </select>
        </div>
        ${this.every === "none"
          ? nothing
          : html`<div class="field">
              <label for="amount">${w(app, "refillTo")}</label>
              <input id="amount" type="number" inputmode="numeric" .value=${this.amount} aria-describedby="refill-help refill-wrong"
                aria-invalid=${refill ? "true" : "false"} @input=${(e: Event) => (this.amount = (e.target as HTMLInputElement).value)} />
            </div>`}
      </div>
      ${this.every === "none" ? nothing : html`<p class="small muted" id="refill-help">${w(app, "refillHelp")}</p>`}
      ${wrong("refill-wrong", refill)}`;
  }

  protected override body() {
    const app = this.app;
    return html`<label class="check">
        <input type="checkbox" autofocus .checked=${this.metered} @change=${(e: Event) => (this.metered = (e.target as HTMLInputElement).checked)} />
        <span>${w(app, "metered")}<small>${w(app, "meteredHelp")}</small></span>
      </label>
      ${this.metered ? this.meter() : nothing}`;
  }

  private get ready(): boolean {
    if (!this.metered) return true;
    if (this.every !== "none") return Number(this.amount) >= 1;
    return this.balance !== "" || this.line.credits_left !== null;
  }

  protected override footer() {
    return html`${this.cancelButton()}${this.submitButton(w(this.app, "save"), false, !this.ready)}`;
  }

  protected override async submit(): Promise<void> {
    const body = this.metered
      ? {
          ...(this.balance === "" ? {} : { credits: Number(this.balance) }),
          refill: this.every === "none" ? null : { credits: Number(this.amount), every: this.every },
        }
      : { credits: null, refill: null };
    this.done(await this.app.api.put<StatementKey>(at(this.app, `billing/keys/${this.line.key_id}`), body));
  }
}
define("key-credits", KeyCredits);
