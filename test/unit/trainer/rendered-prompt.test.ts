/** What a run records of the prompts as the model got them. */
import { expect, test } from 'vitest';
import type { EncodedPrompt } from '../../../src/data/prompts.ts';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import { creditOf } from '../../../src/trainer/credit.ts';
import { rolloutRows } from '../../../src/trainer/records.ts';

const models = 'test/references/fixtures/models';
const options = { scaleRewards: 'group', multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' } as const;

/** Two completions for each of these prompts. */
function renderedIn(model: string, ...prompts: Omit<EncodedPrompt, 'columns'>[]): (string | undefined)[] {
  const tokenizer = loadTokenizer(`${models}/${model}`);
  const rollout = prompts.flatMap((prompt, group) =>
    [1, 2].map((id) => ({
      ...{ group, prompt: { ...prompt, columns: {} }, text: tokenizer.decode([id]) },
      trajectory: { segments: [{ ids: [id], trained: true, logProbs: [-1] }], truncated: false },
    })),
  );
  const outcomes = rollout.map((_, score) => ({ kind: 'score' as const, score }));
  const table = { columns: [{ name: 'reward', weight: 1, seconds: 0, outcomes }], metrics: {}, extra: {} };
  const credit = creditOf(rollout, table, 2, options, tokenizer);
  return rolloutRows({ step: 1, rollout, table, credit }, tokenizer).map((row) => row.rendered_prompt);
}

const encoded = (model: string, prompt: string) => ({
  prompt,
  ...loadTokenizer(`${models}/${model}`).encodePrompt(prompt),
});

test('a plain prompt has the special tokens that the tokenizer adds; without any it is not recorded twice', () => {
  expect(renderedIn('llama3-biased', encoded('llama3-biased', '2 + 2'))).toEqual(['<|endoftext|>2 + 2', undefined]);
  expect(renderedIn('qwen3', encoded('qwen3', '2 + 2'))).toEqual([undefined, undefined]);
});

test('a chat is recorded once for its group, as the template wrote it or as its tokens say', () => {
  const { ids } = encoded('qwen3', 'ask: 2 + 2');
  const prompt = [{ role: 'user', content: '2 + 2' }];
  const written = { prompt, ids, text: 'ask: 2 + 2' };
  expect(renderedIn('qwen3', written, { prompt, ids })).toEqual(['ask: 2 + 2', undefined, 'ask: 2 + 2', undefined]);
});
