import type { Experience } from '../../grpo/trajectory.ts';
import type { ModelConfig } from '../../model/config.ts';
import type { BatchTotals } from './gradients.ts';
import { type CuttingConfig, type MicroBatch, microBatches, type ReferencedExperience } from './micro-batches.ts';

/** What one optimizer update learns from. */
export interface UpdateBatch {
  batches: MicroBatch[];
  totals: BatchTotals;
}

/**
 * A pass over a rollout as the updates that it consists of: one, or one for each of the mini-batches, lists of rows. Those have some of a group's
 * completions, and so each completion gets its prompt computed for itself. `all`: as in `microBatches`.
 */
export function updateBatches(
  rollout: readonly ReferencedExperience[],
  model: ModelConfig,
  config: CuttingConfig,
  { all = false, miniBatches }: { all?: boolean | undefined; miniBatches?: readonly number[][] | undefined },
): UpdateBatch[] {
  const whole = totalsOf(rollout);
  if (!miniBatches) return [{ batches: microBatches(rollout, model, config, { all }), totals: whole }];
  return miniBatches.map((rows) => {
    const own = rows.map((row) => rollout[row]!);
    const batches = microBatches(own, model, { ...config, numGenerations: 1 }, { all });
    return {
      batches: batches.map((batch) => ({ ...batch, rows: batch.rows.map((place) => rows[place]!) })),
      totals: { ...totalsOf(own), averageTokens: whole.tokens / miniBatches.length },
    };
  });
}

function totalsOf(rollout: readonly Experience[]): BatchTotals {
  let tokens = 0;
  for (const { mask } of rollout) for (let token = 0; token < mask.length; token++) tokens += mask[token]!;
  return { rows: rollout.length, tokens };
}
