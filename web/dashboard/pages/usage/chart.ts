import { css, html, nothing, unsafeCSS } from "lit";
import uPlot from "uplot";
import sheet from "uplot/dist/uPlot.min.css?inline";
import { base } from "../../../common/base.css";
import { Part } from "../page";
import { refusedColor, seriesColors } from "./colors";
import { stacked, type Series, type Unit } from "./series";

const HEIGHT = 260;

/** How a beginning is written: short on the axis, whole elsewhere. UTC, as the API counts. */
export function timeFormat(language: string, unit: Unit, whole: boolean): Intl.DateTimeFormat {
  const parts: Intl.DateTimeFormatOptions =
    unit === "month"
      ? { year: "numeric", month: whole ? "long" : "short" }
      : unit === "day"
        ? { day: "numeric", month: "short", ...(whole ? { year: "numeric" } : {}) }
        : { hour: "2-digit", minute: "2-digit", ...(whole ? { day: "numeric", month: "short" } : {}) };
  return new Intl.DateTimeFormat(language, { ...parts, timeZone: "UTC" });
}

/** Bars that stand on each other, one for each hour, day or month. What they say stands in the table, too. */
export class UsageChart extends Part {
  static override properties = {
    ...Part.properties,
    series: { attribute: false },
    names: { attribute: false },
    unit: {},
    label: {},
    at: { state: true },
  };
  series!: Series;
  names: string[] = [];
  unit: Unit = "day";
  label = "";
  private at = -1;
  private plot: uPlot | null = null;
  private readonly sizes = new ResizeObserver(() => this.resize());
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");
  private readonly recolor = () => this.draw();

  override connectedCallback(): void {
    super.connectedCallback();
    this.scheme.addEventListener("change", this.recolor);
    this.sizes.observe(this);
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.scheme.removeEventListener("change", this.recolor);
    this.sizes.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }

  protected override updated(changed: Map<string, unknown>): void {
    // Not for the pointer's place; but a change of the app may be one of its theme.
    if (changed.size !== 1 || !changed.has("at")) this.draw();
  }

  private resize(): void {
    const width = this.clientWidth;
    if (this.plot && width && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
  }

  private draw(): void {
    const into = this.renderRoot.querySelector<HTMLElement>(".plot");
    if (!into) return;
    this.plot?.destroy();
    const style = getComputedStyle(this);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const { times, bands } = this.series;
    const short = timeFormat(this.app.language, this.unit, false);
    const sums = stacked(bands);
    const bars = uPlot.paths.bars!({ size: [0.72, 48], radius: 0.12 });
    const axis: uPlot.Axis = {
      stroke: color("--cardea-muted"),
      font: `12px ${color("--cardea-font") || "sans-serif"}`,
      ticks: { show: false },
    };
    const options: uPlot.Options = {
      width: this.clientWidth || 600,
      height: HEIGHT,
      padding: [12, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      // Places instead of times: months are of different lengths, and bars are not.
      scales: { x: { time: false, range: [-0.5, times.length - 0.5] }, y: { range: (_u, _min, max) => [0, Math.max(4, max * 1.08)] } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 30,
          space: 64,
          incrs: [1, 2, 3, 4, 6, 7, 12, 14, 24, 30, 48, 90, 168, 336, 720],
          values: (_u, at) => at.map((i) => (times[i] === undefined ? "" : short.format(times[i]! * 1000))),
        },
        {
          ...axis,
          grid: { stroke: color("--cardea-border"), width: 1 },
          size: (_u, values) => 16 + 7.2 * Math.max(2, ...(values ?? []).map((v) => v.length)),
          values: (_u, at) => at.map((n) => (Number.isInteger(n) ? this.app.format.compact(n) : "")),
        },
      ],
      // The highest is drawn first, so that those beneath lie over it.
      series: [{}, ...bands.map((_, i) => ({ fill: color(`--series-${i}`), width: 0, paths: bars, points: { show: false } })).reverse()],
      hooks: { setCursor: [(u) => this.point(u)] },
    };
    this.plot = new uPlot(options, [times.map((_, i) => i), ...sums.reverse()], into);
  }

  private point(u: uPlot): void {
    this.at = u.cursor.left !== undefined && u.cursor.left >= 0 ? (u.cursor.idx ?? -1) : -1;
    const tip = this.renderRoot.querySelector<HTMLElement>(".tip");
    if (!tip || this.at < 0) return;
    const left = (u.cursor.left ?? 0) + u.over.offsetLeft;
    const right = left > this.clientWidth / 2;
    tip.style.left = right ? "auto" : `${left + 14}px`;
    tip.style.right = right ? `${this.clientWidth - left + 14}px` : "auto";
  }

  private tip() {
    const { times, bands } = this.series;
    const app = this.app;
    const shown = bands
      .map((b, i) => ({ i, n: b.values[this.at] ?? 0 }))
      .filter(({ n }) => n > 0 || bands.length <= 2);
    return html`<strong>${timeFormat(app.language, this.unit, true).format((times[this.at] ?? 0) * 1000)}</strong>
      ${shown.map(
        ({ i, n }) => html`<span class="line"><span class="dot s${i}"></span><bdi class="cut">${this.names[i]}</bdi><span class="num">${app.format.number(n)}</span></span>`,
      )}`;
  }

  protected override render() {
    return html`<div class="plot" role="img" aria-label=${this.label}></div>
      <div class="tip" aria-hidden="true" ?hidden=${this.at < 0}>${this.at < 0 ? nothing : this.tip()}</div>`;
  }

  static override styles = [
    base,
    unsafeCSS(sheet),
    seriesColors,
    refusedColor,
    css`
      :host {
        position: relative;
        display: block;
        min-height: 260px;
      }
      .uplot {
        font-family: inherit;
      }
      .u-hz .u-cursor-x {
        border-right: 1px solid var(--cardea-border-strong);
      }
      .tip {
        position: absolute;
        top: 8px;
        z-index: 2;
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 2px;
        max-width: 18rem;
        padding: 8px 12px;
        border: 1px solid var(--cardea-border);
        border-radius: var(--cardea-radius);
        background: var(--cardea-surface);
        box-shadow: var(--cardea-shadow);
        font-size: 13px;
        pointer-events: none;
      }
      .line {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .num {
        margin-inline-start: auto;
        padding-inline-start: 12px;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];
}
customElements.define("usage-chart", UsageChart);
