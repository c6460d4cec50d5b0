import { html, nothing } from "lit";
import { base } from "../../../common/base.css";
import { icon } from "../../icons";
import { quoted } from "../../../common/format";
import "../../../common/menu";
import { Part, at, failed } from "../page";
import { chips, layout } from "../styles";
import "./cases";
import "./dialogs";
import "./draft";
import "./playground";
import "./replay";
import type { Policy, PolicyVersion, PolicyWhole } from "./shapes";
import "./versions";
import { w, type Word } from "./words";

type Tab = "draft" | "playground" | "cases" | "replay" | "versions";

/** One policy: its draft, what it would say, what was published. */
export class PolicyPage extends Part {
  static override properties = {
    ...Part.properties,
    name: {},
    tab: {},
    policy: { state: true },
    typed: { state: true },
    error: { state: true },
    dialog: { state: true },
  };
  name = "";
  tab = "";
  private policy: PolicyWhole | null = null;
  private typed: string | null = null;
  private error: unknown = null;
  private dialog: "" | "publish" | "rename" = "";
  private unguard: (() => void) | null = null;

  private readonly beforeUnload = (e: BeforeUnloadEvent): void => {
    if (this.typed !== null) e.preventDefault();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("beforeunload", this.beforeUnload);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener("beforeunload", this.beforeUnload);
    this.unguard?.();
    this.unguard = null;
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    // Between the tabs of one policy nothing is lost, so nobody is asked; the router asks when the policy is left.
    this.unguard ??= this.app.guard(() => this.typed !== null && !this.moving);
    if (changed.has("name")) {
      this.policy = null;
      this.typed = null;
      void this.load();
    }
  }

