import type { SavedCheckpoint } from '../../src/protocol/dashboard-checkpoints.ts';
import { rewardText } from '../../src/protocol/held-out.ts';
import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { measureText, type RunMeasure, runMeasure } from '../../src/protocol/run-measure.ts';

/** A checkpoint, and how good the run was at its step. */
export interface MeasuredCheckpoint extends SavedCheckpoint {
  /** As runs are compared; undefined where nothing was measured up to its step. */
  measure: RunMeasure | undefined;
  best: boolean;
  newest: boolean;
}

/**
 * Newest first. Of equally good ones the earliest is the best: nothing was gained after it. One that was not evaluated cannot be the best:
 * its measure is of a model before it.
 */
export function measured(saved: readonly SavedCheckpoint[], columns: MetricColumns): MeasuredCheckpoint[] {
  const { steps } = columns;
  const [reward, evalReward] = [columns.values('reward'), columns.values('eval_reward')];
  const all = saved.map((checkpoint) => {
    const length = columns.indexOf(checkpoint.step + 1);
    return { checkpoint, measure: runMeasure({ steps, reward, evalReward, length }) };
  });
  const own = all.filter(({ checkpoint, measure }) => measure && isOf(checkpoint.step, measure));
  const highest = Math.max(...own.map(({ measure }) => measure!.reward));
  const best = own.find(({ measure }) => measure!.reward === highest);
  return all
    .map(({ checkpoint, measure }, index) => {
      return { ...checkpoint, measure, best: index === all.indexOf(best!), newest: index === all.length - 1 };
    })
    .reverse();
}

/** Whether it tells how good the model of this step is: an earlier evaluation does not, the mean of steps up to it does. */
const isOf = (step: number, measure: RunMeasure): boolean => measure.kind === 'training' || measure.step === step;

/** `held-out reward 6.68`; or that it was not evaluated, and what the model was before. */
export function measureWords({ step, measure }: MeasuredCheckpoint): string {
  if (!measure) return 'no reward yet';
  const reward = rewardText(measure.reward);
  return isOf(step, measure)
    ? `${measureText(measure)} ${reward}`
    : `not evaluated (${reward} at step ${measure.step})`;
}
