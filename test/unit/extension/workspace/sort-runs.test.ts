import { expect, test } from 'vitest';
import { groupRuns, type RunOrder, sortRuns } from '../../../../src/extension/workspace/sort-runs.ts';
import type { RunMeasure } from '../../../../src/protocol/run-measure.ts';
import type { Run } from '../../../../src/run-folder/read-run.ts';
import { run } from './fake-folders.ts';

const measured = (kind: RunMeasure['kind'], reward: number): RunMeasure => ({
  ...{ kind, reward, step: 9, best: reward, bestStep: 9 },
});

/** Newest first, as the list of runs has them. */
const RUNS: Run[] = [
  run('new', { status: 'running' }),
  run('sort · seed 10', { status: 'done', measure: measured('training', 7) }),
  run('sort · seed 9', { status: 'failed', measure: measured('held-out', 2) }),
  run('baseline', { status: 'done', measure: measured('held-out', 5), about: { pinned: true } }),
  run('add', { status: 'done', measure: measured('held-out', 3) }),
];
const sorted = (order: RunOrder) => sortRuns(RUNS, order).map(({ name }) => name);

test('the newest, the best or by name; held-out rewards are above those of training', () => {
  expect(sorted('newest')).toEqual(['new', 'sort · seed 10', 'sort · seed 9', 'baseline', 'add']);
  expect(sorted('best')).toEqual(['baseline', 'add', 'sort · seed 9', 'sort · seed 10', 'new']);
  expect(sorted('name')).toEqual(['add', 'baseline', 'new', 'sort · seed 9', 'sort · seed 10']);
});

const grouped = (order: RunOrder) =>
  groupRuns(RUNS, order)
    .filter(({ runs }) => runs.length > 0)
    .map(({ title, runs }) => [title, ...runs.map(({ name }) => name)]);

test('pinned runs are above the others; the best of ended ones is the best of all', () => {
  expect(grouped('newest')).toEqual([
    ['Pinned', 'baseline'],
    ['Running', 'new'],
    ['Failed', 'sort · seed 9'],
    ['Done', 'sort · seed 10', 'add'],
  ]);
  expect(grouped('best')).toEqual([
    ['Pinned', 'baseline'],
    ['Running', 'new'],
    ['Ended', 'add', 'sort · seed 9', 'sort · seed 10'],
  ]);
});
