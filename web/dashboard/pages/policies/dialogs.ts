import { css, html, nothing } from "lit";
import { define } from "../../../common/define";
import { Dialog } from "../../../common/dialog";
import { quoted } from "../../../common/format";
import { PageDialog } from "../dialog";
import { at, mistakeAt, wrong } from "../page";
import { changesOf } from "./changes";
import "./rules";
import type { Policy, PolicyVersion, PolicyWhole } from "./shapes";
import { w } from "./words";

/** A new policy, or another name for one. */
class PolicyName extends PageDialog {
  static override properties = { ...PageDialog.properties, policy: { attribute: false }, name: { state: true } };
  declare policy: Policy | null;
  declare name: string;

  constructor() {
    super();
    this.policy = null;
    this.name = "";
  }

  protected override firstUpdated(changed: Map<string, unknown>): void {
    if (this.policy) this.name = this.policy.name;
    super.firstUpdated(changed);
  }

  protected override fields(): string[] {
    return ["name"];
  }
  protected override heading() {
    return this.policy ? w(this.app, "renameTitle", { name: quoted(this.policy.name) }) : w(this.app, "create");
  }
  protected override body() {
    const mistake = mistakeAt(this.problem, "/name");
    return html`
      ${this.policy ? nothing : html`<p class="muted">${w(this.app, "createLead")}</p>`}
      <div class="field">
        <label for="name">${w(this.app, "name")}</label>
        <input id="name" autofocus autocomplete="off" spellcheck="false" maxlength="64" .value=${this.name}
          aria-describedby="help wrong" aria-invalid=${mistake ? "true" : "false"}
          @input=${(e: Event) => (this.name = (e.target as HTMLInputElement).value)} />
        <p class="small muted" id="help">${w(this.app, "nameHelp")}</p>
        ${wrong("wrong", mistake)}
      </div>
    `;
  }
  protected override footer() {
    return html`${this.cancelButton()}${this.submitButton(w(this.app, this.policy ? "rename" : "create").replace("…", ""), false, !this.name)}`;
  }
  protected override async submit(): Promise<void> {
    const { api } = this.app;
    const name = this.name.trim();
    this.done(
      this.policy
        ? await api.patch<Policy>(at(this.app, `policies/${this.policy.id}`), { name })
        : await api.post<Policy>("policies", { ...this.app.accountQuery, name }),
    );
  }
}
define("policy-name", PolicyName);

/** What publishing does, rule by rule, before it is done. */
class PolicyPublish extends PageDialog {
  static override properties = { ...PageDialog.properties, policy: { attribute: false }, note: { state: true } };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      dl {
        display: grid;
        gap: 8px;
        margin: 0;
      }
      dl > div {
        display: grid;
        grid-template-columns: 7rem minmax(0, 1fr);
        gap: 12px;
      }
      dt {
        color: var(--cardea-muted);
      }
      dd {
        margin: 0;
        font: 12.5px/1.6 var(--cardea-mono);
        overflow-wrap: anywhere;
      }
    `,
  ];
  declare policy: PolicyWhole;
  declare note: string;

  constructor() {
    super();
    this.note = "";
  }

  private changes() {
    const app = this.app;
    const draft = this.policy.draft!;
    if (!this.policy.document) return html`<p>${w(app, "publishFirst", { n: draft.rules.length })}</p>`;
    const c = changesOf(this.policy.document, draft);
    const row = (name: "added" | "removed" | "altered" | "settings", ids: string[]) =>
      ids.length ? html`<div><dt>${w(app, name)}</dt><dd><bdi>${ids.join(", ")}</bdi></dd></div>` : nothing;
    return html`<dl>${row("added", c.added)}${row("altered", c.changed)}${row("removed", c.removed)}${row("settings", c.settings)}</dl>`;
  }
  protected override heading() {
    return w(this.app, "publishTitle", { name: quoted(this.policy.name) });
  }
  protected override body() {
    const app = this.app;
    return html`<p>${w(app, "publishLead", { version: this.policy.version + 1 })} ${this.policy.default ? w(app, "publishDefault") : nothing}</p>
      ${this.changes()}
      <div class="field">
        <label for="note">${w(app, "publishNote")}</label>
        <input id="note" maxlength="500" autocomplete="off" .value=${this.note} autofocus
          @input=${(e: Event) => (this.note = (e.target as HTMLInputElement).value)} />
      </div>`;
  }
  protected override footer() {
    return html`${this.cancelButton()}${this.submitButton(w(this.app, "publishAction", { version: this.policy.version + 1 }))}`;
  }
  protected override async submit(): Promise<void> {
    const body = { revision: this.policy.revision, ...(this.note ? { note: this.note } : {}) };
    this.done(await this.app.api.post<PolicyVersion>(at(this.app, `policies/${this.policy.id}/publish`), body));
  }
}
define("policy-publish", PolicyPublish);

/** A version as it was published. */
class PolicyVersionView extends PageDialog {
  static override properties = { ...PageDialog.properties, version: { attribute: false } };
  declare version: PolicyVersion;

  protected override heading() {
    return `${w(this.app, "version")} ${this.version.version}`;
  }
  protected override body() {
    const v = this.version;
    return html`${v.note ? html`<p dir="auto"><bdi>${v.note}</bdi></p>` : nothing}
      <policy-rules .app=${this.app} .document=${v.document ?? null}></policy-rules>`;
  }
  protected override footer() {
    return html`<button type="button" class="button" autofocus @click=${this.close}>${w(this.app, "close")}</button>`;
  }
}
define("policy-version-view", PolicyVersionView);
