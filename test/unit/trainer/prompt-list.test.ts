/** Prompts are tokenized when they are used, and checked before. */
import { expect, test, vi } from 'vitest';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import { PromptList } from '../../../src/trainer/prompt-list.ts';

const MODEL = 'test/references/fixtures/models/llama-head-dim-bf16';
const model = { ...readModelConfig(MODEL), maxPositionEmbeddings: 100 };

function listOf(prompts: string[], maxPromptLength: number | null = null) {
  const tokenizer = loadTokenizer(MODEL);
  const encoded = vi.spyOn(tokenizer, 'encodePrompt');
  const rows = prompts.map((prompt, index) => ({ prompt, columns: {}, at: { file: 'p.jsonl', line: index + 1 } }));
  const limits = { model, maxCompletionLength: 20, maxPromptLength, templateVariables: {} };
  return { list: () => new PromptList(rows, tokenizer, limits, { at: { file: 'run.grpo.json', line: 7 } }), encoded };
}

const many = Array.from({ length: 1000 }, (_, index) => `What is ${index}?`);

test('only those that are used', () => {
  const { list: open, encoded } = listOf(many);
  const list = open();
  list.check(Array.from({ length: 1000 }, (_, index) => index));
  const before = encoded.mock.calls.length;
  expect(before).toBeLessThan(100);
  expect(list.at(900).text).toBe('What is 900?');
  expect(list.at(900)).toBe(list.at(900));
  expect(encoded).toHaveBeenCalledTimes(before + 1);
});

test('one that is too long is found before it is used', () => {
  const { list: open } = listOf([...many, 'word '.repeat(25)]);
  const list = open();
  list.check([3, 998]);
  expect(() => list.check([1000])).toThrow(
    /^p\.jsonl:1001: This prompt has \d+ tokens, which with maxCompletionLength 20 is beyond the model's context of 100; .* set maxPromptLength to skip such prompts\.$/,
  );
});

test('longer ones than maxPromptLength are skipped and counted', () => {
  const { list: open } = listOf(['short', 'word '.repeat(90), 'a b c d e f g h i j k l m', 'also'], 8);
  const list = open();
  expect([list.length, list.skipped]).toEqual([2, 2]);
  expect(list.slice().map(({ text }) => text)).toEqual(['short', 'also']);
  expect(listOf(['word '.repeat(90)], 8).list).toThrow(
    'run.grpo.json:7: Every prompt has more than 8 tokens, so "maxPromptLength" leaves none; raise it.',
  );
});
