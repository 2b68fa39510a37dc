import uPlot from 'uplot';
import { formatNumber } from '../../src/text/numbers.ts';
import { type CurveSource, decimate } from '../charts/decimate.ts';
import { type ChartTheme, translucent } from '../charts/theme.ts';
import { tickDistances, tickText, type XAxis } from '../charts/x-axis.ts';

/** A curve as it is drawn; the band is between two more. */
export interface PlottedCurve {
  id: string;
  color: string;
  own: boolean;
  line: CurveSource;
  /** The values themselves, faintly behind their moving average. */
  behind?: CurveSource;
  band?: { low: CurveSource; high: CurveSource };
}

export interface CurvePlotEvents {
  onCursor(x: number | null): void;
  onZoom(range: [number, number] | null): void;
}

/** So few points are marked one by one. */
const MARKED = 40;

/** The canvas of the comparison: one metric, a line per run. */
export class CurvePlot {
  readonly element = document.createElement('div');
  readonly #events: CurvePlotEvents;
  #uplot: uPlot | undefined;
  #look = '';
  #sources: readonly CurveSource[] = [];
  #range: [number, number] = [0, 1];

  constructor(events: CurvePlotEvents) {
    this.#events = events;
    this.element.className = 'plot';
  }

  draw(curves: readonly PlottedCurve[], range: [number, number], axis: XAxis, theme: ChartTheme): void {
    this.#range = range;
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) return;
    this.#sources = curves.flatMap(({ line, behind, band }) => [
      ...(band ? [band.low, band.high] : []),
      ...(behind ? [behind] : []),
      line,
    ]);
    const look = JSON.stringify([
      curves.map(({ id, color, own, behind, band }) => [id, color, own, behind && 1, band && 1]),
      axis,
      theme,
    ]);
    if (look !== this.#look || !this.#uplot) this.#build(curves, axis, theme, width, height);
    else if (this.#uplot.width !== width || this.#uplot.height !== height) this.#uplot.setSize({ width, height });
    this.#look = look;
    const plot = this.#uplot!;
    plot.batch(() => {
      plot.setData(this.#data(width), false);
      plot.setScale('x', { min: range[0], max: range[1] });
    });
  }

  /** Puts the cursor there, without telling anyone. */
  setCursor(x: number | null): void {
    const left = x === null || !this.#uplot ? -10 : this.#uplot.valToPos(x, 'x');
    this.#uplot?.setCursor({ left, top: left < 0 ? -10 : 0 }, false);
  }

  #data(width: number): uPlot.AlignedData {
    return decimate(this.#sources, ...this.#range, Math.round(width)) as uPlot.AlignedData;
  }

  #build(curves: readonly PlottedCurve[], axis: XAxis, theme: ChartTheme, width: number, height: number): void {
    this.#uplot?.destroy();
    const series: uPlot.Series[] = [{}];
    const bands: uPlot.Band[] = [];
    const hidden = { points: { show: false }, spanGaps: true } satisfies uPlot.Series;
    const thick = theme.highContrast ? 1 : 0;
    for (const { color, own, behind, band } of curves) {
      if (band) {
        bands.push({
          series: [series.length + 1, series.length],
          fill: translucent(color, theme.highContrast ? 28 : 18),
        });
        series.push({ ...hidden, width: 0 }, { ...hidden, width: 0 });
      }
      if (behind) series.push({ ...hidden, stroke: translucent(color, 28), width: 1 });
      const dash = own || band ? {} : { dash: [6, 3] };
      series.push({ stroke: color, width: 1.75 + thick, spanGaps: true, points: { show: isMarked, size: 5 }, ...dash });
    }
    const axes = { stroke: theme.muted, font: theme.font, ticks: { show: false } };
    this.#uplot = new uPlot(
      {
        ...{ width, height, series, bands, padding: [8, 18, 0, 0], legend: { show: false } },
        scales: { x: { time: false, range: () => this.#range }, y: { range: (_, low, high) => roomy(low, high) } },
        axes: [
          {
            ...{ ...axes, size: 28, space: 70, grid: { show: false } },
            incrs: tickDistances(axis),
            values: (_, xs) => xs.map((x) => tickText(axis, x)),
          },
          {
            ...{ ...axes, size: 54, space: 32, grid: { stroke: theme.grid, width: 1 } },
            values: (_, ys) => ys.map((y) => formatNumber(y)),
          },
        ],
        cursor: {
          y: false,
          drag: { x: true, y: false, setScale: false },
          points: { size: 6 },
          bind: { dblclick: () => () => this.#reset() },
        },
        hooks: {
          setCursor: [(plot) => this.#events.onCursor(this.#xAt(plot, plot.cursor.left ?? -1))],
          setSelect: [(plot) => this.#select(plot)],
        },
      },
      this.#data(width),
      this.element,
    );
  }

  #reset(): null {
    this.#events.onZoom(null);
    return null;
  }

  #xAt(plot: uPlot, left: number): number | null {
    return left < 0 ? null : plot.posToVal(left, 'x');
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.#events.onZoom([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
  }
}

function isMarked(plot: uPlot, series: number): boolean {
  let points = 0;
  for (const value of plot.data[series]!) if (value !== null) points++;
  return points < MARKED;
}

function roomy(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = 0.06 * (high - low) || Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}
