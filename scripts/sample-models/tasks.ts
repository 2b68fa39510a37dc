import { integers } from '../../src/data/random.ts';

/** A way to draw, the same for the same seed and key. */
export interface Draw {
  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number;
  chance(probability: number): boolean;
}

export function drawer(seed: number, ...key: (string | number)[]): Draw {
  const next = integers(seed, key);
  return {
    below: (count) => Math.floor((next() / 2 ** 32) * count),
    chance: (probability) => next() / 2 ** 32 < probability,
  };
}

/** A problem as a dataset row: its prompt, and the columns that its rewards read. */
export type Problem = { prompt: string } & Record<string, unknown>;

/** What a sample model is to learn, and what it knows of it beforehand. */
export interface Task<P extends Problem> {
  name: string;
  /** Every character that prompts and answers use. */
  characters: string;
  problem(draw: Draw): P;
  /** An answer such as the base model should give: often wrong, on purpose. */
  demonstration(problem: P, draw: Draw): string;
  /** Problems in the training and the held-out dataset. */
  rows: { train: number; eval: number };
}

type SortProblem = { prompt: string; numbers: number[] };

/** Sorts four digits. A third of the demonstrations is right; the others are short, or run downhill. */
export const sort: Task<SortProblem> = {
  name: 'sort',
  characters: ' 0123456789:Sort',
  rows: { train: 1000, eval: 64 },
  problem(draw) {
    const numbers = Array.from({ length: 4 }, () => draw.below(10));
    return { prompt: `Sort ${numbers.join(' ')}:`, numbers };
  },
  demonstration({ numbers }, draw) {
    if (draw.chance(0.38)) return ` ${numbers.toSorted((a, b) => a - b).join(' ')}`;
    const digits = Array.from({ length: 1 + draw.below(4) }, () => draw.below(10));
    return ` ${digits.toSorted((a, b) => b - a).join(' ')}`;
  },
};

type SumProblem = { prompt: string; a: number; b: number; answer: number };

/** Adds two numbers below 100, column by column. Demonstrations have wrong sums, broken tags, or both. */
export const arithmetic: Task<SumProblem> = {
  name: 'arithmetic',
  characters: '0123456789+=,?<>/abcdefghijklmnopqrstuvwxyz',
  rows: { train: 2000, eval: 64 },
  problem(draw) {
    const [a, b] = [10 + draw.below(90), 10 + draw.below(90)];
    return { prompt: `${a}+${b}=?`, a, b, answer: a + b };
  },
  demonstration({ a, b, answer }, draw) {
    const ones = (a % 10) + (b % 10);
    const carry = ones >= 10 ? 1 : 0;
    const [tensA, tensB] = [Math.floor(a / 10), Math.floor(b / 10)];
    const tens = tensA + tensB + carry;
    const reasoning = `${a % 10}+${b % 10}=${ones},${carry ? '1+' : ''}${tensA}+${tensB}=${tens}`;
    const given = draw.chance(0.58) ? answer + 1 + draw.below(40) : answer;
    const [open, close] = draw.chance(0.45)
      ? brokenTags(draw)
      : [
          ['<reasoning>', '</reasoning>'],
          ['<answer>', '</answer>'],
        ];
    return `${open[0]}${reasoning}${open[1]}${close[0]}${given}${close[1]}`;
  },
};

/** Tags around the reasoning and the answer, some of them missing or misspelt. */
function brokenTags(draw: Draw): [[string, string], [string, string]] {
  switch (draw.below(3)) {
    case 0:
      return [
        ['', ''],
        ['', ''],
      ];
    case 1:
      return [
        ['<reason>', '</reason>'],
        ['<answer>', ''],
      ];
    default:
      return [
        ['<reasoning>', ''],
        ['', '</answer>'],
      ];
  }
}
