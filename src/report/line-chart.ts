import { formatNumber } from '../text/numbers.ts';
import { niceTicks } from '../text/ticks.ts';
import { type Html, html } from './html.ts';

export interface ChartLine {
  label: string;
  /** In order of their steps. */
  points: readonly Point[];
  /** Which of the report's colours, from 0. */
  color: number;
  /** Points far apart, which are marked. */
  marked?: boolean;
}

export interface Point {
  step: number;
  value: number;
}

const [WIDTH, HEIGHT] = [480, 190];
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 10, 10, 24];
/** What can be told apart: more points become the lowest and the highest of each stretch. */
const STRETCHES = 300;

export interface ChartOptions {
  /** Steps with a line across. */
  marks?: readonly number[];
  /** How values are written. */
  format?: (value: number | undefined) => string;
}

/** Curves over the steps as a picture in the page, in colours that the page's style sets. */
export function lineChart(title: string, lines: readonly ChartLine[], options: ChartOptions = {}): Html {
  const { marks = [], format = formatNumber } = options;
  const all = lines.flatMap(({ points }) => points);
  const [first, last] = extent(all.map(({ step }) => step));
  const [low, high] = extent(all.map(({ value }) => value));
  const ticks = niceTicks(low, high, 4, false);
  const [bottom, top] = [ticks[0]!, ticks.at(-1)!];
  const x = (step: number) => LEFT + ((step - first) / (last - first || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - ((value - bottom) / (top - bottom)) * (HEIGHT - TOP - BOTTOM);
  const steps = niceTicks(first, last, 6, false).filter(
    (step) => step >= first && step <= last && Number.isInteger(step),
  );
  return html`<figure>
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${lines.map((line) => summary(line, format)).join('; ')}">
${ticks.map((tick) => html`<path class="grid" d="M${LEFT} ${round(y(tick))}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${round(y(tick) + 4)}" text-anchor="end">${format(tick)}</text>`)}
${steps.map((step) => html`<text x="${round(x(step))}" y="${HEIGHT - 6}" text-anchor="middle">${step}</text>`)}
${marks.map((step) => html`<path class="mark" d="M${round(x(step))} ${TOP}V${HEIGHT - BOTTOM}"/>`)}
${lines.map((line) => curve(line, x, y))}
</svg>
<ul class="legend">${lines.map(
    ({ label, points, color }) =>
      html`<li><span class="swatch c${color}"></span>${label} <b>${format(points.at(-1)?.value)}</b></li>`,
  )}</ul>
</figure>`;
}

function curve({ points, color, marked }: ChartLine, x: (step: number) => number, y: (value: number) => number): Html {
  const drawn = thinned(points).map(({ step, value }) => `${round(x(step))} ${round(y(value))}`);
  const path = html`<path class="line c${color}" d="M${drawn.join('L')}"/>`;
  if (!marked && drawn.length > 1) return path;
  return html`${path}${drawn.map((at) => html`<path class="dot c${color}" d="M${at}h0"/>`)}`;
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
