import { LitElement, type PropertyValues } from "lit";
import type { App } from "./app";

/** A page: it is rendered anew when the app changes (language, account, what its role may). */
export class PageElement extends LitElement {
  static override properties = { app: { attribute: false }, rest: { attribute: false } };
  declare app: App;
  declare rest: string[];

  private readonly again = (): void => this.requestUpdate();

  constructor() {
    super();
    this.rest = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.app?.addEventListener("change", this.again);
  }

  override disconnectedCallback(): void {
    this.app?.removeEventListener("change", this.again);
    super.disconnectedCallback();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("app");
    if (before) before.removeEventListener("change", this.again);
    if (changed.has("app")) this.app.addEventListener("change", this.again);
  }
}
