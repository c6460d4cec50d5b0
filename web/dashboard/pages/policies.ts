import { css, html, nothing } from "lit";
import type { Page as Listed } from "../../common/api";
import { base } from "../../common/base.css";
import { plus } from "../../common/icons";
import { Page, at, failed } from "./page";
import "./policies/dialogs";
import "./policies/policy";
import type { Policy } from "./policies/shapes";
import { w } from "./policies/words";
import { chips, layout, tables } from "./styles";

/** The policies of an account, and which of them applies. */
class PoliciesPage extends Page {
  protected override readonly words = w;
  static override properties = {
    ...Page.properties,
    policies: { state: true },
    error: { state: true },
    creating: { state: true },
  };
  private policies: Policy[] | null = null;
  private error: unknown = null;
  private creating = false;
  private of = "";

  protected override willUpdate(): void {
    const listed = !this.rest[0];
    const of = `${this.app.account?.id ?? ""}/${listed}`;
    if (of === this.of) return;
    this.of = of;
    if (listed) void this.load();
  }

  private async load(): Promise<void> {
    this.error = null;
    try {
      // An account has at most 100: one page of the API's.
      this.policies = (await this.app.api.get<Listed<Policy>>(at(this.app, "policies", { limit: 200 }))).data;
    } catch (error) {
      this.error = error;
    }
  }

  private row(p: Policy) {
    const app = this.app;
    return html`<tr class="open">
      <td><a class="name" href=${app.href(`policies/${p.id}`)}><bdi>${p.name}</bdi></a></td>
      <td>
        ${p.default ? html`<span class="chip accent">${w(app, "default")}</span>` : nothing}
        ${p.version
          ? p.unpublished_changes
            ? html`<span class="chip changed">${w(app, "changes")}</span>`
            : p.default ? nothing : html`<span class="muted">–</span>`
          : html`<span class="chip">${w(app, "unpublished")}</span>`}
      </td>
      <td class=${p.version ? "" : "wide"} data-label=${w(app, "versionColumn")}>${p.version ? `${w(app, "version")} ${p.version}` : html`<span class="muted">–</span>`}</td>
      <td data-label=${w(app, "changed")}>${p.updated_at ? html`<time datetime=${p.updated_at} title=${app.format.time(p.updated_at)}>${app.format.ago(p.updated_at)}</time>` : "–"}</td>
    </tr>`;
  }

  private builtinRow(applies: boolean) {
    const app = this.app;
    return html`<tr class="open">
      <td><a class="name" href=${app.href("policies/builtin")}>${w(app, "builtin")}</a></td>
      <td>${applies ? html`<span class="chip ok">${w(app, "builtinApplies")}</span>` : html`<span class="muted wide">–</span>`}</td>
      <td class="wide"><span class="muted">–</span></td>
      <td class="wide"><span class="muted">–</span></td>
    </tr>`;
  }

  private list() {
    const app = this.app;
    if (this.error)
      return failed(app, this.error, () => this.load());
    if (!this.policies) return html`<p class="muted" role="status">${app.t("list.loading")}</p>`;
    const builtin = !this.policies.some((p) => p.default && p.version > 0);
    return html`<div class="table">
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">${w(app, "name")}</th>
              <th scope="col">${w(app, "status")}</th>
              <th scope="col">${w(app, "versionColumn")}</th>
              <th scope="col">${w(app, "changed")}</th>
            </tr>
          </thead>
          <tbody>
            ${this.policies.map((p) => this.row(p))} ${this.builtinRow(builtin)}
          </tbody>
        </table>
      </div>
      ${this.policies.length ? nothing : html`<p class="muted none">${w(app, "none")}</p>`}`;
  }

  protected override render() {
    const app = this.app;
    const [name, tab] = this.rest;
    if (name) return html`<policy-page .app=${app} .name=${name} .tab=${tab ?? ""}></policy-page>`;
    return html`<div class="head">
        <div>
          <h1>${w(app, "title")}</h1>
          <p class="lead">${w(app, "lead")}</p>
        </div>
        ${app.can("manage")
          ? html`<div class="buttons">
              <button type="button" class="button primary" @click=${() => (this.creating = true)}>${plus}${w(app, "create")}</button>
            </div>`
          : nothing}
      </div>
      ${this.list()}
      ${this.creating
        ? html`<policy-name .app=${app} @close=${() => (this.creating = false)}
            @done=${(e: CustomEvent<Policy>) => {
              this.creating = false;
              void app.go(`policies/${e.detail.id}`);
            }}></policy-name>`
        : nothing}`;
  }

  static override styles = [
    base,
    chips,
    tables,
    layout,
    css`
      .name {
        color: var(--cardea-text);
        font-weight: 550;
        text-decoration: none;
        overflow-wrap: anywhere;
      }
      .open:hover .name {
        text-decoration: underline;
      }
      .none {
        margin-top: 14px;
      }
      @media (max-width: 640px) {
        .wide {
          display: none !important;
        }
      }
    `,
  ];
}
customElements.define("cardea-page-policies", PoliciesPage);
