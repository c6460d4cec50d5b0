import { html, nothing, type TemplateResult } from "lit";
import { ApiError, path } from "../../../common/api";
import { quoted } from "../../../common/format";
import { AppDialog } from "../../elements/app-dialog";
import type { Role } from "../../types";
import { speaker } from "../../words";
import { words } from "./words";

const say = speaker(words);

export interface Member {
  account: string;
  user: string;
  email: string | null;
  name: string | null;
  role: Role;
  created_at: string;
}

const ROLES: Role[] = ["owner", "admin", "member", "viewer"];

/** An admin makes no owners. */
abstract class RoleDialog extends AppDialog {
  protected renderRoles(chosen: Role): TemplateResult {
    const { app } = this;
    const offered = ROLES.filter((role) => role !== "owner" || app.can("own"));
    return html`<fieldset class="field">
      <legend>${say(app, "role")}</legend>
      <div class="choices">
        ${offered.map(
          (role) =>
            html`<label class="choice">
              <input type="radio" name="role" value=${role} ?checked=${role === chosen} />
              <span>${app.t(`role.${role}`)}<small>${app.t(`role.${role}.does`)}</small></span>
            </label>`,
        )}
      </div>
    </fieldset>`;
  }

  protected get picked(): Role {
    return this.renderRoot.querySelector<HTMLInputElement>("[name=role]:checked")?.value as Role;
  }
}

/** 20 letters and digits that are not mistaken for one another: 100 bits. */
function newPassword(): string {
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  return [...crypto.getRandomValues(new Uint8Array(20))].map((byte) => letters[byte % letters.length]).join("");
}

/**
 * Takes somebody in by their e-mail. Who has none here yet is made a user by an operator alone: no mail proves an address, so
 * nobody else may give one a password.
 */
export class InviteDialog extends RoleDialog {
  static override properties = { ...AppDialog.properties, made: { state: true }, unknown: { state: true } };
  declare account: string;
  declare made: { member: Member; created: boolean } | null;
  declare unknown: boolean;
  private readonly password = newPassword();

  constructor() {
    super();
    this.made = null;
    this.unknown = false;
  }

  protected override dirty(): boolean {
    return !this.made && Boolean(this.text("email"));
  }

  protected heading(): unknown {
    const { made } = this;
    return made
      ? say(this.app, "addedTitle", { name: quoted(made.member.name || made.member.email || "") })
      : say(this.app, "inviteTitle");
  }

  protected override fields(): string[] {
    return ["email", "name"];
  }

  protected override async submit(): Promise<void> {
    const role = this.picked;
    try {
      const member = this.unknown ? await this.makeUser(role) : await this.join(role);
      this.made = { member, created: this.unknown };
      this.done();
    } catch (error) {
      if (!this.app.operator || this.unknown || !(error instanceof ApiError) || error.status !== 404) throw error;
      this.unknown = true;
    }
  }

  private join(role: Role): Promise<Member> {
    return this.app.api.post<Member>(path`accounts/${this.account}/members`, { email: this.text("email"), role });
  }

  private async makeUser(role: Role): Promise<Member> {
    const name = this.text("name");
    const user = await this.app.api.post<{ id: string }>("users", {
      email: this.text("email"),
      password: this.password,
      ...(name ? { name } : {}),
    });
    return this.app.api.put<Member>(path`accounts/${this.account}/members/${user.id}`, { role });
  }

  protected body(): TemplateResult {
    const { app } = this;
    if (!this.made)
      return html`${this.renderInput("email", say(app, "email"), { type: "email", first: true, max: 254 })}
      ${this.unknown
        ? html`<p class="note" role="status">${say(app, "unknown")}</p>
            ${this.renderInput("name", say(app, "name"), { hint: say(app, "nameHint"), max: 100 })}`
        : nothing}
      ${this.renderRoles("member")}`;
    if (!this.made.created) return html`<p>${say(app, "existing")}</p>`;
    return html`<p>${say(app, "handOver")}</p>
      ${this.renderCopy("made-email", say(app, "email"), this.made.member.email ?? "")}
      ${this.renderCopy("made-password", say(app, "firstPassword"), this.password)}`;
  }

  protected footer(): TemplateResult {
    return this.made
      ? html`<button type="button" class="button primary" autofocus @click=${() => this.close()}>${say(this.app, "finish")}</button>`
      : html`${this.cancelButton()} ${this.submitButton(say(this.app, this.unknown ? "addUser" : "add"))}`;
  }
}
customElements.define("cardea-invite", InviteDialog);

export class ChangeRoleDialog extends RoleDialog {
  static override properties = { ...AppDialog.properties, member: { attribute: false } };
  declare member: Member;

  protected heading(): unknown {
    return say(this.app, "roleTitle", { name: quoted(this.member.name ?? this.member.email ?? "") });
  }

  protected override async submit(): Promise<void> {
    const { account, user } = this.member;
    if (this.picked !== this.member.role) await this.app.api.put(path`accounts/${account}/members/${user}`, { role: this.picked });
    this.done(this.picked);
  }

  protected body(): TemplateResult | typeof nothing {
    return this.renderRoles(this.member.role);
  }

  protected footer(): TemplateResult {
    return html`${this.cancelButton()} ${this.submitButton(say(this.app, "save"))}`;
  }
}
customElements.define("cardea-change-role", ChangeRoleDialog);
