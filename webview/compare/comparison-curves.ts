import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import type { Curves } from '../charts/curves.ts';
import type { DrawnCurves, DrawnSeries, PlotSettings } from '../charts/plot-series.ts';
import { translucent } from '../charts/theme.ts';
import type { Overlay } from './overlays.ts';

/** What is measured now and then has a mark at each of its points. */
const HELD_OUT = /^eval_/;

/** One metric of the runs, a line each: dashed where it is not the dashboard's own; a mean of seeds with a band around it. */
export function comparisonCurves(
  overlays: readonly Overlay[],
  key: string,
  curvesOf: (columns: MetricColumns) => Curves,
  { smoothing, theme }: Pick<PlotSettings, 'smoothing' | 'theme'>,
): DrawnCurves {
  const drawn: DrawnSeries[] = [];
  const bands: DrawnCurves['bands'] = [];
  for (const { id, label, columns, own, band, color: index, folders } of overlays) {
    const color = theme.palette[index]!;
    const of = (some: MetricColumns) => ({
      name: label,
      label,
      folder: folders[0]!,
      curves: curvesOf(some),
      color: index,
    });
    const line: DrawnSeries = {
      ...{ id, label, run: of(columns), terms: [{ key, weight: 1 }], smoothing, stroke: color, fill: null },
      ...{ width: theme.highContrast ? 2.75 : 1.75, dash: own || band ? [] : [6, 3], share: false, sparse: true },
      ...{ points: HELD_OUT.test(key), faint: false, keep: 'extremes' },
    };
    if (band) {
      const edge = { ...line, stroke: null, width: 0, points: false };
      const lower = drawn.push({ ...edge, run: of(band.low) });
      const upper = drawn.push({ ...edge, run: of(band.high) });
      bands.push({ upper, lower, fill: translucent(color, theme.highContrast ? 28 : 18) });
    } else if (smoothing > 0) {
      // The values themselves, faintly behind their moving average.
      const behind = { smoothing: 0, stroke: translucent(color, 28), width: 1, dash: [], points: false, faint: true };
      drawn.push({ ...line, ...behind });
    }
    drawn.push(line);
  }
  return { drawn, bands };
}
