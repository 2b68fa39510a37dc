import type { RunConfig } from '../protocol/run-config.ts';
import { permutation, uniforms } from './random.ts';

type Curriculum = NonNullable<RunConfig['curriculum']>;

/** Of a competence-based curriculum: the share of the prompts that it begins with. */
const FIRST_COMPETENCE = 0.01;

export interface CurriculumOptions {
  seed: number;
  /** How many steps the run or its stage has. */
  steps: number;
  /** Of each prompt, the share of completions of the start model that solved it. */
  solveRates: readonly number[];
}

/**
 * The prompts of a step in the order in which it takes them, as indices, each once; steps count from 1. It depends on nothing but its
 * arguments: a resumed run sees the same prompts.
 */
export function curriculumOrder(curriculum: Curriculum, options: CurriculumOptions): (step: number) => number[] {
  switch (curriculum.kind) {
    case 'easy-first':
      return easyFirst(curriculum.pace, options);
    case 'learnability':
      return (step) => byLearnability(step, options);
    default:
      return curriculum satisfies never;
  }
}

/**
 * The share of the prompts, from the easiest on, that a step takes its own from: c(t) = √(t (1 − c₀²) / T + c₀²), where T steps lead to all
 * of them and t steps were taken (Platanios et al. 2019, "Competence-based curriculum learning", arXiv:1903.09848, equation 7).
 */
export function competence(step: number, pace: number, steps: number): number {
  const done = (step - 1) / (pace * steps);
  return Math.min(1, Math.sqrt(done * (1 - FIRST_COMPETENCE ** 2) + FIRST_COMPETENCE ** 2));
}

/** At random from those that are easy enough; after them, the next harder ones. */
function easyFirst(pace: number, { seed, steps, solveRates }: CurriculumOptions): (step: number) => number[] {
  // Equally easy ones in a random order, so that those that come first in the dataset are not preferred.
  const shuffled = permutation(seed, ['curriculum'], solveRates.length);
  const ranked = shuffled.toSorted((a, b) => solveRates[b]! - solveRates[a]!);
  return (step) => {
    const share = Math.ceil(competence(step, pace, steps) * ranked.length);
    // Prompts that are as easy as the last of them are as good as it.
    const limit = solveRates[ranked[share - 1]!]!;
    const open = ranked.filter((row) => solveRates[row]! >= limit).length;
    const order = permutation(seed, ['curriculum', step], open);
    return [...order.map((place) => ranked[place]!), ...ranked.slice(open)];
  };
}

/**
 * Weighted by p (1 − p), the variance of a reward of 0 or 1 (Foster et al. 2025, "Learning to reason at the frontier of learnability",
 * arXiv:2502.12272): without replacement, by the largest u^(1/w) (Efraimidis and Spirakis 2006). Prompts without a weight come last.
 */
function byLearnability(step: number, { seed, solveRates }: CurriculumOptions): number[] {
  const drawn = uniforms(seed, ['curriculum', step], solveRates.length);
  // Of u^(1/w), the logarithm: small weights are told apart, too.
  const keys = solveRates.map((rate, row) => {
    const weight = rate * (1 - rate);
    return weight === 0 ? Number.NEGATIVE_INFINITY : Math.log(1 - drawn[row]!) / weight;
  });
  const among = (a: number, b: number) => (keys[a] === keys[b] ? drawn[a]! - drawn[b]! : keys[b]! - keys[a]!);
  return [...solveRates.keys()].sort(among);
}
