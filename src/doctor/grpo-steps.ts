import { MetricColumns } from '../protocol/metric-columns.ts';
import { type ConfigEdit, setField } from '../protocol/remedy.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { stageSpans } from '../protocol/stage-spans.ts';
import type { RunHistory } from './run-history.ts';

/** Of a stage that is longer, the newest rows are looked at. */
const ROWS = 256;

/**
 * What of a run detectors look at: of one with stages the newest stage of GRPO, with its settings in place of the run's; undefined before its first
 * step. Others have other curves, and neither groups nor advantages.
 */
export function grpoSteps(history: RunHistory): RunHistory | undefined {
  const { config, metrics } = history;
  if (!config.stages) return history;
  const span = stageSpans(config).findLast(({ kind, first }) => kind === 'grpo' && first <= metrics.lastStep);
  if (!span) return undefined;
  const end = metrics.indexOf(span.last + 1);
  const from = Math.max(metrics.indexOf(span.first), end - ROWS);
  const { steps, values } = metrics.slice(from);
  const rows = new MetricColumns();
  rows.append({
    steps: steps.slice(0, end - from),
    values: Object.fromEntries(Object.entries(values).map(([key, column]) => [key, column.slice(0, end - from)])),
  });
  const index = span.number - 1;
  const own = Object.fromEntries(Object.entries(config.stages[index]!).filter(([, value]) => value !== undefined));
  return {
    ...history,
    metrics: rows,
    config: { ...config, stages: null, ...own },
    stage: { index, fields: Object.keys(own) },
  };
}

/** The remedy that sets a field where it takes effect: in the stage, if that has a value of its own. */
export function setting({ stage }: RunHistory, field: keyof RunConfig, value: ConfigEdit['value']): ConfigEdit {
  const edit = setField(field, value);
  return stage?.fields.includes(field) ? { ...edit, path: ['stages', stage.index, field] } : edit;
}
