import uPlot from 'uplot';
import { formatNumber, formatShare } from '../../src/text/numbers.ts';
import { niceTicks } from '../ticks.ts';
import type { ChartDefinition } from './definitions.ts';
import { type DrawnSeries, drawnSeries, type PlotSettings, plotData, toUplotSeries } from './plot-series.ts';
import type { ChartTheme } from './theme.ts';

export interface PlotEvents {
  onCursor(step: number | null): void;
  onZoom(range: [number, number]): void;
  /** Moves the x axis by so many steps. */
  onPan(steps: number): void;
  onChoose(step: number): void;
  onReset(): void;
}

/** The canvas of a chart: created again when its series or colours change, otherwise only given other data. */
export class Plot {
  readonly element = document.createElement('div');
  readonly #chart: ChartDefinition;
  readonly #events: PlotEvents;
  #uplot: uPlot | undefined;
  #drawn: DrawnSeries[] = [];
  #range: [number, number] = [1, 2];
  #chosen: number | null = null;
  #theme: ChartTheme | undefined;

  constructor(chart: ChartDefinition, events: PlotEvents) {
    this.#chart = chart;
    this.#events = events;
    this.element.className = 'plot';
  }

  /** Makes the canvas for these series; `draw` fills it. */
  rebuild(settings: PlotSettings, log: boolean, height: number): void {
    const { drawn, bands } = drawnSeries(this.#chart, settings);
    this.#drawn = drawn;
    this.#theme = settings.theme;
    this.#uplot?.destroy();
    const width = Math.max(this.element.clientWidth, 100);
    this.#uplot = new uPlot(
      {
        width,
        height,
        padding: [8, 22, 0, 0],
        legend: { show: false },
        series: toUplotSeries(drawn),
        bands: bands.map(({ upper, lower, fill }) => ({ series: [upper, lower], fill })),
        scales: this.#scales(log),
        axes: this.#axes(settings.theme, width, log),
        cursor: {
          y: false,
          drag: { x: true, y: false, setScale: false },
          points: { size: 6 },
          bind: { dblclick: () => () => this.#reset() },
        },
        hooks: {
          setCursor: [(plot) => this.#events.onCursor(this.#stepAt(plot, plot.cursor.left ?? -1))],
          setSelect: [(plot) => this.#select(plot)],
          draw: [(plot) => this.#drawMarks(plot)],
        },
      },
      plotData(drawn, ...this.#range, width) as uPlot.AlignedData,
      this.element,
    );
    const { over } = this.#uplot;
    over.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    let pressedAt = 0;
    over.addEventListener('mousedown', ({ clientX }) => {
      pressedAt = clientX;
    });
    over.addEventListener('click', (event) => {
      const step = this.#stepAt(this.#uplot!, event.clientX - over.getBoundingClientRect().left);
      const dragged = Math.abs(event.clientX - pressedAt) >= 3;
      if (step !== null && !dragged && event.detail < 2) this.#events.onChoose(step);
    });
  }

  /** Redraws the steps of `range`, with a mark at the chosen one. */
  draw(range: [number, number], chosen: number | null): void {
    this.#range = range;
    this.#chosen = chosen;
    const plot = this.#uplot;
    if (!plot) return;
    plot.batch(() => {
      plot.setData(plotData(this.#drawn, ...range, Math.round(plot.width)) as uPlot.AlignedData, false);
      plot.setScale('x', { min: range[0], max: range[1] });
    });
  }

  /** Puts the cursor on a step, without telling anyone. */
  setCursor(step: number | null): void {
    const left = step === null || !this.#uplot ? -10 : this.#uplot.valToPos(step, 'x');
    this.#uplot?.setCursor({ left, top: left < 0 ? -10 : 0 }, false);
  }

  resize(height: number): void {
    const width = this.element.clientWidth;
    if (this.#uplot && width > 0 && (width !== this.#uplot.width || height !== this.#uplot.height))
      this.#uplot.setSize({ width, height });
  }

  get built(): boolean {
    return this.#uplot !== undefined;
  }

  destroy(): void {
    this.#uplot?.destroy();
    this.#uplot = undefined;
  }

  #stepAt(plot: uPlot, left: number): number | null {
    return left < 0 ? null : Math.max(this.#range[0], Math.round(plot.posToVal(left, 'x')));
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

  /** With Ctrl (a pinch on a touchpad) around the pointer; sideways along the steps. Plain scrolling is the page's. */
  #onWheel(event: WheelEvent): void {
    const [from, to] = this.#range;
    // Some systems turn a wheel with Shift into a horizontal one automatically.
    const sideways = event.shiftKey ? event.deltaX + event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      const at = this.#stepAt(this.#uplot!, event.offsetX) ?? from;
      const factor = Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 100) * 0.003);
      this.#events.onZoom([at - (at - from) * factor, at + (to - at) * factor]);
    } else if (Math.abs(sideways) > (event.shiftKey ? 0 : Math.abs(event.deltaY)))
      this.#events.onPan((sideways / this.#uplot!.over.clientWidth) * (to - from));
    else return;
    event.preventDefault();
  }

  #drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const theme = this.#theme!;
    const ratio = devicePixelRatio;
    ctx.save();
    const { limit } = this.#chart;
    const scale = plot.scales.y;
    if (limit && scale && limit.value <= (scale.max ?? 0) && limit.value >= (scale.min ?? 0)) {
      const y = Math.round(plot.valToPos(limit.value, 'y', true));
      line(ctx, theme.muted, [4 * ratio, 4 * ratio], ratio, bbox.left, y, bbox.left + bbox.width, y);
    }
    if (this.#chosen !== null && this.#chosen >= this.#range[0] && this.#chosen <= this.#range[1]) {
      const x = Math.round(plot.valToPos(this.#chosen, 'x', true));
      line(ctx, theme.cursor, [], ratio, x, bbox.top, x, bbox.top + bbox.height);
      ctx.fillStyle = theme.cursor;
      ctx.beginPath();
      ctx.moveTo(x - 4 * ratio, bbox.top);
      ctx.lineTo(x + 4 * ratio, bbox.top);
      ctx.lineTo(x, bbox.top + 6 * ratio);
      ctx.fill();
    }
    ctx.restore();
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
    const { unit, series } = this.#chart;
    const axis = { stroke: theme.muted, font: theme.font, ticks: { show: false } } satisfies uPlot.Axis;
    const axes: uPlot.Axis[] = [
      {
        ...axis,
        size: 26,
        grid: { show: false },
        space: width < 500 ? 60 : 80,
        // Steps are whole.
        incrs: [1, 2, 5]
          .flatMap((digit) => [1, 10, 100, 1e3, 1e4, 1e5].map((power) => digit * power))
          .sort((a, b) => a - b),
        values: (_, steps) => steps.map((step) => String(step)),
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
    if (series.some(({ share }) => share))
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

function line(
  ctx: CanvasRenderingContext2D,
  color: string,
  dash: number[],
  width: number,
  ...[x0, y0, x1, y1]: [number, number, number, number]
): void {
  ctx.strokeStyle = color;
  ctx.setLineDash(dash);
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}
