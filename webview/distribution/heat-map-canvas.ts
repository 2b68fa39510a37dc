import { formatNumber } from '../../src/text/numbers.ts';
import { niceTicks } from '../../src/text/ticks.ts';
import { drawStages, type Marks, STAGES_HEIGHT } from '../charts/marks.ts';
import { type ChartTheme, translucent } from '../charts/theme.ts';
import { tickDistances, tickText, type XAxis } from '../charts/x-axis.ts';
import { el } from '../dom.ts';
import { type Bins, edgesOf } from './bins.ts';

export interface Column {
  step: number;
  /** Where it is on the x axis. */
  x: number;
  /** Completions in each bin. */
  counts: Float64Array;
}

interface Picture {
  /** In ascending order. */
  columns: Column[];
  bins: Bins | undefined;
  range: [number, number];
  axis: XAxis;
  theme: ChartTheme;
  marks: Marks;
}

/** The same room around the picture as the curves have, so that steps are above each other. In CSS pixels. */
const LEFT = 52;
const RIGHT = 22;
const TOP = 8;
const BOTTOM = 26;
/** The least share that is drawn at all is seen; twice as many are not twice as dark, or single completions would be lost. */
const FAINTEST = 10;

export class HeatMapCanvas {
  readonly element = el('div', { class: 'plot' });
  readonly #canvas = el('canvas', { 'aria-hidden': 'true' });
  readonly #cursor = el('div', { class: 'heat-cursor', hidden: true });
  #picture: Picture | undefined;

