/**
 * Training from recorded rollouts against TRL's own GRPOTrainer (test/references/grpo_training.py): the weights that it reached, and
 * what it logged on the way.
 */
import { describe, expect, test } from 'vitest';
import { expectTrlWeights, type MetricsRow, prepareTrlRun, type TrlRun, trlRuns } from './trl-run.ts';
import { metricsOf, rolloutsOf, trainHere, updatesOf } from './workspace.ts';

/** What TRL logs and we do not, or otherwise, under these configs. */
function isComparable(
  key: string,
  { gradientAccumulationSteps, numMiniBatches = 1, delta, ...config }: TrlRun['config'],
): boolean {
  // Extremes over several processes, and what it says of the entropy bonus.
  if (['clip_ratio/low_min', 'clip_ratio/high_max', 'policy_loss'].includes(key)) return false;
  if (key === 'entropy_coef' && !config.useAdaptiveEntropy) return false;
  // TRL: means over the tokens of a micro-batch, and then over micro-batches. Ours are over all tokens.
  if (gradientAccumulationSteps * numMiniBatches > 1 && /^(kl|entropy$|(cispo_)?clip_ratio)/.test(key)) return false;
  // TRL counts what is left above the clip range after capping, nothing if the cap is below it; we count what was above.
  if (delta !== undefined && /^clip_ratio.(high|region)/.test(key)) return false;
  // TRL looks at the batch instead of the groups.
  const byBatch = config.scaleRewards === 'batch' || config.multiObjectiveAggregation === 'normalize_then_sum';
  return !(byBatch && key === 'frac_reward_zero_std');
}

describe('training from recorded rollouts equals TRL', () => {
  test.for(Object.entries(trlRuns))('%s', async ([name, { config, noise, advantages, metrics }]) => {
    const { configFile, ...options } = await prepareTrlRun(name);
    const { result } = await trainHere(configFile, options);
    // Of the update, or as far as two right answers are apart.
    const updateTolerance = Math.max(1e-3, 5 * noise.update);
    expectTrlWeights(name, result.checkpoint!, { tolerance: 1e-4, updateTolerance });

    const logged = metricsOf(result.run);
    expect(logged).toHaveLength(advantages.length);
    for (const [index, row] of logged.entries()) {
      const step = index + 1;
      const ours = rolloutsOf(result.run, step).map(({ advantage }) => advantage);
      for (const [i, advantage] of advantages[index]!.entries()) expect(ours[i]).toBeCloseTo(advantage, 5);
      const updates = config.numIterations * (config.numMiniBatches ?? 1);
      const passes = metrics.slice(index * updates, step * updates);
      for (const [key, value] of Object.entries(meanOf(passes))) {
        if (
          !isComparable(key, config) ||
          (leavesOut(result.run, step) && /^(entropy|(cispo_)?clip_ratio|vespo)/.test(key))
        )
          continue;
        const miss = Math.abs(row[key]! - value!) / Math.max(1, Math.abs(value!));
        expect(miss, `${key} of step ${step} is ${row[key]}, not ${value}`).toBeLessThan(2e-4);
      }
    }
  });
});

/** Whether the update computed only those groups that have a gradient: TRL computes all, and its means are over all. */
const leavesOut = (run: string, step: number): boolean => updatesOf(run, step).some(({ entropies }) => !entropies);

/** TRL logs each pass over a rollout on its own, and what is known of the rollout with the first. */
function meanOf(passes: MetricsRow[]): MetricsRow {
  const entries = Object.keys(passes[0]!).map((key) => {
    const values = passes.flatMap((pass) => pass[key] ?? []);
    return [key, values.reduce((sum, value) => sum + value, 0) / values.length] as const;
  });
  return Object.fromEntries(entries);
}
