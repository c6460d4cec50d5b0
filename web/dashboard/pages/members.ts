import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { path } from "../../common/api";
import { quoted } from "../../common/format";
import "../../common/menu";
import type { MenuItem } from "../../common/menu";
import { listing } from "../elements/listing";
import { icon } from "../icons";
import { List } from "../list";
import { PageElement } from "../page";
import { base, pageStyles } from "../styles";
import { speaker } from "../words";
import "./members/dialogs";
import type { Member } from "./members/dialogs";
import { words } from "./members/words";

const say = speaker(words);

/** Who belongs to the account, and what each may do. */
export class MembersPage extends PageElement {
  static override properties = { ...PageElement.properties, inviting: { state: true }, changing: { state: true } };
  declare inviting: boolean;
  declare changing: Member | null;

  private readonly members = new List<Member>(this, () => ({
    app: this.app,
    path: path`accounts/${this.account}/members`,
  }));

  constructor() {
    super();
    this.inviting = false;
    this.changing = null;
  }

  private get account(): string {
    return this.app.account?.id ?? this.app.session.account ?? "";
  }

  private get accountName(): string {
    const { account, session } = this.app;
    return quoted(account?.name ?? session.account_name ?? session.account_slug ?? "");
  }

  protected override firstUpdated(_changed: PropertyValues<this>): void {
    void this.members.load();
  }

  override render(): TemplateResult {
    const { app } = this;
    const invite = app.can("manage")
      ? html`<button class="button primary" @click=${() => (this.inviting = true)}>${icon("plus")}${say(app, "invite")}</button>`
      : nothing;
    return html`<div class="head">
        <div>
          <h1>${say(app, "title")}</h1>
          <p>${say(app, "about", { account: this.accountName })}</p>
        </div>
        <div class="deeds">${invite}</div>
      </div>
      ${listing({
        app,
        list: this.members,
        table: (items) => this.renderTable(items),
        empty: { icon: "members", title: say(app, "emptyTitle"), text: say(app, "emptyText"), action: invite },
      })}
      ${this.renderDialogs()}`;
  }

  private renderDialogs(): TemplateResult {
    return html`${this.inviting
      ? html`<cardea-invite
          .app=${this.app}
          .account=${this.account}
          @done=${() => this.members.load()}
          @close=${() => (this.inviting = false)}
        ></cardea-invite>`
      : nothing}
    ${this.changing
      ? html`<cardea-change-role
          .app=${this.app}
          .member=${this.changing}
          @done=${this.roleChanged}
          @close=${() => (this.changing = null)}
        ></cardea-change-role>`
      : nothing}`;
  }

  private roleChanged(): void {
    const member = this.changing;
    this.changing = null;
    if (!member) return;
    this.app.toast(say(this.app, "roleSaved", { name: this.called(member) }));
    // One's own role decides what the pages show.
    if (member.user === this.app.session.user) void this.app.load();
    else void this.members.load();
  }

  private called(member: Member): string {
    return quoted(member.name || member.email || say(this.app, "erased"));
  }

  private renderTable(items: Member[]): TemplateResult {
    const { app } = this;
    return html`<table class="rows">
      <thead>
        <tr>
          <th scope="col">${say(app, "person")}</th>
          <th scope="col">${say(app, "role")}</th>
          <th scope="col">${say(app, "joined")}</th>
          <th scope="col" class="end"><span class="sr">${app.loc.text("actions")}</span></th>
        </tr>
      </thead>
      <tbody>
        ${items.map((member) => this.renderMember(member))}
      </tbody>
    </table>`;
  }

  private renderMember(member: Member): TemplateResult {
    const { app } = this;
    const actions = this.actions(member);
    return html`<tr>
      <td class="wide">
        <span class="name">
          <b class="cut">${member.name || member.email || say(app, "erased")}</b>
          ${member.user === app.session.user ? html`<span class="badge">${say(app, "you")}</span>` : nothing}
        </span>
        ${member.name && member.email ? html`<span class="cut muted small">${member.email}</span>` : nothing}
      </td>
      <td data-label=${say(app, "role")}>${app.t(`role.${member.role}`)}</td>
      <td data-label=${say(app, "joined")}>
        <time datetime=${member.created_at} title=${app.format.time(member.created_at)}>${app.format.day(member.created_at)}</time>
      </td>
      <td class="end">
        ${actions.length
          ? html`<cardea-menu
              .items=${actions}
              .label=${app.t("do.actions", { name: this.called(member) })}
              @choose=${(event: CustomEvent<string>) => this.chosen(event.detail, member)}
            ></cardea-menu>`
          : nothing}
      </td>
    </tr>`;
  }

  /** An admin neither makes nor changes owners. */
  private actions(member: Member): MenuItem[] {
    const { app } = this;
    const items: MenuItem[] = [];
    if (app.can("own") || (app.can("manage") && member.role !== "owner"))
      items.push(
        { label: say(app, "changeRole"), action: "role" },
        { label: say(app, "remove"), action: "remove", danger: true },
      );
    if (app.operator) items.push({ label: say(app, "access"), action: "access", danger: true });
    return items;
  }

  private chosen(action: string, member: Member): void {
    if (action === "role") this.changing = member;
    else this.tried(action === "remove" ? this.takeOut(member) : this.access(member));
  }

  private tried(work: Promise<void>): void {
    work.catch((error: unknown) => this.app.toast(this.app.describe(error), "bad"));
  }

  private async takeOut(member: Member): Promise<void> {
    const { app } = this;
    const self = member.user === app.session.user;
    const name = this.called(member);
    const sure = await app.confirm({
      title: say(app, "removeTitle", { name }),
      text: say(app, self ? "removeSelf" : "removeText", { account: this.accountName }),
      action: say(app, "remove"),
      danger: true,
    });
    if (!sure) return;
    await app.api.delete(path`accounts/${this.account}/members/${member.user}`);
    if (self) app.leave();
    else {
      app.toast(say(app, "removed", { name }));
      await this.members.load();
    }
  }

  private async access(member: Member): Promise<void> {
    const { app } = this;
    const name = this.called(member);
    const user = await app.api.get<{ disabled: boolean }>(path`users/${member.user}`);
    const disabled = !user.disabled;
    const sure = await app.confirm({
      title: say(app, disabled ? "disableTitle" : "enableTitle", { name }),
      text: say(app, disabled ? "disableText" : "enableText"),
      action: say(app, disabled ? "disable" : "enable"),
      danger: disabled,
    });
    if (!sure) return;
    await app.api.patch(path`users/${member.user}`, { disabled });
    app.toast(say(app, disabled ? "disabled" : "enabled", { name }));
  }

  static override styles = [
    ...base,
    pageStyles,
    css`
      .name {
        display: flex;
        gap: 8px;
        align-items: center;
        min-width: 0;
      }
    `,
  ];
}
customElements.define("cardea-page-members", MembersPage);
