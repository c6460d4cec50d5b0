import { html, nothing } from "lit";
import { base } from "../../../common/base.css";
import { Part, at, failed } from "../page";
import { layout, segments, tables } from "../styles";
import "./chart";
import { timeFormat } from "./chart";
import { refusedColor, seriesColors } from "./colors";
import { KeyNames } from "./keys";
import { RANGES, dayOf, daysOf, iso, spanOf, unitsOf, type Range } from "./range";
import { NONE, OTHER, seriesOf, type By, type Series, type Unit } from "./series";
import { reportStyles } from "./report.css";
import type { Usage, UsageRow } from "./shapes";
import { w, type Word } from "./words";

const BYS: By[] = ["total", "key", "outcome", "route_group"];
const ROWS = 200;

/** Requests over time, as bars and as the same numbers in a table. */
export class UsageReport extends Part {
  static override properties = {
    ...Part.properties,
    range: { state: true },
    unit: { state: true },
    by: { state: true },
    custom: { state: true },
    table: { state: true },
    usage: { state: true },
    series: { state: true },
    error: { state: true },
    rows: { state: true },
    refused: { type: Boolean, reflect: true },
  };
  private range: Range = "30d";
  private unit: Unit = "day";
  private by: By = "total";
  private custom = { from: dayOf(Date.now() / 1000 - 6 * 86_400), to: dayOf(Date.now() / 1000) };
  private table = false;
  private usage: Usage | null = null;
  private series: Series | null = null;
  private error: unknown = null;
  private rows = ROWS;
  refused = true;
  private readonly keys = new KeyNames();
  private of: string | null = null;
  private asked = 0;

  protected override willUpdate(): void {
    const of = this.app.account?.id ?? "";
    if (of === this.of) return;
    this.of = of;
    void this.load();
  }

  private query(): Record<string, string> {
    const { from, to } = spanOf(this.range, this.unit, this.custom);
    return { from: iso(from), to: iso(to), by: this.by === "total" ? this.unit : `${this.unit},${this.by}` };
  }

  private units(): Unit[] {
    return unitsOf(this.range, daysOf(spanOf(this.range, "day", this.custom)));
  }

  private async load(): Promise<void> {
    const units = this.units();
    if (!units.includes(this.unit)) this.unit = units[0]!;
    const asked = ++this.asked;
    this.error = null;
    const { by, unit } = this;
    try {
      const usage = await this.app.api.get<Usage>(at(this.app, "usage", this.query()));
      const series = seriesOf(usage, unit, by);
      if (by === "key") await this.keys.learn(this.app, [...series.bands.map((b) => b.id), ...usage.data.map((r) => r.key_id ?? "")]);
      if (asked !== this.asked) return;
      this.usage = usage;
      this.series = series;
      this.refused = by === "total";
      this.rows = ROWS;
    } catch (error) {
      if (asked === this.asked) this.error = error;
    }
  }

  private name(id: string | null | undefined): string {
    const app = this.app;
    if (this.by === "total") return w(app, id === "refused" ? "refused" : "granted");
    if (id === OTHER) return w(app, "other");
    if (!id || id === NONE) return w(app, "noRoute");
    if (this.by === "key") return this.keys.of(id);
    return this.by === "outcome" && id === "granted" ? w(app, "granted") : id;
  }

  private choose(part: Partial<{ range: Range; unit: Unit; by: By; custom: { from: string; to: string } }>): void {
    Object.assign(this, part);
    if (this.range === "custom" && !(Date.parse(this.custom.from) <= Date.parse(this.custom.to))) return;
    void this.load();
  }

  private selected(e: Event): string {
    return (e.target as HTMLSelectElement).value;
  }

  private day(name: "from" | "to") {
    return html`<label>${w(this.app, name)}
      <input type="date" .value=${this.custom[name]} max=${dayOf(Date.now() / 1000)}
        @change=${(e: Event) => this.choose({ custom: { ...this.custom, [name]: this.selected(e) } })} />
    </label>`;
  }

  private controls() {
    const app = this.app;
    const units = this.units();
    return html`<div class="controls">
      <fieldset class="segments">
        <legend class="sr">${w(app, "range")}</legend>
        ${RANGES.map(
          (r) => html`<label><input type="radio" name="range" .checked=${this.range === r} @change=${() => this.choose({ range: r })} />
            <span>${w(app, `range_${r}`)}</span></label>`,
        )}
      </fieldset>
      ${this.range === "custom" ? html`${this.day("from")} ${this.day("to")}` : nothing}
      <label>${w(app, "group")}
        <select @change=${(e: Event) => this.choose({ by: this.selected(e) as By })}>
          ${BYS.map((by) => html`<option value=${by} ?selected=${by === this.by}>${w(app, `by_${by}`)}</option>`)}
        </select>
      </label>
      ${units.length > 1
        ? html`<label>${w(app, "unit")}
            <select @change=${(e: Event) => this.choose({ unit: this.selected(e) as Unit })}>
              ${units.map((u) => html`<option value=${u} ?selected=${u === this.unit}>${w(app, `unit_${u}`)}</option>`)}
            </select>
          </label>`
        : nothing}
    </div>`;
  }

