import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { RECENT_STEPS, type RunMeasure } from '../../src/protocol/run-measure.ts';
import { heldOutOf, trainingOf } from '../../src/protocol/run-results.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { formatCount } from '../format.ts';
import type { CompareRow } from './content-rows.ts';
import { metricLabel } from './metrics.ts';

const FUNCTION = /^rewards\/.+\/mean$/;
const HELD_OUT_FUNCTION = /^eval_rewards\/.+\/mean$/;

/** What came of each run: its last and its best reward on held-out prompts and in training, in all and per function. */
export function resultRows(runs: readonly MetricColumns[]): CompareRow[] {
  const keys = [...new Set(runs.flatMap((columns) => columns.keys))];
  const heldOut = ['eval_reward', ...keys.filter((key) => HELD_OUT_FUNCTION.test(key))];
  const training = ['reward', ...keys.filter((key) => FUNCTION.test(key))];
  return [
    { field: 'steps', values: runs.map((columns) => formatCount(columns.lastStep)) },
    ...heldOut.flatMap((key) => measured(metricLabel(key), runs, (columns) => heldOutOf(columns, key))),
    ...training.flatMap((key) =>
      measured(`${metricLabel(key)} (mean of last ${RECENT_STEPS} steps)`, runs, (columns) => trainingOf(columns, key)),
    ),
  ];
}

/** Nothing where no run has it. */
function measured(
  field: string,
  runs: readonly MetricColumns[],
  of: (columns: MetricColumns) => RunMeasure | null,
): CompareRow[] {
  const measures = runs.map(of);
  if (measures.every((measure) => measure === null)) return [];
  const rewards = measures.map((measure) => measure?.reward ?? -Infinity);
  const highest = Math.max(...rewards);
  const isOnly = rewards.filter((reward) => reward === highest).length === 1;
  return [
    {
      field,
      values: measures.map((measure) => measure && formatNumber(measure.reward)),
      notes: measures.map((measure) => measure && bestText(measure)),
      missing: '–',
      ...(isOnly && runs.length > 1 && { best: rewards.indexOf(highest) }),
    },
  ];
}

const bestText = ({ best, bestStep, step }: RunMeasure): string =>
  `best ${formatNumber(best)}${bestStep === step ? '' : ` at step ${formatCount(bestStep)}`}`;
