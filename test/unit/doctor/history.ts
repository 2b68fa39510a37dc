import type { RunHistory } from '../../../src/doctor/run-history.ts';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import type { MetricsRow } from '../../../src/protocol/run-folder.ts';

/** A history with a row for each step from 1; `metricsOf` gives its metrics. */
export function historyOf(
  steps: number,
  metricsOf: (step: number) => Omit<MetricsRow, 'step'>,
  config: RunHistory['config'] = {},
): RunHistory {
  const metrics = new MetricColumns();
  for (let step = 1; step <= steps; step++) metrics.push({ ...metricsOf(step), step });
  return { config, functions: [], metrics };
}
