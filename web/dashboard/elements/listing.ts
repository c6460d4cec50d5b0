import { html, nothing, type TemplateResult } from "lit";
import type { App } from "../app";
import { icon, type Icon } from "../icons";
import type { List } from "../list";
import "./failure";

interface Parts<T> {
  app: App;
  list: List<T>;
  /** The table, when there is something in it. */
  table: (items: T[]) => TemplateResult;
  empty: { icon: Icon; title: string; text: string; action?: TemplateResult | typeof nothing };
}

/** A list in whichever state it is: on its way, failed, empty, there, with more to come. */
export function listing<T>({ app, list, table, empty }: Parts<T>): TemplateResult {
  if (list.empty)
    return html`<div class="card empty">
      <span class="big">${icon(empty.icon)}</span>
      <h2>${empty.title}</h2>
      <p>${empty.text}</p>
      ${empty.action ?? nothing}
    </div>`;
  const failure = list.error
    ? html`<cardea-failure .app=${app} .error=${list.error} @retry=${() => list.load()}></cardea-failure>`
    : nothing;
  if (!list.loaded) return html`${list.error ? html`<div class="card pad">${failure}</div>` : renderSkeleton(app)}`;
  return html`<div class="card" aria-busy=${list.loading ? "true" : "false"}>
    ${list.error ? html`<div class="pad">${failure}</div>` : nothing}
    <div class="scroll">${table(list.items)}</div>
    ${list.hasMore
      ? html`<div class="foot">
          <button class="button" ?disabled=${list.loading} @click=${() => list.more()}>${app.t("do.more")}</button>
        </div>`
      : nothing}
  </div>`;
}

const renderSkeleton = (app: App): TemplateResult =>
  html`<div class="card skeleton" role="status">
    <span class="sr">${app.t("list.loading")}</span>
    ${[0, 1, 2].map(() => html`<div aria-hidden="true"><span></span><span></span><span></span></div>`)}
  </div>`;
