import { css, html, nothing, type TemplateResult } from "lit";
import { ApiError } from "../../common/api";
import { Dialog } from "../../common/dialog";
import { check, copy } from "../../common/icons";
import { copyText } from "../../common/clipboard";
import type { App } from "../app";
import { base } from "../styles";

/** What the pages' dialogs have in common: they know the app, and ask before what is typed in them goes. */
export abstract class AppDialog extends Dialog {
  static override properties = { ...Dialog.properties, app: { attribute: false }, copied: { state: true } };
  static override styles = [
    ...base,
    ...(Array.isArray(Dialog.styles) ? Dialog.styles : [Dialog.styles]),
    css`
      :host {
        display: contents;
      }
      .copy {
        display: flex;
        gap: 8px;
      }
      .copy input {
        font-family: var(--cardea-mono);
        font-size: 13px;
      }
      .copy button svg {
        display: block;
      }
    `,
  ];
  declare app: App;
  declare copied: string;
  private free: (() => void) | null = null;
  private finished = false;

  /** What was typed so far would be lost. */
  protected dirty(): boolean {
    return false;
  }

  override connectedCallback(): void {
    this.loc = this.app.loc;
    this.copied = "";
    super.connectedCallback();
    this.free = this.app.guard(() => !this.finished && this.dirty());
  }

  override disconnectedCallback(): void {
    this.free?.();
    super.disconnectedCallback();
  }

  override close(): void {
    if (this.busy) return;
    if (!this.dirty()) {
      super.close();
      return;
    }
    const { app } = this;
    void app
      .confirm({
        title: app.t("leave.title"),
        text: app.t("leave.text"),
        action: app.t("leave.leave"),
        cancel: app.t("leave.stay"),
        danger: true,
      })
      .then((yes) => yes && this.dispatchEvent(new Event("close")));
  }

  /** Says that it is done, for whoever opened it. */
  protected done(detail?: unknown): void {
    this.finished = true;
    this.dispatchEvent(new CustomEvent("done", { detail }));
  }

  protected text(name: string): string {
    return this.renderRoot.querySelector<HTMLInputElement>(`[name=${name}]`)?.value.trim() ?? "";
  }

  /** What the API said of one member of what was sent. */
  protected wrong(name: string): string {
    if (!(this.problem instanceof ApiError)) return "";
    const found = this.problem.errors.find((error) => error.location === `/${name}` || error.location === `body/${name}`);
    return found ? `${found.message} ${found.fix ?? ""}`.trim() : "";
  }

  protected renderInput(
    name: string,
    label: string,
    more: { hint?: string; type?: string; value?: string; autocomplete?: string; max?: number; first?: boolean } = {},
  ): TemplateResult {
    const wrong = this.wrong(name);
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <input
        id=${name}
        name=${name}
        type=${more.type ?? "text"}
        .defaultValue=${more.value ?? ""}
        maxlength=${more.max ?? nothing}
        autocomplete=${more.autocomplete ?? "off"}
        ?autofocus=${more.first}
        spellcheck="false"
        aria-invalid=${wrong ? "true" : "false"}
        aria-describedby=${wrong ? `${name}-wrong` : more.hint ? `${name}-hint` : nothing}
      />
      ${wrong ? html`<p class="wrong" id="${name}-wrong">${wrong}</p>` : nothing}
      ${more.hint && !wrong ? html`<p class="hint" id="${name}-hint">${more.hint}</p>` : nothing}
    </div>`;
  }

  protected renderCopy(name: string, label: string, value: string): TemplateResult {
    return html`<div class="field">
      <label for=${name}>${label}</label>
      <div class="copy">
        <input id=${name} readonly .value=${value} @focus=${(event: Event) => (event.target as HTMLInputElement).select()} />
        <button
          type="button"
          class="button"
          @click=${async () => {
            const field = this.renderRoot.querySelector<HTMLInputElement>(`#${name}`);
            this.copied = (await copyText(value, field ?? undefined)) ? name : "";
          }}
        >
          ${this.copied === name ? check : copy} ${this.loc.text(this.copied === name ? "copied" : "copy")}
        </button>
      </div>
    </div>`;
  }
}
