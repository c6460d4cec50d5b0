import { css, html, nothing } from "lit";
import { ApiError } from "../../../common/api";
import { base } from "../../../common/base.css";
import { copyText } from "../../../common/clipboard";
import { Part, download, failure } from "../page";
import { exportLog } from "./export";
import { keyId, type Checkpoint } from "./shapes";
import { w } from "./words";

/** What is signed, when and by which key; and how anybody checks it without us. */
export class AuditCheckpoint extends Part {
  static override properties = {
    ...Part.properties,
    newest: { type: Number },
    checkpoint: { state: true },
    error: { state: true },
    none: { state: true },
    progress: { state: true },
    copied: { state: true },
  };
  /** The newest record's place: what stands behind the signed state is signed within a minute. */
  newest = -1;
  private checkpoint: Checkpoint | null = null;
  private error: unknown = null;
  private none = false;
  private progress = "";
  private copied = "";

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.app) void this.load();
  }
  protected override firstUpdated(): void {
    if (!this.checkpoint) void this.load();
  }

  async load(): Promise<void> {
    try {
      this.checkpoint = await this.app.api.get<Checkpoint>("audit/checkpoint");
      this.error = null;
      this.none = false;
    } catch (error) {
      this.none = error instanceof ApiError && error.status === 404;
      this.error = this.none ? null : error;
    }
  }

  private async sign(): Promise<void> {
    try {
      this.checkpoint = await this.app.api.post<Checkpoint>("audit/checkpoint");
    } catch (error) {
      this.app.toast(this.app.describe(error), "bad");
    }
  }

  private async export(): Promise<void> {
    const { app } = this;
    if (this.progress) return;
    this.progress = "…";
    try {
      const parts = await exportLog(app, (n, all) => (this.progress = w(app, "downloading", { n, all })));
      download("audit.jsonl", parts, "application/jsonl");
      app.toast(w(app, "downloaded"));
    } catch (error) {
      app.toast(app.describe(error), "bad");
    }
    this.progress = "";
  }

  private save(name: string, text: string): void {
    download(name, [text.endsWith("\n") ? text : `${text}\n`], "text/plain");
  }

  private async copy(name: string, text: string): Promise<void> {
    if (await copyText(text)) this.copied = name;
  }

  private value(name: "root" | "verifyKey", text: string) {
    const app = this.app;
    return html`<div>
      <dt>${w(app, name)}</dt>
      <dd><code class="cut" title=${text}>${text}</code>
        <button type="button" class="link" @click=${() => this.copy(name, text)}>${w(app, this.copied === name ? "copied" : "copy")}</button>
      </dd>
    </div>`;
  }

  private how(c: Checkpoint) {
    const app = this.app;
    const file = `${c.signed_at.slice(0, 10)}.checkpoint`;
    return html`<details>
      <summary>${w(app, "verify")}</summary>
      <div class="how">
        <p>${w(app, "verifyText")}</p>
        <p class="row">
          <button type="button" class="button" @click=${() => this.save("audit.key", c.key)}>${w(app, "downloadKey")}</button>
          <button type="button" class="button" @click=${() => this.save(file, c.checkpoint)}>${w(app, "downloadCheckpoint")}</button>
        </p>
        <p>${w(app, "verifyOperator")}</p>
        <pre tabindex="0">${app.operator ? nothing : "cardea audit export --out audit.jsonl\n"}cardea audit verify audit.jsonl --key audit.key --from ${file}</pre>
        <dl>${this.value("root", c.root_hash)} ${this.value("verifyKey", c.key)}</dl>
      </div>
    </details>`;
  }

  protected override render() {
    const app = this.app;
    if (this.error) return failure(app, this.error);
    if (this.none) return html`<p class="note">${w(app, "noCheckpoint")}</p>`;
    const c = this.checkpoint;
    if (!c) return html`<p class="muted" role="status">${app.t("list.loading")}</p>`;
    const pending = Math.max(0, this.newest + 1 - c.size);
    return html`<section aria-label=${w(app, "checkpoint")}>
      <div class="state">
        <div>
          <h2>${w(app, "checkpointText", { n: c.size })}</h2>
          <p class="muted small">
            <time datetime=${c.signed_at} title=${app.format.time(c.signed_at)}>${w(app, "signed", { when: app.format.ago(c.signed_at) })}</time>
            ${w(app, "byKey", { key: c.origin })} · ${w(app, "keyId", { id: keyId(c.key) })}
          </p>
          ${pending ? html`<p class="muted small">${w(app, "pending", { n: pending })}</p>` : nothing}
        </div>
        ${app.operator
          ? html`<div class="row">
              <button type="button" class="button" ?disabled=${pending === 0} @click=${this.sign}>${w(app, "signNow")}</button>
              <button type="button" class="button" ?disabled=${this.progress !== ""} @click=${this.export}>${this.progress || w(app, "downloadLog")}</button>
            </div>`
          : nothing}
      </div>
      ${this.how(c)}
    </section>`;
  }

  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      section {
        border: 1px solid var(--cardea-border);
        border-radius: calc(var(--cardea-radius) + 2px);
        background: var(--cardea-surface);
      }
      .state {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 12px 24px;
        padding: 16px 20px;
      }
      .state p {
        overflow-wrap: anywhere;
      }
      h2 {
        font-size: 15px;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }
      summary {
        padding: 10px 20px;
        border-top: 1px solid var(--cardea-border);
        color: var(--cardea-muted);
        font-weight: 500;
        cursor: pointer;
      }
      summary:focus-visible {
        outline-offset: -2px;
      }
      .how {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 12px;
        padding: 4px 20px 20px;
      }
      pre {
        margin: 0;
        padding: 12px 14px;
        border-radius: var(--cardea-radius);
        background: var(--cardea-sunken);
        font: 12.5px/1.6 var(--cardea-mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 10px;
        margin: 0;
      }
      dt {
        color: var(--cardea-muted);
        font-size: 13px;
      }
      dd {
        display: flex;
        align-items: baseline;
        gap: 12px;
        margin: 0;
      }
    `,
  ];
}
customElements.define("audit-checkpoint", AuditCheckpoint);
