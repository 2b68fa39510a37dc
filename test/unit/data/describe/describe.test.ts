import { expect, test } from 'vitest';
import { describeColumns } from '../../../../src/data/describe/columns.ts';
import { lengthFindings } from '../../../../src/data/describe/hints.ts';
import { describeLengths } from '../../../../src/data/describe/lengths.ts';

test('columns: types in words, first values as text, and paths into objects', () => {
  const rows = [
    { text: 'a', n: 1, x: 1.5, chat: [{ role: 'user', content: 'Hi' }], tags: ['a', 'b'], info: { id: 1, why: null } },
    { text: null, n: 2, x: 2, chat: [{ role: 'user', content: 'Ho' }], tags: [], info: { id: 'b', more: [1] } },
    { text: 'c', n: 3, x: 3, chat: [], tags: ['c'], info: null, late: true },
  ];
  const columns = Object.fromEntries(describeColumns(rows).map((column) => [column.name, column]));
  expect(Object.entries(columns).map(([name, { type }]) => [name, type])).toEqual([
    ['text', 'text, some empty'],
    ['n', 'integer'],
    ['x', 'number'],
    ['chat', 'chat messages | list'],
    ['tags', 'list of text'],
    ['info', '{ id: integer | text, why: empty, more: list of integer }, some empty'],
    ['late', 'true or false, some empty'],
  ]);
  expect(columns.chat!.values).toEqual(['user: Hi', 'user: Ho', '[]']);
  expect(columns.text!.values).toEqual(['a', '', 'c']);
  expect(columns.info!.values[0]).toBe('{"id":1,"why":null}');
  expect(columns.info!.paths).toEqual(['info.id', 'info.why', 'info.more']);
  expect(columns.text!.paths).toEqual([]);
});

test('long values are cut', () => {
  const [column] = describeColumns([{ text: 'x'.repeat(10_000) }]);
  expect(column!.values[0]!.length).toBeLessThan(500);
});

test('lengths: percentiles are lengths that occur, bins have one round width and hold every prompt', () => {
  const lengths = Array.from({ length: 100 }, (_, index) => index + 1);
  const described = describeLengths(lengths, 'tokens')!;
  expect(described).toMatchObject({ count: 100, min: 1, median: 50, p95: 95, max: 100 });
  expect(described.bins[0]).toEqual({ from: 0, to: 10, count: 9 });
  expect(described.bins.reduce((sum, { count }) => sum + count, 0)).toBe(100);
  for (const { from, to } of described.bins) expect(to - from).toBe(10);
  expect(describeLengths([7, 7], 'tokens')!.bins).toEqual([{ from: 7, to: 8, count: 2 }]);
  expect(describeLengths([1, 100_000], 'tokens')!.bins.length).toBeLessThanOrEqual(21);
  expect(describeLengths([], 'tokens')).toBeNull();
});

test('lengths: what they mean for the config', () => {
  const of = (lengths: number[], context: number) => lengthFindings(describeLengths(lengths, 'tokens')!, context);
  const usual = Array.from({ length: 200 }, () => 100);
  expect(of(usual, 1024)).toMatchObject([{ kind: 'room-for-completions', evidence: expect.stringContaining(' 924 ') }]);
  expect(of([...usual, 900], 1024)).toMatchObject([
    { kind: 'room-for-completions' },
    { kind: 'few-long-prompts', remedy: { path: ['maxPromptLength'], value: 128 } },
  ]);
  expect(of(usual, 8192)).toEqual([]);
  expect(of([...usual, 2000], 1024)).toMatchObject([
    { kind: 'prompt-beyond-context', severity: 'warning', remedy: { path: ['maxPromptLength'], value: 128 } },
  ]);
  // Nothing would be left.
  expect(of([2000, 2000], 1024)[0]).not.toHaveProperty('remedy');
});
