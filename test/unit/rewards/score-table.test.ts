import { expect, test } from 'vitest';
import { weightedSum } from '../../../src/grpo/advantages.ts';
import type { RewardOutcome, ScoreTable } from '../../../src/protocol/rewards.ts';
import { describeFailure, failedShare, rowFailures, scoresByRow } from '../../../src/rewards/score-table.ts';

const score = (value: number): RewardOutcome => ({ kind: 'score', score: value });
const abstain: RewardOutcome = { kind: 'abstain' };
const failed: RewardOutcome = { kind: 'failure', failure: 'nan', message: 'The score is NaN.', file: 'a.py', line: 3 };

const table: ScoreTable = {
  columns: [
    { name: 'a', weight: 2, outcomes: [score(1), score(-3), abstain, failed, abstain], seconds: 0 },
    { name: 'b', weight: 0.5, outcomes: [score(4), abstain, score(0), score(6), failed], seconds: 0 },
  ],
  metrics: {},
  extra: {},
};

test('abstaining and failing functions are skipped in the sum without renormalizing; none left is null, not 0', () => {
  const { scores, weights } = scoresByRow(table.columns, [0, 1, 2, 3, 4]);
  expect(scores.map((row) => weightedSum(row, weights))).toEqual([4, -6, 0, 3, null]);
});

test('failures are told per row and as a share of rows', () => {
  const failures = rowFailures(table);
  expect(failures.map((failure) => failure?.name)).toEqual([undefined, undefined, undefined, 'a', 'b']);
  expect(describeFailure(failures[3]!)).toBe('a.py:3: a: The score is NaN.');
  expect(failedShare(table)).toBe(0.4);
  expect(failedShare({ ...table, columns: [] })).toBe(0);
});
