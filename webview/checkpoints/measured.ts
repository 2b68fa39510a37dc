import type { SavedCheckpoint } from '../../src/protocol/dashboard-checkpoints.ts';
import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { measureText, type RunMeasure, runMeasure } from '../../src/protocol/run-measure.ts';
import { formatNumber } from '../../src/text/numbers.ts';

/** A checkpoint, and how good the run was at its step. */
export interface MeasuredCheckpoint extends SavedCheckpoint {
  /** As runs are compared; undefined where nothing was measured up to its step. */
  measure: RunMeasure | undefined;
  best: boolean;
  newest: boolean;
}

/** Newest first. Of equally good ones the earliest is the best: nothing was gained after it. */
export function measured(saved: readonly SavedCheckpoint[], columns: MetricColumns): MeasuredCheckpoint[] {
  const { steps } = columns;
  const [reward, evalReward] = [columns.values('reward'), columns.values('eval_reward')];
  const all = saved.map((checkpoint) => {
    const length = columns.indexOf(checkpoint.step + 1);
    return { checkpoint, measure: runMeasure({ steps, reward, evalReward, length }) };
  });
  const highest = Math.max(...all.map(({ measure }) => measure?.reward ?? -Infinity));
  const best = all.find(({ measure }) => measure?.reward === highest);
  return all
    .map(({ checkpoint, measure }, index) => {
      return { ...checkpoint, measure, best: index === all.indexOf(best!), newest: index === all.length - 1 };
    })
    .reverse();
}

/** `held-out reward 6.68`, and where it was measured unless that was at the checkpoint itself. */
export function measureWords({ step, measure }: MeasuredCheckpoint): string {
  if (!measure) return 'no reward yet';
  const elsewhere = measure.step === step ? '' : `, of step ${measure.step}`;
  return `${measureText(measure)} ${formatNumber(measure.reward)}${elsewhere}`;
}
