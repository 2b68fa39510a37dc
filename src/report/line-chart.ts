import { formatNumber } from '../text/numbers.ts';
import { niceTicks } from '../text/ticks.ts';
import { type Html, html } from './html.ts';

export interface ChartLine {
  label: string;
  /** In order of their steps. */
  points: readonly Point[];
  /** Which of the report's colours, from 0; those after the last are the same ones, dashed. */
  color: number;
  /** Points far apart, which are marked. */
  marked?: boolean;
  /** The lowest and the highest of several runs, at the steps of `points`. */
  band?: { low: readonly Point[]; high: readonly Point[] };
}

export interface Point {
  step: number;
  value: number;
}

/** The report's colours. */
export const COLORS = 6;
export const [WIDTH, HEIGHT] = [480, 190];
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 10, 12, 24];
/** What can be told apart: more points become the lowest and the highest of each stretch. */
const STRETCHES = 300;

export interface ChartOptions {
  /** Steps with a line across. */
  marks?: readonly number[];
  /** Parts of the run, by their first step and their last, named above the curves. */
  stages?: readonly { name: string; first: number; last: number }[];
  /** How values are written. */
  format?: (value: number | undefined) => string;
}

/** Curves over the steps as a picture in the page, in colours that the page's style sets. */
export function lineChart(title: string, lines: readonly ChartLine[], options: ChartOptions = {}): Html {
  const { format = formatNumber } = options;
  return html`<figure>
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chartSummary(title, lines, options)}">
${plotArea(lines, options)}
</svg>
<ul class="legend">${lines.map(
    ({ label, points, color }) => html`<li>${swatch(color)}${label} <b>${format(points.at(-1)?.value)}</b></li>`,
  )}</ul>
</figure>`;
}

/** What a chart shows, for those who cannot see it. */
export const chartSummary = (
  title: string,
  lines: readonly ChartLine[],
  { format = formatNumber }: ChartOptions,
): string => `${title}: ${lines.map((line) => summary(line, format)).join('; ')}`;

const swatch = (color: number): Html =>
  color < COLORS
    ? html`<span class="swatch c${color}"></span>`
    : html`<svg class="swatch-line" viewBox="0 0 24 4"><path class="${lookOf(color)}" d="M0 2H24"/></svg>`;

/** A curve's classes: colours repeat, dashed. */
export const lookOf = (color: number): string =>
  `line c${color % COLORS}${color < COLORS ? '' : ` dash${1 + (Math.floor(color / COLORS - 1) % 2)}`}`;

/** Axes and curves, within WIDTH × HEIGHT. */
export function plotArea(lines: readonly ChartLine[], options: ChartOptions = {}): Html {
  const { marks = [], stages = [], format = formatNumber } = options;
  const all = lines.flatMap(({ points, band }) => [...points, ...(band?.low ?? []), ...(band?.high ?? [])]);
  const [first, last] = extent(all.map(({ step }) => step));
  const [low, high] = extent(all.map(({ value }) => value));
  const ticks = niceTicks(low, high, 4, false);
  const [bottom, top] = [ticks[0]!, ticks.at(-1)!];
  const x = (step: number) => LEFT + ((step - first) / (last - first || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - ((value - bottom) / (top - bottom)) * (HEIGHT - TOP - BOTTOM);
  const steps = niceTicks(first, last, 6, false).filter(
    (step) => step >= first && step <= last && Number.isInteger(step),
  );
  const dots = (points: readonly Point[]) => points.map(({ step, value }) => `${round(x(step))} ${round(y(value))}`);
  return html`${ticks.map((tick) => html`<path class="grid" d="M${LEFT} ${round(y(tick))}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${round(y(tick) + 4)}" text-anchor="end">${format(tick)}</text>`)}
${steps.map((step) => html`<text x="${round(x(step))}" y="${HEIGHT - 6}" text-anchor="middle">${step}</text>`)}
${stages.map(({ name, first: from, last: to }) => stageMark(name, x(from === 1 ? first : Math.max(first, from - 0.5)), x(Math.min(last, to + 0.5))))}
${marks.map((step) => html`<path class="mark" d="M${round(x(step))} ${TOP}V${HEIGHT - BOTTOM}"/>`)}
${lines.map((line) => band(line, dots))}
${lines.map((line) => curve(line, dots))}`;
}

/** About the width of a letter. */
const LETTER = 5.5;

/** Where a stage begins, and what it is called, as far as there is room. */
function stageMark(name: string, from: number, to: number): Html {
  if (to <= from) return html``;
  const line = from > LEFT && html`<path class="stage" d="M${round(from)} 0V${HEIGHT - BOTTOM}"/>`;
  const letters = Math.floor((to - from - 6) / LETTER);
  if (letters < 4) return html`${line}`;
  const text = name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
  return html`${line}<text class="stage-name" x="${round(from + 3)}" y="8">${text}</text>`;
}

type Dots = (points: readonly Point[]) => string[];

function band({ band: between, color }: ChartLine, dots: Dots): Html {
  if (!between || between.low.length < 2) return html``;
  const outline = [...dots(thinned(between.high)), ...dots(thinned(between.low)).reverse()];
  return html`<path class="band c${color % COLORS}" d="M${outline.join('L')}Z"/>`;
}

function curve({ points, color, marked }: ChartLine, dots: Dots): Html {
  const drawn = dots(thinned(points));
  const path = html`<path class="${lookOf(color)}" d="M${drawn.join('L')}"/>`;
  if (!marked && drawn.length > 1) return path;
  return html`${path}${drawn.map((at) => html`<path class="dot c${color % COLORS}" d="M${at}h0"/>`)}`;
}

function thinned(points: readonly Point[]): Point[] {
  const size = Math.ceil(points.length / STRETCHES);
  if (size <= 2) return [...points];
  return Array.from({ length: Math.ceil(points.length / size) }, (_, at) => {
    const part = points.slice(at * size, (at + 1) * size);
    const lowest = part.reduce((least, point) => (point.value < least.value ? point : least));
    const highest = part.reduce((most, point) => (point.value > most.value ? point : most));
    return lowest.step <= highest.step ? [lowest, highest] : [highest, lowest];
  }).flat();
}

function summary({ label, points }: ChartLine, format: (value: number | undefined) => string): string {
  const at = (point: Point | undefined) => `${format(point?.value)} at step ${point?.step}`;
  return `${label} from ${at(points[0])} to ${at(points.at(-1))}`;
}

/** Without spreading: a run may have 100,000 steps. */
const extent = (values: readonly number[]): [number, number] => [
  values.reduce((least, value) => Math.min(least, value), Infinity),
  values.reduce((most, value) => Math.max(most, value), -Infinity),
];

const round = (value: number): number => Number(value.toFixed(1));
