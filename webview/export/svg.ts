import { formatNumber, formatShare } from '../../src/text/numbers.ts';
import { niceTicks } from '../../src/text/ticks.ts';
import type { Point } from '../charts/decimate.ts';
import type { ChartDefinition } from '../charts/definitions.ts';
import type { Marks } from '../charts/marks.ts';
import { type DrawnSeries, drawnSeries, type PlotSettings, plotData } from '../charts/plot-series.ts';
import { translucent } from '../charts/theme.ts';
import { tickText, X_AXES } from '../charts/x-axis.ts';

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 56;
const TOP = 72;
const BOTTOM = 40;

type Points = readonly Point[];

/** A chart as a picture of its own, in the colours on screen: the curves as paths, thinned out to what can be seen. */
export function chartSvg(
  chart: ChartDefinition,
  settings: PlotSettings & { range: readonly [number, number]; marks: Pick<Marks, 'stages'> },
  log: boolean,
): string {
  const { theme, runs, axis, range, marks } = settings;
  const { drawn, bands } = drawnSeries(chart, settings);
  const [x, ...ys] = plotData(drawn, axis, range, WIDTH - LEFT - RIGHT);
  const toScale = log ? (value: number) => Math.asinh(value / 1e-3) : (value: number) => value;
  const own = ys.flatMap((points, i) => (drawn[i]!.share ? [] : points)).filter((value) => typeof value === 'number');
  const fromZero = chart.stacked || chart.unit === 'share' || chart.unit === 'tokens';
  const low = own.reduce((least, value) => Math.min(least, value), fromZero ? 0 : Infinity);
  const high = own.reduce((most, value) => Math.max(most, value), -Infinity);
  const ticks = own.length > 0 ? niceTicks(low, high, 6, log) : [0, 1];
  const [bottom, top] = [toScale(Math.min(low, ticks[0]!)), toScale(Math.max(high, ticks.at(-1)!))];
  const px = (x: number) => LEFT + ((x - range[0]) / (range[1] - range[0])) * (WIDTH - LEFT - RIGHT);
  const place = (share: number) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  const py = (value: number) => place((toScale(value) - bottom) / (top - bottom || 1));
  const yOf = (series: DrawnSeries) => (series.share ? place : py);
  const parts: string[] = [];

  for (const tick of ticks) {
    const label = chart.unit === 'share' ? formatShare(tick) : formatNumber(tick);
    parts.push(
      `<path d="M${LEFT} ${r(py(tick))}H${WIDTH - RIGHT}" stroke="${theme.grid}"/>`,
      text(LEFT - 8, py(tick) + 4, label, theme.muted, 'end'),
    );
  }
  for (const tick of niceTicks(range[0], range[1], 8, false))
    if (tick >= range[0] && tick <= range[1] && (axis === 'time' || Number.isInteger(tick)))
      parts.push(text(px(tick), HEIGHT - BOTTOM + 20, tickText(axis, tick), theme.muted, 'middle'));
  if (drawn.some(({ share }) => share))
    for (const share of [0, 0.5, 1])
      parts.push(text(WIDTH - RIGHT + 8, place(share) + 4, formatShare(share), theme.muted, 'start'));

  for (const { from, to, name } of marks.stages) {
    const [start, end] = [Math.max(LEFT, px(from)), Math.min(WIDTH - RIGHT, px(to))];
    if (end <= start) continue;
    if (start > LEFT) parts.push(`<path d="M${r(start)} ${TOP - 14}V${HEIGHT - BOTTOM}" stroke="${theme.grid}"/>`);
    // A letter takes about so much.
    if (name.length * 7 < end - start) parts.push(text(start + 4, TOP - 4, name, theme.muted, 'start'));
  }

  for (const { upper, lower, fill } of bands)
    parts.push(`<path d="${area(x, ys[upper - 1]!, ys[lower - 1]!, px, py)}" fill="${fill}"/>`);
  drawn.forEach((series, i) => {
    const points = ys[i]!;
    const y = yOf(series);
    if (series.fill !== null) {
      const zero = points.map((value) => (typeof value === 'number' ? 0 : value));
      parts.push(`<path d="${area(x, points, zero, px, y)}" fill="${translucent(series.fill, 100)}"/>`);
    }
    if (series.stroke === null) return;
    const dash = series.dash.length > 0 ? ` stroke-dasharray="${series.dash.join(' ')}"` : '';
    parts.push(
      `<path d="${path(x, points, px, y, series.sparse)}" fill="none" stroke="${series.stroke}" stroke-width="${series.width}" stroke-linejoin="round"${dash}/>`,
    );
  });

  const legend = chart.series
    .filter(({ id }) => !settings.hidden.has(id))
    .map(({ label, color }) => ({ label, color: theme.palette[color]! }));
  legend.push(...runs.slice(1).map(({ label, color }) => ({ label, color: theme.palette[color]! })));
  let at = LEFT;
  for (const { label, color } of legend) {
    parts.push(
      `<path d="M${at} 44h14" stroke="${color}" stroke-width="3"/>`,
      text(at + 20, 48, label, theme.text, 'start'),
    );
    at += 20 + label.length * 7 + 16;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${xml(`${chart.title} of ${runs[0]!.name}`)}</title>`,
    `<rect width="100%" height="100%" fill="${theme.background}"/>`,
    `<text x="${LEFT}" y="26" fill="${theme.text}" font-size="15" font-weight="600">${xml(`${chart.title} · ${runs[0]!.name}`)}</text>`,
    ...parts,
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, X_AXES[axis].toLowerCase(), theme.muted, 'middle'),
    '</svg>\n',
  ].join('\n');
}

function path(
  x: readonly number[],
  points: Points,
  px: (x: number) => number,
  py: (y: number) => number,
  joined: boolean,
): string {
  let down = false;
  let d = '';
  points.forEach((value, i) => {
    if (typeof value !== 'number') {
      if (!joined && value === null) down = false;
      return;
    }
    d += `${down ? 'L' : 'M'}${r(px(x[i]!))} ${r(py(value))}`;
    down = true;
  });
  return d;
}

/** Between two curves, in one piece: what is missing is passed over. */
function area(
  x: readonly number[],
  upper: Points,
  lower: Points,
  px: (x: number) => number,
  py: (y: number) => number,
): string {
  const there = upper.flatMap((value, i) => (typeof value === 'number' && typeof lower[i] === 'number' ? [i] : []));
  const out = there.map((i) => `${r(px(x[i]!))} ${r(py(upper[i]!))}`);
  const back = there.toReversed().map((i) => `${r(px(x[i]!))} ${r(py(lower[i]!))}`);
  return out.length > 0 ? `M${[...out, ...back].join('L')}Z` : '';
}

const r = (value: number) => Number(value.toFixed(2));

function text(x: number, y: number, content: string, fill: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${r(x)}" y="${r(y)}" fill="${fill}" text-anchor="${anchor}">${xml(content)}</text>`;
}

function xml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
