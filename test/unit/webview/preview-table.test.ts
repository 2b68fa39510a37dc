/** The table and the histograms of the Reward Preview. */
import { expect, test } from 'vitest';
import type { PreviewOutcome, PreviewResult } from '../../../src/protocol/preview.ts';
import { bins } from '../../../webview/preview/bins.ts';
import { selectRows, tableColumns, tableRows } from '../../../webview/preview/columns.ts';

const score = (value: number, more: object = {}): PreviewOutcome => ({
  kind: 'score',
  score: value,
  seconds: 0.001,
  ...more,
});
const result: PreviewResult = {
  ...{
    type: 'result',
    id: 1,
    subject: '/a.grpo.json',
    done: true,
    stale: false,
    computed: 3,
    seconds: 0.1,
    python: null,
  },
  functions: ['exact'].map((name) => ({
    ...{ name, weight: 1, file: '/a.reward.ts', language: 'typescript', line: 1, column: 1, state: 'done' },
    ...{ samples: 3, mean: 1, std: 1, abstained: 1, failed: 0, seconds: 0.01 },
  })),
  groups: [
    { prompt: '1+1=', rendered: null, size: 2, mean: 1, std: 1, signal: 'signal', why: '' },
    {
      prompt: [{ role: 'user', content: 'Hi' }],
      rendered: null,
      size: 1,
      mean: null,
      std: null,
      signal: 'abstained',
      why: '',
    },
  ],
  rows: [
    {
      line: 1,
      group: 0,
      completion: '2',
      outcomes: { exact: score(2, { reason: 'right' }) },
      reward: 2,
      advantage: 1,
      mismatches: [],
    },
    {
      line: 2,
      group: 0,
      completion: '3',
      outcomes: { exact: score(0) },
      reward: 0,
      advantage: -1,
      mismatches: [{ name: 'exact', expected: [1, 2], actual: 0 }],
    },
    {
      line: 3,
      group: 1,
      completion: 'Hello',
      outcomes: { exact: { kind: 'abstain', seconds: null } },
      reward: null,
      advantage: 0,
      mismatches: [],
    },
  ],
  problems: [],
};
const columns = tableColumns(result);
const lines = (search: string, filter = 'all', sort = 'line', descending = false) =>
  selectRows(tableRows(result), columns, { search, filter, sort, descending }).map(({ row }) => row.line);

test('every cell says what there is to say', () => {
  const texts = tableRows(result).map((row) => columns.slice(1).map((column) => column.text(row)));
  expect(texts).toEqual([
    ['1+1=', '2', '2', '2', '+1', '', '1 ms'],
    ['1+1=', '3', '0', '0', '−1', 'exact 1–2', '1 ms'],
    ['Hi', 'Hello', 'abstains', '–', '0', '', '–'],
  ]);
});

test('rows are sorted by any column, those without a value last', () => {
  expect(lines('', 'all', 'function exact')).toEqual([2, 1, 3]);
  expect(lines('', 'all', 'function exact', true)).toEqual([1, 2, 3]);
  expect(lines('', 'all', 'prompt', true)).toEqual([3, 1, 2]);
  expect(lines('', 'all', 'a column that went')).toEqual([1, 2, 3]);
});

test('rows are found by prompt, completion and reason, and filtered', () => {
  expect(lines('RIGHT')).toEqual([1]);
  expect(lines('hello')).toEqual([3]);
  expect(lines('', 'missed')).toEqual([2]);
  expect(lines('', 'no-signal')).toEqual([3]);
  expect(lines('1+1', 'abstained')).toEqual([]);
});

test('few values have a bar each, many share bars of one width', () => {
  expect(bins([1, 0, 1])).toEqual([
    { from: 0, to: 0, count: 1 },
    { from: 1, to: 1, count: 2 },
  ]);
  // Bars of such neighbors would cover each other.
  const close = bins([0, 0.01, 1]);
  expect(close).toHaveLength(22);
  expect([close[0]!.count, close.at(-1)!.count]).toEqual([2, 1]);
  const many = bins(Array.from({ length: 221 }, (_, i) => i / 10));
  expect(many).toHaveLength(22);
  expect(many.reduce((sum, { count }) => sum + count, 0)).toBe(221);
  expect(many.at(-1)).toMatchObject({ to: 22, count: 11 });
  expect(bins([])).toEqual([]);
});