  protected override updated(changed: Map<string, unknown>): void {
    // On a phone not all tabs fit.
    if (changed.has("tab") || changed.has("policy"))
      this.renderRoot.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  private moving = false;
  private async goTab(e: Event, tab: Tab): Promise<void> {
    const click = e as MouseEvent;
    if (click.ctrlKey || click.metaKey || click.shiftKey || click.button) return;
    e.preventDefault();
    this.moving = true;
    await this.app.go(this.pathOf(tab), { replace: true });
    this.moving = false;
  }

  private pathOf(tab: Tab): string {
    const name = encodeURIComponent(this.name);
    return tab === "draft" ? `policies/${name}` : `policies/${name}/${tab}`;
  }

  private async load(): Promise<void> {
    this.error = null;
    try {
      const policy = await this.app.api.get<PolicyWhole>(at(this.app, `policies/${encodeURIComponent(this.name)}`));
      this.policy = policy;
      this.app.title(policy.id === "builtin" ? w(this.app, "builtin") : policy.name);
    } catch (error) {
      this.error = error;
    }
  }

  private tabs(): [Tab, Word][] {
    if (this.policy!.id === "builtin")
      return [
        ["draft", "tabRules"],
        ["playground", "tabPlayground"],
      ];
    const all: [Tab, Word][] = [
      ["draft", "tabDraft"],
      ["playground", "tabPlayground"],
      ["cases", "tabCases"],
      ["replay", "tabReplay"],
      ["versions", "tabVersions"],
    ];
    return this.app.can("manage") ? all : all.filter(([tab]) => tab !== "replay");
  }

  private async chosen(action: string): Promise<void> {
    if (action === "rename") this.dialog = "rename";
    else if (action === "default") await this.makeDefault();
    else if (action === "delete") await this.erase();
  }

  private async makeDefault(): Promise<void> {
    const { app } = this;
    const name = quoted(this.policy!.name);
    const sure = await app.confirm({
      title: w(app, "makeDefaultTitle", { name }),
      text: w(app, "makeDefaultText"),
      action: w(app, "makeDefault"),
    });
    if (!sure) return;
    await this.attempt(async () => {
      await app.api.patch<Policy>(at(app, `policies/${this.policy!.id}`), { default: true });
      app.toast(w(app, "isDefault", { name }));
      await this.load();
    });
  }

  private async erase(): Promise<void> {
    const { app } = this;
    const policy = this.policy!;
    const name = quoted(policy.name);
    const sure = await app.confirm({
      title: w(app, "deleteTitle", { name }),
      text: [w(app, "deleteText"), policy.default ? w(app, "deleteDefault") : ""].join(" ").trim(),
      action: w(app, "deleteAction"),
      danger: true,
      ...(policy.version ? { typed: policy.name } : {}),
    });
    if (!sure) return;
    await this.attempt(async () => {
      await app.api.delete(at(app, `policies/${policy.id}`));
      this.typed = null;
      app.toast(w(app, "deleted", { name }));
      await app.go("policies", { replace: true });
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.app.toast(this.app.describe(error), "bad");
    }
  }

  private signs(p: PolicyWhole) {
    const app = this.app;
    if (p.id === "builtin") return nothing;
    return html`<p class="signs">
      ${p.version
        ? html`<span class="chip ok">${w(app, "inForce", { version: p.version })}</span>`
        : html`<span class="chip">${w(app, "unpublished")}</span>`}
      ${p.default ? html`<span class="chip accent">${w(app, "default")}</span>` : nothing}
      ${p.unpublished_changes && p.version ? html`<span class="chip changed">${w(app, "changes")}</span>` : nothing}
    </p>`;
  }

  private head(p: PolicyWhole) {
    const app = this.app;
    const builtin = p.id === "builtin";
    const items = [
      { label: w(app, "rename"), action: "rename" },
      ...(p.version && !p.default ? [{ label: w(app, "makeDefault"), action: "default" }] : []),
      { label: w(app, "delete"), action: "delete", danger: true },
    ];
    return html`<a class="back" href=${app.href("policies")}>${icon("back")}${w(app, "title")}</a>
      <div class="head">
        <div>
          <h1><bdi>${builtin ? w(app, "builtin") : p.name}</bdi></h1>
          ${builtin ? html`<p class="lead">${w(app, "builtinLead")}</p>` : this.signs(p)}
        </div>
        ${builtin || !app.can("manage")
          ? nothing
          : html`<div class="buttons">
              <button type="button" class="button primary" ?disabled=${!p.unpublished_changes || this.typed !== null}
                @click=${() => (this.dialog = "publish")}>${w(app, "publish")}</button>
              <cardea-menu .label=${w(app, "actions")} .items=${items}
                @choose=${(e: CustomEvent<string>) => this.chosen(e.detail)}></cardea-menu>
            </div>`}
      </div>`;
  }

  private panel(p: PolicyWhole) {
    const app = this.app;
    const dirty = this.typed !== null;
    switch (this.tab) {
      case "playground":
        return html`<policy-playground .app=${app} .policy=${p} ?dirty=${dirty}></policy-playground>`;
      case "cases":
        return html`<policy-cases .app=${app} .policy=${p}></policy-cases>`;
      case "replay":
        return html`<policy-replay .app=${app} .policy=${p} ?dirty=${dirty}></policy-replay>`;
      case "versions":
        return html`<policy-versions .app=${app} .policy=${p} @changed=${this.load}></policy-versions>`;
      default:
        return html`<policy-draft .app=${app} .policy=${p} .text=${this.typed} @changed=${this.load}
          @typed=${(e: CustomEvent<string | null>) => (this.typed = e.detail)}></policy-draft>`;
    }
  }

  private dialogs(p: PolicyWhole) {
    const app = this.app;
    const shut = () => (this.dialog = "");
    if (this.dialog === "publish")
      return html`<policy-publish .app=${app} .policy=${p} @close=${shut} @done=${(e: CustomEvent<PolicyVersion>) => {
        shut();
        app.toast(w(app, "published", { version: e.detail.version }));
        void this.load();
      }}></policy-publish>`;
    if (this.dialog === "rename")
      return html`<policy-name .app=${app} .policy=${p} @close=${shut} @done=${() => {
        shut();
        app.toast(w(app, "renamed"));
        void this.load();
      }}></policy-name>`;
    return nothing;
  }

  protected override render() {
    const { app, policy } = this;
    if (this.error)
      return html`<a class="back" href=${app.href("policies")}>${icon("back")}${w(app, "title")}</a>${failed(app, this.error, () => this.load())}`;
    if (!policy) return html`<p class="muted" role="status">${app.t("list.loading")}</p>`;
    return html`${this.head(policy)}
      <nav class="tabs" aria-label=${policy.name}>
        ${this.tabs().map(
          ([tab, label]) => html`<a href=${app.href(this.pathOf(tab))} aria-current=${(this.tab || "draft") === tab ? "page" : nothing}
            @click=${(e: Event) => this.goTab(e, tab)}>${w(app, label)}</a>`,
        )}
      </nav>
      ${this.panel(policy)} ${this.dialogs(policy)}`;
  }

  static override styles = [base, chips, layout];
}
customElements.define("policy-page", PolicyPage);
