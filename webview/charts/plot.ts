import uPlot from 'uplot';
import { formatNumber, formatShare } from '../../src/text/numbers.ts';
import { niceTicks } from '../../src/text/ticks.ts';
import { drawFindings } from '../findings/shade.ts';
import type { ChartDefinition } from './definitions.ts';
import { drawMarks, type Marks, STAGES_HEIGHT } from './marks.ts';
import { type DrawnCurves, type PlotSettings, plotData, toUplotSeries } from './plot-series.ts';
import type { ChartTheme } from './theme.ts';
import { tickDistances, tickText, type XAxis } from './x-axis.ts';

/** All places are on the x axis, in its unit. */
export interface PlotEvents {
  onCursor(x: number | null): void;
  onZoom(range: [number, number]): void;
  /** Moves the x axis by so much. */
  onPan(by: number): void;
  onChoose(x: number): void;
  onReset(): void;
}

/** How close the cursor must come to a mark to be on it, in CSS pixels. */
const REACH = 6;

export interface PlotView extends Pick<PlotSettings, 'theme' | 'axis'> {
  range: [number, number];
  marks: Marks;
  log: boolean;
}

/** What a canvas has to know of a chart besides its curves. */
export type PlotScales = Pick<ChartDefinition, 'unit' | 'stacked' | 'limit'> & {
  /** Some curves are on the right axis, 0 to 100 %. */
  shares?: boolean;
};

/** The canvas of a chart: created again when its series or colours change, otherwise only given other data. */
export class Plot {
  readonly element = document.createElement('div');
  readonly #chart: PlotScales;
  readonly #events: PlotEvents;
  #uplot: uPlot | undefined;
  /** What it was created for. */
  #look = '';
  #range: [number, number] = [1, 2];
  #axis: XAxis = 'step';
  #marks: Marks = { chosen: null, changes: [], stages: [], findings: [] };
  #theme: ChartTheme | undefined;

  constructor(chart: PlotScales, events: PlotEvents) {
    this.#chart = chart;
    this.#events = events;
    this.element.className = 'plot';
  }

