import { expect, expectTypeOf, test } from 'vitest';
import { type BatchRewardInput, batchReward, type RewardInput, type RewardResult } from '../../../src/rewards/api.ts';

test('columns are typed where the author names them, unknown where not', () => {
  expectTypeOf<RewardInput['completion']>().toEqualTypeOf<string>();
  expectTypeOf<RewardInput['anything']>().toEqualTypeOf<unknown>();
  expectTypeOf<RewardInput<{ answer: number }>['answer']>().toEqualTypeOf<number>();
  expectTypeOf<BatchRewardInput<{ answer: number }>['answer']>().toEqualTypeOf<number[]>();
  expectTypeOf<BatchRewardInput['prompts']>().toExtend<string[]>();
});

test('batchReward marks the function and leaves it as it is', () => {
  const longest = batchReward<{ answer: number }>(({ completions, answer }) =>
    completions.map((text, i): RewardResult | null => (text === '' ? null : { score: text.length + answer[i]! })),
  );
  expect(longest({ prompts: ['p', 'p'], completions: ['ab', ''], answer: [1, 2] })).toEqual([{ score: 3 }, null]);
  expect(Symbol.for('grpo.batchReward') in longest).toBe(true);
});
