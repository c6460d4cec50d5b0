import { css, html, nothing } from "lit";
import { base } from "../../../common/base.css";
import type { Page as Listed } from "../../../common/api";
import { peopleOf } from "../names";
import { Part, at, failed } from "../page";
import { chips, layout, tables } from "../styles";
import "./dialogs";
import type { PolicyVersion, PolicyWhole } from "./shapes";
import { w } from "./words";

/** What was published, when, by whom and why. A version never changes; an older one can be put in force again. */
export class PolicyVersions extends Part {
  static override properties = {
    ...Part.properties,
    policy: { attribute: false },
    versions: { state: true },
    cursor: { state: true },
    error: { state: true },
    shown: { state: true },
    people: { state: true },
  };
  policy!: PolicyWhole;
  private versions: PolicyVersion[] | null = null;
  private cursor: string | null = null;
  private error: unknown = null;
  private shown: PolicyVersion | null = null;
  private people = new Map<string, string>();

  protected override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get("policy") as PolicyWhole | undefined;
    if (!changed.has("policy") || (before && before.id === this.policy.id && before.version === this.policy.version)) return;
    this.versions = null;
    void this.load("");
    void peopleOf(this.app).then((people) => (this.people = people));
  }

  private async load(cursor: string): Promise<void> {
    this.error = null;
    try {
      const page = await this.app.api.get<Listed<PolicyVersion>>(at(this.app, `policies/${this.policy.id}/versions`, { cursor }));
      this.versions = cursor ? [...(this.versions ?? []), ...page.data] : page.data;
      this.cursor = page.next_cursor;
    } catch (error) {
      this.error = error;
    }
  }

  private async view(v: PolicyVersion): Promise<void> {
    try {
      this.shown = await this.app.api.get<PolicyVersion>(at(this.app, `policies/${this.policy.id}/versions/${v.version}`));
    } catch (error) {
      this.app.toast(this.app.describe(error), "bad");
    }
  }

  private async publishAgain(v: PolicyVersion): Promise<void> {
    const app = this.app;
    const sure = await app.confirm({
      title: w(app, "rollbackTitle", { version: v.version }),
      text: w(app, "rollbackText", { next: this.policy.version + 1 }),
      action: w(app, "rollbackAction", { version: v.version }),
    });
    if (!sure) return;
    try {
      const made = await app.api.post<PolicyVersion>(at(app, `policies/${this.policy.id}/publish`), { version: v.version });
      app.toast(w(app, "published", { version: made.version }));
      this.dispatchEvent(new Event("changed"));
    } catch (error) {
      app.toast(app.describe(error), "bad");
    }
  }

  private who(id: string | null) {
    if (!id) return html`<span class="muted">–</span>`;
    if (id === "root") return w(this.app, "root");
    const name = this.people.get(id);
    return name ? html`<bdi title=${id}>${name}</bdi>` : html`<span class="mono">${id}</span>`;
  }

  private row(v: PolicyVersion) {
    const app = this.app;
    const current = v.version === this.policy.version;
    return html`<tr>
      <td class="nowrap"><strong>${w(app, "version")} ${v.version}</strong> ${current ? html`<span class="chip ok">${w(app, "current")}</span>` : nothing}</td>
      <td class="nowrap">${app.format.time(v.published_at)}</td>
      <td>${this.who(v.published_by)}</td>
      <td class="note-text"><bdi>${v.note ?? ""}</bdi></td>
      <td class="acts">
        <button type="button" class="link" @click=${() => this.view(v)}>${w(app, "view")}</button>
        ${!current && app.can("manage")
          ? html`<button type="button" class="link" @click=${() => this.publishAgain(v)}>${w(app, "rollback")}</button>`
          : nothing}
      </td>
    </tr>`;
  }

  protected override render() {
    const app = this.app;
    if (this.error) return failed(app, this.error, () => this.load(""));
    if (!this.versions) return html`<p class="muted" role="status">${app.t("list.loading")}</p>`;
    if (!this.versions.length) return html`<p class="empty">${w(app, "noVersions")}</p>`;
    return html`<div class="table">
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">${w(app, "version")}</th>
              <th scope="col">${w(app, "when")}</th>
              <th scope="col">${w(app, "by")}</th>
              <th scope="col">${w(app, "note")}</th>
              <th scope="col"><span class="sr">${w(app, "actions")}</span></th>
            </tr>
          </thead>
          <tbody>${this.versions.map((v) => this.row(v))}</tbody>
        </table>
      </div>
      ${this.cursor
        ? html`<p class="more"><button type="button" class="button" @click=${() => this.load(this.cursor!)}>${w(app, "more")}</button></p>`
        : nothing}
      ${this.shown
        ? html`<policy-version-view .app=${app} .version=${this.shown} @close=${() => (this.shown = null)}></policy-version-view>`
        : nothing}`;
  }

  static override styles = [
    base,
    chips,
    tables,
    layout,
    css`
      .nowrap {
        white-space: nowrap;
      }
      .note-text {
        max-width: 24rem;
        overflow-wrap: anywhere;
      }
      .acts {
        text-align: end;
        white-space: nowrap;
      }
      .acts .link + .link {
        margin-inline-start: 14px;
      }
      @media (max-width: 640px) {
        .cards td.acts {
          margin-top: 6px;
          text-align: start;
        }
      }
    `,
  ];
}
customElements.define("policy-versions", PolicyVersions);
