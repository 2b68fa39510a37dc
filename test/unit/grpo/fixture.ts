import { readFileSync } from 'node:fs';
import type { AdamWOptions } from '../../../src/engine/optimizer.ts';
import type { AdvantageOptions } from '../../../src/grpo/advantages.ts';
import type { LossOptions } from '../../../src/grpo/loss.ts';
import type { Schedule } from '../../../src/grpo/schedule.ts';

type Table = number[][];
type TensorsByName = Record<string, number[] | Table>;

/** What test/references/grpo_loss.py writes: numbers from TRL, torch and transformers. */
interface Fixture {
  losses: {
    inputs: Record<'logps' | 'oldLogps' | 'refLogps' | 'entropies' | 'mask' | 'advantages', Table>;
    cases: {
      options: LossOptions;
      loss: number;
      gradient: Table;
      entropyGradient: Table | null;
      metrics: Record<string, number>;
    }[];
  }[];
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
    hyper: AdamWOptions;
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

/** Largest absolute difference of two equally long lists; NaN when one has a NaN. */
export function maxDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN;
  return Math.max(0, ...Array.from(actual, (value, i) => Math.abs(value - expected[i]!)));
}
