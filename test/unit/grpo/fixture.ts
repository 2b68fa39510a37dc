import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { AdamWOptions } from '../../../src/engine/optimizer.ts';
import type { AdvantageOptions } from '../../../src/grpo/advantages.ts';
import type { LossOptions } from '../../../src/grpo/loss.ts';
import type { Metrics } from '../../../src/grpo/metrics.ts';
import type { PreferenceOptions } from '../../../src/grpo/preference.ts';
import type { Schedule } from '../../../src/grpo/schedule.ts';

type Table = number[][];
type TensorsByName = Record<string, number[] | Table>;

/** What test/references/grpo_loss.py writes: numbers from TRL, torch and transformers. */
interface Fixture {
  losses: {
    inputs: Record<'logps' | 'oldLogps' | 'sampledLogps' | 'refLogps' | 'entropies' | 'mask' | 'advantages', Table>;
    cases: {
      options: LossOptions;
      loss: number;
      gradient: Table;
      entropyGradient: Table | null;
      metrics: Record<string, number>;
    }[];
  }[];
  /** By pair, the chosen completion and the rejected one, token by token. */
  preferences: {
    options: PreferenceOptions;
    logps: Table[];
    refLogps: Table[];
    mask: Table[];
    loss: number;
    gradient: Table[];
    margin: number;
    accuracy: number;
  }[];
  /** Completions of an earlier policy: `oldLogps` are recorded, `start` those of the policy at the start of the step. */
  replays: {
    inputs: Record<'logps' | 'oldLogps' | 'sampledLogps' | 'refLogps' | 'entropies' | 'mask' | 'advantages', Table>;
    start: Table;
    maxWeight: number;
    weights: number[];
    cases: { options: LossOptions; loss: number; gradient: Table }[];
  };
  advantages: {
    name: string;
    scores: (number | null)[][];
    names: string[];
    weights: number[];
    options: AdvantageOptions;
    advantages: number[];
    metrics: Record<string, number | null>;
  }[];
  adamw: {
    hyper: { adamBeta1: number; adamBeta2: number; adamEpsilon: number; weightDecay: number };
    maxNorm: number;
    start: TensorsByName;
    steps: {
      learningRate: number;
      gradients: TensorsByName;
      norm: number;
      clipped: TensorsByName;
      params: TensorsByName;
    }[];
  };
  schedules: {
    type: Schedule['lrSchedulerType'];
    warmupSteps: number;
    totalSteps: number;
    base: number;
    rates: number[];
  }[];
  decay: Record<string, boolean>;
}

const file = new URL('../../references/fixtures/grpo-loss.json', import.meta.url);
export const fixture: Fixture = JSON.parse(readFileSync(file, 'utf8'));

const { adamBeta1, adamBeta2, adamEpsilon, weightDecay } = fixture.adamw.hyper;
/** Those of the fixture's AdamW, which excepts its norm from weight decay. */
export const adamWHyper: AdamWOptions = {
  beta1: adamBeta1,
  beta2: adamBeta2,
  epsilon: adamEpsilon,
  weightDecay,
  decays: (name) => name !== 'model.norm.weight',
};

/** Largest absolute difference of two equally long lists; NaN when one has a NaN. */
export function maxDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN;
  return Math.max(0, ...Array.from(actual, (value, i) => Math.abs(value - expected[i]!)));
}

/** Ours are TRL's, but for two things: we leave out sequences without any token, and count clips before delta caps the ratio. */
export function expectMetrics(ours: Metrics, trl: Record<string, number>, options: LossOptions, advantages: Table) {
  const perRow = options.importanceSamplingLevel === 'sequence' && advantages[0]!.length === 1;
  const deltaHidesClips = options.delta !== null && options.delta < 1 + options.epsilonHigh;
  for (const [key, value] of Object.entries(trl)) {
    // One of the fixture's 5 sequences is empty: its weight is 1.
    if (key === 'vespo/phi_seq_mean' && advantages[0]!.length === 1)
      expect(ours[key], key).toBeCloseTo((value * 5 - 1) / 4, 5);
    else if (!key.includes('clip')) expect(ours[key], key).toBeCloseTo(value, 5);
    // One of the fixture's 5 sequences is empty.
    else if (!deltaHidesClips) expect(ours[key], key).toBeCloseTo(perRow ? (value * 5) / 4 : value, 5);
  }
}