  private sums() {
    const sums = { granted: 0, refused: 0, credits: 0 };
    for (const row of this.usage!.data) {
      sums.granted += row.granted;
      sums.refused += row.refused;
      sums.credits += row.credits;
    }
    return sums;
  }

  private tiles() {
    const app = this.app;
    const { granted, refused, credits } = this.sums();
    const share = granted + refused ? refused / (granted + refused) : 0;
    const tile = (name: Word, value: string) => html`<div><dt>${w(app, name)}</dt><dd>${value}</dd></div>`;
    return html`<dl class="tiles">
      ${tile("granted", app.format.number(granted))} ${tile("refused", app.format.number(refused))}
      ${tile("rate", share.toLocaleString(app.language, { style: "percent", maximumFractionDigits: 1 }))}
      ${credits ? tile("credits", app.format.number(credits)) : nothing}
    </dl>`;
  }

  private legend(series: Series) {
    const app = this.app;
    const all = series.bands.reduce((sum, b) => sum + b.sum, 0);
    return html`<ul class="legend">
      ${series.bands.map(
        (b, i) => html`<li>
          <span class="dot s${i}"></span><bdi class="cut">${this.name(b.id)}</bdi>
          <span class="num">${app.format.number(b.sum)}</span>
          <span class="num muted">${all ? (b.sum / all).toLocaleString(app.language, { style: "percent" }) : "–"}</span>
        </li>`,
      )}
    </ul>`;
  }

  private chart(series: Series) {
    const app = this.app;
    const { granted, refused } = this.sums();
    const whole = timeFormat(app.language, this.unit, true);
    const first = series.times[0] ?? 0;
    const last = series.times[series.times.length - 1] ?? 0;
    const label = w(app, "chartLabel", { from: whole.format(first * 1000), to: whole.format(last * 1000), granted, refused });
    return html`<usage-chart .app=${app} .series=${series} .names=${series.bands.map((b) => this.name(b.id))} .unit=${this.unit} .label=${label}
        ?refused=${this.by === "total"}></usage-chart>
      ${this.legend(series)}`;
  }

  private row(r: UsageRow, credits: boolean) {
    const app = this.app;
    const time = timeFormat(app.language, this.unit, true).format(new Date(r.time ?? this.usage!.from));
    const of = this.by === "key" ? r.key_id : this.by === "outcome" ? r.outcome : r.route_group;
    const name = this.by === "route_group" && !r.granted ? w(app, "refusedGroup") : this.name(of);
    return html`<tr>
      <td>${time}</td>
      ${this.by === "total" ? nothing : html`<td><bdi>${name}</bdi></td>`}
      <td class="num">${app.format.number(r.granted)}</td>
      <td class="num">${app.format.number(r.refused)}</td>
      ${credits ? html`<td class="num">${app.format.number(r.credits)}</td>` : nothing}
    </tr>`;
  }

  private numbers() {
    const app = this.app;
    const data = [...this.usage!.data].reverse();
    const credits = data.some((r) => r.credits);
    return html`<div class="table" tabindex="0" role="region" aria-label=${w(app, "table")}>
        <table>
          <thead>
            <tr>
              <th scope="col">${w(app, "time")}</th>
              ${this.by === "total" ? nothing : html`<th scope="col">${w(app, this.by)}</th>`}
              <th scope="col" class="num">${w(app, "granted")}</th>
              <th scope="col" class="num">${w(app, "refused")}</th>
              ${credits ? html`<th scope="col" class="num">${w(app, "credits")}</th>` : nothing}
            </tr>
          </thead>
          <tbody>${data.slice(0, this.rows).map((r) => this.row(r, credits))}</tbody>
        </table>
      </div>
      ${data.length > this.rows
        ? html`<p class="more"><button type="button" class="button" @click=${() => (this.rows += ROWS)}>${w(app, "more")}</button></p>`
        : nothing}`;
  }

  private panel(series: Series) {
    const app = this.app;
    const csv = app.api.url("usage", { ...app.accountQuery, ...this.query(), format: "csv" }).href;
    return html`${this.tiles()}
      <section class="panel">
        <div class="bar">
          <fieldset class="segments">
            <legend class="sr">${w(app, "chart")}, ${w(app, "table")}</legend>
            ${[false, true].map(
              (table) => html`<label><input type="radio" name="view" .checked=${this.table === table} @change=${() => (this.table = table)} />
                <span>${w(app, table ? "table" : "chart")}</span></label>`,
            )}
          </fieldset>
          <a class="button" href=${csv} download="usage-${dayOf(Date.parse(this.usage!.from) / 1000)}.csv">${w(app, "csv")}</a>
        </div>
        ${this.usage!.data.length === 0 ? html`<p class="empty">${w(app, "none")}</p>` : this.table ? this.numbers() : this.chart(series)}
      </section>`;
  }

  protected override render() {
    const app = this.app;
    return html`${this.controls()}
    ${this.error
      ? failed(app, this.error, () => this.load())
      : this.usage && this.series
        ? this.panel(this.series)
        : html`<p class="muted" role="status">${app.t("list.loading")}</p>`}`;
  }

  static override styles = [
    base,
    segments,
    tables,
    layout,
    seriesColors,
    refusedColor,
    reportStyles,
  ];
}
customElements.define("usage-report", UsageReport);
