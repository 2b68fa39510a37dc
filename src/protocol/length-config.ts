import * as z from 'zod';

const count = z.int().min(1);
const positive = z.number().gt(0);

/** What the built-in rewards on length are called in records and metrics. */
export type LengthReward = 'overlong_penalty' | 'length_penalty';
export const LENGTH_REWARDS: readonly string[] = ['overlong_penalty', 'length_penalty'] satisfies LengthReward[];

/** Those that a config turns on. A config of an earlier release has no such fields. */
export const lengthRewardsOf = (config: {
  overlongPenalty?: object | null;
  lengthPenalty?: object | null;
}): LengthReward[] => [
  ...(config.overlongPenalty ? (['overlong_penalty'] as const) : []),
  ...(config.lengthPenalty ? (['length_penalty'] as const) : []),
];

const overlong = z.strictObject({
  cache: count.describe('Length in tokens of the ramp that ends at `maxCompletionLength`, such as a fifth of it.'),
  factor: positive.default(1).describe('The penalty of a completion that was cut off.'),
});

const adaptive = z.strictObject({
  target: count.describe('The mean length that completions should have at most, in tokens.'),
  learningRate: positive
    .default(0.1)
    .describe('How fast the weight of the penalty follows: at twice the target length, it grows by this in a step.'),
  maxWeight: positive.default(1).describe('The weight of the penalty stays between 0 and this.'),
});

export const overlongPenalty = overlong
  .nullable()
  .default(null)
  .describe(
    "Add DAPO's soft overlong penalty to the rewards: 0 up to `maxCompletionLength` − cache tokens, then down to −factor at `maxCompletionLength`; null: none.",
  );

export const lengthPenalty = adaptive
  .nullable()
  .default(null)
  .describe(
    'Add a length penalty to the rewards: −w × max(0, tokens − target) ÷ `maxCompletionLength`. The weight w starts at 0, and grows while completions are longer than the target on average, and falls while they are shorter; null: none.',
  );

export const overlongFieldNames: readonly string[] = Object.keys(overlong.shape);
export const lengthFieldNames: readonly string[] = Object.keys(adaptive.shape);