  constructor() {
    this.element.append(this.#canvas, this.#cursor);
  }

  get columns(): readonly Column[] {
    return this.#picture?.columns ?? [];
  }

  draw(picture: Picture): void {
    this.#picture = picture;
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) return;
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    const ctx = this.#canvas.getContext('2d')!;
    ctx.scale(ratio, ratio);
    ctx.font = picture.theme.font;
    this.#drawCells(ctx, picture);
    this.#drawAxes(ctx, picture);
    const box = { left: LEFT, top: this.#top, width: this.#width, height: this.#height };
    const { marks, theme } = picture;
    drawStages(ctx, marks.stages, { box, px: (x) => this.#px(x), ratio: 1, theme });
    for (const { x } of picture.marks.changes) this.#drawMark(ctx, x, picture.theme.change, [2, 2]);
    if (picture.marks.chosen !== null) this.#drawMark(ctx, picture.marks.chosen, picture.theme.cursor, []);
  }

  /** A frame around a column, or one of its bins. */
  mark(x: number | null, bin: number | null): void {
    const { bins } = this.#picture ?? {};
    const at = x === null ? -1 : this.columns.findIndex((column) => column.x === x);
    this.#cursor.hidden = at < 0 || !bins;
    if (this.#cursor.hidden || !bins) return;
    const [left, right] = this.#edges(at);
    const height = this.#height / bins.count;
    const top = bin === null ? this.#top : this.#top + (bins.count - 1 - bin) * height;
    Object.assign(this.#cursor.style, {
      left: `${left - 1}px`,
      width: `${Math.max(3, right - left + 2)}px`,
      top: `${top}px`,
      height: `${bin === null ? this.#height : height}px`,
    });
  }

  /** The column at a place of the picture, in CSS pixels from its left. */
  columnAt(left: number): Column | undefined {
    const { range } = this.#picture ?? {};
    if (!range || left < LEFT - 4 || left > LEFT + this.#width + 4) return undefined;
    return this.nearest(range[0] + ((left - LEFT) / this.#width) * (range[1] - range[0]));
  }

  nearest(x: number): Column | undefined {
    let best: Column | undefined;
    for (const column of this.columns) if (!best || Math.abs(column.x - x) < Math.abs(best.x - x)) best = column;
    return best;
  }

  /** The bin at a place, in CSS pixels from the top. */
  binAt(top: number): number | null {
    const { bins } = this.#picture ?? {};
    const bin = bins ? Math.floor((1 - (top - this.#top) / this.#height) * bins.count) : -1;
    return bins && bin >= 0 && bin < bins.count ? bin : null;
  }

  get #width(): number {
    return this.element.clientWidth - LEFT - RIGHT;
  }

  get #height(): number {
    return this.element.clientHeight - this.#top - BOTTOM;
  }

  get #top(): number {
    return this.#picture?.marks.stages.length ? TOP + STAGES_HEIGHT : TOP;
  }

  #px(x: number): number {
    const [from, to] = this.#picture!.range;
    return LEFT + ((x - from) / (to - from)) * this.#width;
  }

  /** Half-way to the columns beside it, but not beyond what is usual: where steps are missing, there is nothing. */
  #edges(at: number): [left: number, right: number] {
    const { columns } = this;
    const x = this.#px(columns[at]!.x);
    const before = columns[at - 1] && (x - this.#px(columns[at - 1]!.x)) / 2;
    const after = columns[at + 1] && (this.#px(columns[at + 1]!.x) - x) / 2;
    const half = before ?? after ?? 8;
    const clamp = (value: number) => Math.max(LEFT, Math.min(LEFT + this.#width, value));
    return [clamp(x - (before ?? half)), clamp(x + (after ?? half))];
  }

  #drawCells(ctx: CanvasRenderingContext2D, { columns, bins, theme }: Picture): void {
    if (!bins) return;
    const height = this.#height / bins.count;
    // From a few colours: making one for each cell would take longer than drawing it.
    const shades = Array.from({ length: 33 }, (_, i) =>
      translucent(theme.palette[0]!, FAINTEST + ((100 - FAINTEST) * i) / 32),
    );
    columns.forEach(({ counts }, at) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      const [left, right] = this.#edges(at);
      // Columns that touch leave no seam.
      const [x0, x1] = [Math.floor(left), Math.max(Math.floor(left) + 1, Math.floor(right))];
      counts.forEach((count, bin) => {
        if (count === 0) return;
        ctx.fillStyle = shades[Math.round(32 * Math.sqrt(count / total))]!;
        const top = this.#top + (bins.count - 1 - bin) * height;
        ctx.fillRect(x0, Math.floor(top), x1 - x0, Math.ceil(height) - (height > 5 ? 1 : 0));
      });
    });
  }

  #drawAxes(ctx: CanvasRenderingContext2D, { bins, range, axis, theme }: Picture): void {
    ctx.fillStyle = theme.muted;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'right';
    if (bins) {
      const [low] = edgesOf(bins, 0);
      const [, high] = edgesOf(bins, bins.count - 1);
      for (const tick of niceTicks(low, high, Math.max(2, Math.floor(this.#height / 26)), false)) {
        if (tick < low || tick > high) continue;
        const y = this.#top + this.#height * (1 - (tick - low) / (high - low));
        ctx.fillText(formatNumber(tick), LEFT - 8, y);
      }
    }
    ctx.textAlign = 'center';
    ctx.textBaseline = 'top';
    const most = this.#width / (this.#width < 500 ? 60 : 80);
    const distance = tickDistances(axis).find((each) => (range[1] - range[0]) / each <= most) ?? range[1] - range[0];
    for (let tick = Math.ceil(range[0] / distance) * distance; tick <= range[1]; tick += distance)
      ctx.fillText(tickText(axis, Number(tick.toPrecision(12))), this.#px(tick), this.#top + this.#height + 7);
  }

  #drawMark(ctx: CanvasRenderingContext2D, x: number, color: string, dash: number[]): void {
    const [from, to] = this.#picture!.range;
    if (x < from || x > to) return;
    ctx.strokeStyle = color;
    ctx.lineWidth = 1;
    ctx.setLineDash(dash);
    ctx.beginPath();
    ctx.moveTo(Math.round(this.#px(x)) + 0.5, this.#top);
    ctx.lineTo(Math.round(this.#px(x)) + 0.5, this.#top + this.#height);
    ctx.stroke();
    ctx.setLineDash([]);
  }
}
