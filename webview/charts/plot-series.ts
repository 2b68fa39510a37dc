import type uPlot from 'uplot';
import type { PlottedRun } from './curves.ts';
import { type AlignedCurves, type CurveSource, decimate } from './decimate.ts';
import { bandId, type ChartDefinition, type Limits, type SeriesDefinition, type Terms } from './definitions.ts';
import { type ChartTheme, translucent } from './theme.ts';
import type { XAxis } from './x-axis.ts';

/** One line or area as it is drawn: what it is computed from and how it looks. */
export interface DrawnSeries {
  id: string;
  label: string;
  run: PlottedRun;
  terms: Terms;
  within?: Limits;
  smoothing: number;
  stroke: string | null;
  fill: string | null;
  width: number;
  dash: number[];
  share: boolean;
  sparse: boolean;
  points: boolean;
  /** Goes with another line. */
  faint: boolean;
  keep: CurveSource['keep'];
}

export interface PlotSettings {
  runs: readonly PlottedRun[];
  axis: XAxis;
  smoothing: number;
  hidden: ReadonlySet<string>;
  theme: ChartTheme;
}

/** What is drawn, bottom first, and the pairs of series (upper, lower; from 1) with a band between them. */
export interface DrawnCurves {
  drawn: DrawnSeries[];
  bands: { upper: number; lower: number; fill: string }[];
}

/** What a chart draws. */
export function drawnSeries(chart: ChartDefinition, settings: PlotSettings): DrawnCurves {
  const { runs, smoothing, hidden, theme } = settings;
  const [main, ...others] = runs;
  const drawn: DrawnCurves['drawn'] = [];
  const bands: DrawnCurves['bands'] = [];
  const shown = chart.series.filter(({ id }) => !hidden.has(id));
  // Layers are drawn from the highest down: each covers what is below it.
  for (const series of chart.stacked ? shown.toReversed() : shown) {
    const color = theme.palette[series.color]!;
    const terms = chart.stacked ? withoutHidden(series.terms, hidden) : series.terms;
    const look = { ...lookOf(chart, series, theme), id: series.id, label: series.label, run: main! };
    const { band } = series;
    if (band && !hidden.has(bandId(series)) && main!.curves.columns.values(band.key)) {
      const edge = { ...look, within: band.within, smoothing, stroke: null, width: 0 };
      const lower = drawn.push({ ...edge, terms: [...terms, { key: band.key, weight: -1 }] });
      const upper = drawn.push({ ...edge, terms: [...terms, { key: band.key, weight: 1 }] });
      bands.push({ upper, lower, fill: translucent(color, theme.highContrast ? 25 : 16) });
    }
    // The values themselves stay to be seen, faintly, behind their moving average.
    if (smoothing > 0 && !chart.stacked && !series.sparse)
      drawn.push({ ...look, terms, smoothing: 0, stroke: translucent(color, 28), width: 1, faint: true });
    drawn.push({ ...look, terms, smoothing: series.sparse ? 0 : smoothing, stroke: color });
  }
  for (const run of others)
    for (const series of overlaidSeries(chart, hidden)) {
      const terms = chart.stacked ? withoutHidden(series.terms, hidden) : series.terms;
      // Another run may have far fewer steps than there are pixels.
      const look = {
        ...lookOf({ ...chart, stacked: false }, series, theme),
        sparse: true,
        points: series.sparse ?? false,
      };
      const smoothed = series.sparse ? 0 : smoothing;
      // The extremes of a sum are not the sums of the extremes.
      if (run.band && terms.length === 1) {
        const edge = { ...look, id: run.folder, label: run.label, terms, smoothing: smoothed, stroke: null, width: 0 };
        const lower = drawn.push({ ...edge, run: { ...run, curves: run.band.low } });
        const upper = drawn.push({ ...edge, run: { ...run, curves: run.band.high } });
        bands.push({ upper, lower, fill: translucent(theme.palette[run.color]!, theme.highContrast ? 25 : 16) });
      }
      drawn.push({
        ...look,
        id: run.folder,
        label: run.label,
        run,
        terms,
        smoothing: smoothed,
        stroke: theme.palette[run.color]!,
        width: 1.5,
        dash: series.sparse ? [2, 3] : [6, 3],
      });
    }
  return { drawn, bands };
}

/** What is drawn of the other runs: the first curve that is shown (of a stack its upper edge), and what was measured on held-out prompts. */
export function overlaidSeries(chart: ChartDefinition, hidden: ReadonlySet<string>): SeriesDefinition[] {
  const shown = chart.series.filter(({ id }) => !hidden.has(id));
  const first = chart.stacked ? shown.at(-1) : shown[0];
  return first ? [first, ...shown.filter((series) => series !== first && series.sparse)] : [];
}

export const withoutHidden = (terms: Terms, hidden: ReadonlySet<string>): Terms =>
  terms.filter(({ key }) => !hidden.has(key));

function lookOf(chart: ChartDefinition, series: SeriesDefinition, theme: ChartTheme) {
  const color = theme.palette[series.color]!;
  const thick = theme.highContrast ? 1 : 0;
  return {
    smoothing: 0,
    stroke: color,
    fill: chart.stacked ? overBackground(color, theme) : null,
    width: (series.style === 'strong' ? 2 : 1.25) + thick,
    dash: series.style === 'dotted' ? [2, 3] : [],
    share: series.share ?? false,
    sparse: series.sparse ?? false,
    points: series.sparse ?? false,
    faint: false,
    keep: chart.stacked ? ('mean' as const) : ('extremes' as const),
  };
}

/** Opaque, so that a layer hides the ones behind it. */
function overBackground(color: string, theme: ChartTheme): string {
  return `color-mix(in srgb, ${color} 45%, ${theme.background})`;
}

/** The points to draw between two places on the x axis, thinned out to `pixels` columns. */
export function plotData(
  drawn: readonly DrawnSeries[],
  axis: XAxis,
  [from, to]: readonly [number, number],
  pixels: number,
): AlignedCurves {
  return decimate(
    drawn.map(({ run: { curves }, terms, within, smoothing, keep }) => ({
      values: curves.curve(terms, smoothing, within),
      x: curves.x(axis),
      length: curves.columns.length,
      keep,
    })),
    from,
    to,
    pixels,
  );
}

/** So few steps are marked one by one. */
const MARKED_STEPS = 40;

/** Dots where evaluations are, and on lines of few steps; none on areas and on what only goes with another line. */
function pointsOf({ stroke, fill, points, faint }: DrawnSeries): uPlot.Series.Points {
  if (points) return { show: (_plot, _series, from, to) => to - from < 20 * MARKED_STEPS, size: 5 };
  if (stroke === null || fill !== null || faint) return { show: false };
  return { show: (_plot, _series, from, to) => to - from < MARKED_STEPS, size: 4 };
}

export function toUplotSeries(drawn: readonly DrawnSeries[]): uPlot.Series[] {
  return [
    {},
    ...drawn.map((series): uPlot.Series => {
      const { label, stroke, fill, width, dash, share, sparse } = series;
      return {
        label,
        scale: share ? 'share' : 'y',
        width,
        dash,
        spanGaps: sparse,
        ...(stroke !== null && { stroke }),
        ...(fill !== null && { fill }),
        points: pointsOf(series),
      };
    }),
  ];
}
