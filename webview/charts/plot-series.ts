import type uPlot from 'uplot';
import type { PlottedRun } from './curves.ts';
import { type AlignedCurves, type CurveSource, decimate } from './decimate.ts';
import type { ChartDefinition, SeriesDefinition, Terms } from './definitions.ts';
import { type ChartTheme, translucent } from './theme.ts';

/** One line or area as it is drawn: what it is computed from and how it looks. */
export interface DrawnSeries {
  id: string;
  label: string;
  run: PlottedRun;
  terms: Terms;
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
  smoothing: number;
  hidden: ReadonlySet<string>;
  theme: ChartTheme;
}

/** What a chart draws, bottom first, and the pairs of series (upper, lower) with a band between them. */
export function drawnSeries(chart: ChartDefinition, settings: PlotSettings) {
  const { runs, smoothing, hidden, theme } = settings;
  const [main, ...others] = runs;
  const drawn: DrawnSeries[] = [];
  const bands: { upper: number; lower: number; fill: string }[] = [];
  const shown = chart.series.filter(({ id }) => !hidden.has(id));
  // Layers are drawn from the highest down: each covers what is below it.
  for (const series of chart.stacked ? shown.toReversed() : shown) {
    const color = theme.palette[series.color]!;
    const terms = chart.stacked ? withoutHidden(series.terms, hidden) : series.terms;
    const look = { ...lookOf(chart, series, theme), id: series.id, label: series.label, run: main! };
    if (series.band && main!.curves.columns.values(series.band)) {
      const edge = { ...look, smoothing, stroke: null, width: 0 };
      const lower = drawn.push({ ...edge, terms: [...terms, { key: series.band, weight: -1 }] });
      const upper = drawn.push({ ...edge, terms: [...terms, { key: series.band, weight: 1 }] });
      bands.push({ upper, lower, fill: translucent(color, theme.highContrast ? 25 : 16) });
    }
    // The values themselves stay to be seen, faintly, behind their moving average.
    if (smoothing > 0 && !chart.stacked && !series.sparse)
      drawn.push({ ...look, terms, smoothing: 0, stroke: translucent(color, 28), width: 1, faint: true });
    drawn.push({ ...look, terms, smoothing: series.sparse ? 0 : smoothing, stroke: color });
  }
  const first = chart.stacked ? shown.at(-1) : shown[0];
  for (const run of first ? others : []) {
    const terms = chart.stacked ? withoutHidden(first!.terms, hidden) : first!.terms;
    // Another run may have far fewer steps than there are pixels.
    const look = { ...lookOf({ ...chart, stacked: false }, first!, theme), sparse: true, points: false };
    // The extremes of a sum are not the sums of the extremes.
    if (run.band && terms.length === 1) {
      const edge = { ...look, id: run.folder, label: run.label, terms, smoothing, stroke: null, width: 0 };
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
      smoothing,
      stroke: theme.palette[run.color]!,
      width: 1.5,
      dash: [6, 3],
    });
  }
  return { drawn, bands };
}

const withoutHidden = (terms: Terms, hidden: ReadonlySet<string>): Terms => terms.filter(({ key }) => !hidden.has(key));

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

/** The points to draw between two steps, thinned out to `pixels` columns. `log` drops what has no logarithm. */
export function plotData(drawn: readonly DrawnSeries[], from: number, to: number, pixels: number): AlignedCurves {
  return decimate(
    drawn.map(({ run: { curves }, terms, smoothing, keep }) => ({
      values: curves.curve(terms, smoothing),
      steps: curves.columns.steps,
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
