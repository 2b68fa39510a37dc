import { expect, test } from 'vitest';
import { findLocated, parseLocated } from '../../../../src/extension/workspace/located-message.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';

test.each([
  { file: '/home/ann/my runs/sort.grpo.json', line: 3, column: 5 },
  { file: 'C:\\Users\\ann\\sort.grpo.json', line: 3, column: 5 },
  { file: '\\\\server\\share\\sort.grpo.json', line: 12 },
  { file: '/home/ann/data.jsonl' },
])('finds the place that BadInput put in front: $file', (at) => {
  const message = 'Unknown field "numGeneration": did you mean "numGenerations"?';
  expect(parseLocated(new BadInput(message, at).message)).toEqual({ message, ...at });
});

test.each([
  'There is no run of sort to resume; start one without --resume.',
  'Note: a sentence with a colon is no place.',
  '--set learningRate=x: "learningRate" must be a number.',
])('leaves a sentence without a place alone: %s', (message) => {
  expect(parseLocated(message)).toEqual({ message });
});

test('finds a place in the middle of a reason', () => {
  const reason = 'Every completion of step 1 failed to be scored: /w/sort.reward.ts:2:9: letters: not yet';
  expect(findLocated(reason)).toEqual({ file: '/w/sort.reward.ts', line: 2, column: 9, message: 'letters: not yet' });
  expect(findLocated('The disk is full.')).toBeUndefined();
});
