import { describe, expect, test } from 'vitest';
import { computeAdvantages } from '../../../src/grpo/advantages.ts';
import { assignCredit } from '../../../src/grpo/credit.ts';
import { lossMetrics, rolloutMetrics, type ScoredRow } from '../../../src/grpo/metrics.ts';
import type { ProcessStep } from '../../../src/grpo/process-advantages.ts';
import { groupSignals } from '../../../src/grpo/signal.ts';

const options = {
  scaleRewards: 'group',
  multiObjectiveAggregation: 'sum_then_normalize',
  baseline: 'group',
} as const;
const fine: ScoredRow = { failed: false, truncated: false, length: 4 };
const failed = { ...fine, failed: true };
const cut = { ...fine, truncated: true };

function signals(rewards: (number | null)[], rows: ScoredRow[] = rewards.map(() => fine)) {
  const scores = rewards.map((reward) => [reward]);
  return groupSignals(computeAdvantages(scores, [1], 2, options), rows);
}

describe('why a group has no signal', () => {
  test('all at the top, at the bottom, or between', () => {
    expect(signals([1, 0, 1, 1, 0, 0, 0.5, 0.5])).toEqual(['signal', 'too-easy', 'too-hard', 'equal']);
  });

  test('a batch of one reward', () => {
    expect(signals([0, 0, 0, 0])).toEqual(['too-hard', 'too-hard']);
    expect(signals([1, 1, 1, 1])).toEqual(['equal', 'equal']);
  });

  test('cut off', () => {
    expect(signals([0, 0, 1, 0, 0, 0], [cut, cut, cut, cut, cut, fine])).toEqual(['truncated', 'signal', 'too-hard']);
  });

  test('not scored', () => {
    expect(
      signals([null, null, null, null, null, 1, 1, 0], [fine, fine, failed, fine, fine, fine, fine, fine]),
    ).toEqual(['abstained', 'failed', 'abstained', 'signal']);
    expect(signals([null, null], [failed, failed])).toEqual(['failed']);
  });
});

describe('rollout metrics', () => {
  const scores = [
    [1, 0.5],
    [null, null],
    [0, null],
    [0, 0],
  ];
  const rows: ScoredRow[] = [
    { failed: false, truncated: false, length: 3 },
    { failed: true, truncated: true, length: 8 },
    { failed: true, truncated: true, length: 8 },
    { failed: false, truncated: false, length: 6 },
  ];
  const creditOf = (
    scored: (number | null)[][],
    weights: number[],
    steps = scored.map((row) => row.map(() => [] as ProcessStep[])),
  ) => assignCredit({ scores: scored, steps, lengths: scored.map(() => 3), weights, groupSize: 2 }, options);
  const metrics = rolloutMetrics(['correct', 'format'], creditOf(scores, [1, 2]), rows);

  test('rewards, missing ones left out', () => {
    expect(metrics.reward).toBeCloseTo(2 / 3, 10);
    expect(metrics.reward_std).toBeCloseTo(Math.sqrt(4 / 3), 10);
    expect([metrics.reward_min, metrics.reward_max]).toEqual([0, 2]);
    expect(metrics['rewards/correct/mean']).toBeCloseTo(1 / 3, 10);
    expect(metrics['rewards/format/mean']).toBe(0.25);
    expect(metrics['rewards/format/std']).toBeCloseTo(Math.sqrt(0.125), 10);
    expect(metrics['rewards/failed_ratio']).toBe(0.5);
  });

  test('groups', () => {
    // Of four rows: the first group has one scored row (nothing to compare), the second two equal ones, the worst of the batch.
    expect(metrics.frac_reward_zero_std).toBe(0.5);
    expect(metrics['groups/failed']).toBe(0.5);
    expect(metrics['groups/too_hard']).toBe(0.5);
    expect(metrics['groups/signal']).toBe(0);
    // The one group that has a deviation.
    expect(metrics['groups/reward_std']).toBe(0);
  });

  test('lengths', () => {
    expect(Object.fromEntries(Object.entries(metrics).filter(([key]) => key.startsWith('completions/')))).toEqual({
      'completions/mean_length': 6.25,
      'completions/min_length': 3,
      'completions/max_length': 8,
      'completions/clipped_ratio': 0.5,
      'completions/mean_terminated_length': 4.5,
      'completions/min_terminated_length': 3,
      'completions/max_terminated_length': 6,
    });
  });

  test('nothing to average is null, and nothing that ended has length 0', () => {
    const nothing = [[null], [null]];
    const empty = rolloutMetrics(['f'], creditOf(nothing, [1]), [cut, cut]);
    expect(empty).toMatchObject({ reward: null, reward_std: null, 'rewards/f/mean': null, 'rewards/f/std': null });
    expect(empty).toMatchObject({ reward_min: null, reward_max: null });
    expect(empty['completions/mean_terminated_length']).toBe(0);
  });
});

test('process supervision: the signal is that of the steps, which train', () => {
  const scores = [[0], [0], [0], [0]];
  const steps = [
    [[{ end: 1, score: 1 }]],
    [[{ end: 3, score: 0 }]],
    [[{ end: 2, score: 1 }]],
    [[{ end: 2, score: 1 }]],
  ];
  const credit = assignCredit({ scores, steps, lengths: [3, 3, 3, 3], weights: [1], groupSize: 2 }, options);
  const metrics = rolloutMetrics(['f'], credit, [fine, fine, fine, fine]);
  // All rewards are equal, but only the second group teaches nothing.
  expect(metrics).toMatchObject({ frac_reward_zero_std: 0.5, 'groups/signal': 0.5, 'groups/too_hard': 0.5 });
  const unit = 0.5 / (Math.SQRT1_2 + 1e-4);
  expect(credit.advantages.map((advantage) => advantage / unit)).toEqual([
    expect.closeTo(1, 5),
    expect.closeTo(-1, 5),
    0,
    0,
  ]);
});

test('loss metrics are token means, clip ratios means over ratios', () => {
  expect(lossMetrics({ tokens: 8, kl: 2, entropy: 4, ratios: 2, clipLow: 1, clipHigh: 0, clipRegion: 1 })).toEqual({
    kl: 0.25,
    entropy: 0.5,
    'clip_ratio/low_mean': 0.5,
    'clip_ratio/high_mean': 0,
    'clip_ratio/region_mean': 0.5,
  });
  expect(lossMetrics({ tokens: 0, kl: 0 })).toEqual({ kl: 0 });
});
