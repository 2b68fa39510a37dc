import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadRollouts } from '../../../src/data/recorded-rollouts.ts';
import { BadInput } from '../../../src/protocol/errors.ts';

const row = { prompt: 'a', completion: 'b', completion_ids: [4, 5, 6] };
const turns = [true, false, true].map((trained) => ({ tokens: 1, trained }));

function load(fields: object) {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-rollouts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'rollouts.jsonl');
  writeFileSync(file, [row, { ...row, ...fields }].map((line) => `${JSON.stringify(line)}\n`).join(''));
  return loadRollouts(file, { numGenerations: 2, promptsPerStep: 1 })[0]![0]![1]!;
}

test('log-probabilities and segments are optional, and no columns of the dataset', () => {
  expect(load({})).toMatchObject({ completionIds: [4, 5, 6], columns: {} });
  expect(load({})).not.toHaveProperty('logProbs');
  expect(load({ logprobs: [-1, -0.5, 0], segments: null })).toMatchObject({ logProbs: [-1, -0.5, 0], columns: {} });
  expect(load({ logprobs: [-1, null, -2], segments: turns })).toMatchObject({
    logProbs: [-1, null, -2],
    segments: turns,
    columns: {},
  });
  // A text without its token ids is tokenized again.
  expect(load({ logprobs: [-1], completion_ids: undefined })).not.toHaveProperty('logProbs');
});

test.each([
  [{ logprobs: [-1, -2] }, '"logprobs" is about 2 tokens, but "completion_ids" has 3.'],
  [{ logprobs: 'none' }, '"logprobs" must be a list of numbers.'],
  [{ logprobs: [-1, null, -2] }, '"logprobs"[1] must be a finite number.'],
  [{ logprobs: [-1, '-2', -2] }, '"logprobs"[1] must be a finite number.'],
  [{ logprobs: [-1, -2, -2], segments: turns }, '"logprobs"[1] must be null, because "segments" says'],
  [{ segments: turns.slice(1) }, '"segments" is about 2 tokens, but "completion_ids" has 3.'],
  [{ segments: [{ tokens: 3 }] }, '"segments" must be a list such as'],
])('a row that does not fit together is refused at its line: %j', (fields, message) => {
  const refused = () => load(fields);
  expect(refused).toThrow(BadInput);
  expect(refused).toThrow(message);
  expect(refused).toThrow(/rollouts\.jsonl:2/);
});
