import { expect, test } from 'vitest';
import { differenceQuestion } from '../../../../src/extension/training/difference-question.ts';
import type { Differences } from '../../../../src/extension/workspace/active-training.ts';

const differences: Differences = {
  ...{ type: 'differences', run: '/w/run', step: 41, problem: null },
  differences: [
    { what: 'learningRate', from: '0.001', to: '0.01' },
    { what: 'rewards/sort.reward.ts', from: null, to: null },
  ],
};

test('a run that is no longer as it was recorded: what differs, two ways to continue, and a new run', () => {
  expect(differenceQuestion(differences, 'sort · seed 4')).toEqual({
    text: 'sort · seed 4 was recorded with different settings.',
    detail: '• learningRate 0.001 → 0.01\n• rewards/sort.reward.ts has changed',
    answers: [
      { label: 'Continue as Recorded', choice: 'as-recorded' },
      { label: 'Continue with Changes from Step 41', choice: 'with-changes' },
      { label: 'New Run from This Checkpoint', choice: 'new-run' },
    ],
  });
});

test('one that cannot be as it was: why, and the ways that are left; before the first checkpoint no new run from it', () => {
  const problem = 'The dataset /w/d.jsonl has changed.';
  const { detail, answers } = differenceQuestion({ ...differences, problem }, 'sort');
  expect(detail).toContain('It cannot continue as recorded. The dataset /w/d.jsonl has changed.');
  expect(answers.map(({ choice }) => choice)).toEqual(['with-changes', 'new-run']);
  const first = differenceQuestion({ ...differences, step: 1 }, 'sort');
  expect(first.answers.map(({ choice }) => choice)).toEqual(['as-recorded', 'with-changes']);
});