  /** Draws what is within the range, on a canvas of this height. */
  draw(curves: DrawnCurves, view: PlotView, height: number): void {
    const { theme, axis, log, range, marks } = view;
    this.#range = range;
    this.#marks = marks;
    const looks = curves.drawn.map(({ run: _, terms: __, within: ___, smoothing: ____, ...look }) => look);
    const look = JSON.stringify([looks, curves.bands, theme, axis, log, marks.stages.length > 0]);
    if (look !== this.#look || !this.#uplot) this.#build(curves, view, height);
    this.#look = look;
    const plot = this.#uplot!;
    plot.batch(() => {
      plot.setData(plotData(curves.drawn, axis, range, Math.round(plot.width)) as uPlot.AlignedData, false);
      plot.setScale('x', { min: range[0], max: range[1] });
    });
  }

  #build({ drawn, bands }: DrawnCurves, { theme, axis, log }: PlotView, height: number): void {
    this.#theme = theme;
    this.#axis = axis;
    this.#uplot?.destroy();
    const width = Math.max(this.element.clientWidth, 100);
    this.#uplot = new uPlot(
      {
        width,
        height,
        padding: [this.#marks.stages.length > 0 ? 8 + STAGES_HEIGHT : 8, 22, 0, 0],
        legend: { show: false },
        series: toUplotSeries(drawn),
        bands: bands.map(({ upper, lower, fill }) => ({ series: [upper, lower], fill })),
        scales: this.#scales(log),
        axes: this.#axes(theme, width, log),
        cursor: {
          y: false,
          drag: { x: true, y: false, setScale: false },
          points: { size: 6 },
          bind: { dblclick: () => () => this.#reset() },
        },
        hooks: {
          setCursor: [(plot) => this.#events.onCursor(this.#xAt(plot, plot.cursor.left ?? -1))],
          setSelect: [(plot) => this.#select(plot)],
          drawClear: [(plot) => drawFindings(plot, this.#marks.findings, this.#theme!)],
          draw: [(plot) => drawMarks(plot, this.#marks, this.#chart.limit, this.#theme!)],
        },
      },
      plotData(drawn, this.#axis, this.#range, width) as uPlot.AlignedData,
      this.element,
    );
    const { over } = this.#uplot;
    over.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    let pressedAt = 0;
    over.addEventListener('mousedown', ({ clientX }) => {
      pressedAt = clientX;
    });
    over.addEventListener('click', (event) => {
      const x = this.#xAt(this.#uplot!, event.clientX - over.getBoundingClientRect().left);
      const dragged = Math.abs(event.clientX - pressedAt) >= 3;
      if (x !== null && !dragged && event.detail < 2) this.#events.onChoose(x);
    });
  }

  /** Puts the cursor somewhere, without telling anyone. */
  setCursor(x: number | null): void {
    const left = x === null || !this.#uplot ? -10 : this.#uplot.valToPos(x, 'x');
    this.#uplot?.setCursor({ left, top: left < 0 ? -10 : 0 }, false);
  }

  /** What has changed where the cursor is, or so near to it that it cannot be told apart. */
  changeAt(x: number): string | undefined {
    const plot = this.#uplot;
    if (!plot) return undefined;
    const at = plot.valToPos(x, 'x');
    return this.#marks.changes.find((mark) => Math.abs(plot.valToPos(mark.x, 'x') - at) <= REACH)?.text;
  }

  resize(height: number): void {
    const width = this.element.clientWidth;
    if (this.#uplot && width > 0 && (width !== this.#uplot.width || height !== this.#uplot.height))
      this.#uplot.setSize({ width, height });
  }

  destroy(): void {
    this.#uplot?.destroy();
    this.#uplot = undefined;
  }

  #xAt(plot: uPlot, left: number): number | null {
    if (left < 0) return null;
    const x = plot.posToVal(left, 'x');
    // Steps are whole.
    return Math.max(this.#range[0], this.#axis === 'step' ? Math.round(x) : x);
  }

  #reset(): null {
    this.#events.onReset();
    return null;
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 3) return;
    const from = plot.posToVal(left, 'x');
    const to = plot.posToVal(left + width, 'x');
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#events.onZoom([from, to]);
  }

  /** With Ctrl (a pinch on a touchpad) around the pointer; sideways along the axis. Plain scrolling is the page's. */
  #onWheel(event: WheelEvent): void {
    const [from, to] = this.#range;
    // Some systems turn a wheel with Shift into a horizontal one automatically.
    const sideways = event.shiftKey ? event.deltaX + event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      const at = this.#xAt(this.#uplot!, event.offsetX) ?? from;
      const factor = Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 100) * 0.003);
      this.#events.onZoom([at - (at - from) * factor, at + (to - at) * factor]);
    } else if (Math.abs(sideways) > (event.shiftKey ? 0 : Math.abs(event.deltaY)))
      this.#events.onPan((sideways / this.#uplot!.over.clientWidth) * (to - from));
    else return;
    event.preventDefault();
  }

  #scales(log: boolean): uPlot.Scales {
    const { unit, stacked, limit } = this.#chart;
    const fromZero = stacked || unit === 'share' || unit === 'tokens';
    return {
      x: { time: false, range: () => this.#range },
      y: {
        // Where there are zeros or negative numbers, a logarithm needs a linear part around 0.
        ...(log && { distr: 4, asinh: 1e-3 }),
        range: (_, low: number | null, high: number | null) => {
          if (low === null || high === null) return [0, 1];
          if (log) return uPlot.rangeAsinh(low, high, 10, true);
          const top = fromZero && limit && high > 0.6 * limit.value ? Math.max(high, limit.value) : high;
          const room = 0.06 * (top - Math.min(low, fromZero ? 0 : low)) || Math.abs(top) * 0.1 || 1;
          return [fromZero ? 0 : low - room, unit === 'share' && stacked ? Math.min(1, top + room) : top + room];
        },
      },
      share: { range: () => [0, 1] },
    };
  }

  #axes(theme: ChartTheme, width: number, log: boolean): uPlot.Axis[] {
    const { unit, shares } = this.#chart;
    const axis = { stroke: theme.muted, font: theme.font, ticks: { show: false } } satisfies uPlot.Axis;
    const axes: uPlot.Axis[] = [
      {
        ...axis,
        size: 26,
        grid: { show: false },
        space: width < 500 ? 60 : 80,
        incrs: tickDistances(this.#axis),
        values: (_, places) => places.map((place) => tickText(this.#axis, place)),
      },
      {
        ...axis,
        size: 52,
        grid: { stroke: theme.grid, width: 1 },
        space: 32,
        ...(log && { splits: (_: uPlot, __: number, low: number, high: number) => niceTicks(low, high, 6, true) }),
        values: (_, values) =>
          values.map((value) => (value === null ? '' : unit === 'share' ? formatShare(value) : formatNumber(value))),
      },
    ];
    if (shares)
      axes.push({
        ...axis,
        scale: 'share',
        side: 1,
        size: 48,
        grid: { show: false },
        space: 32,
        values: (_, values) => values.map(formatShare),
      });
    return axes;
  }
}
