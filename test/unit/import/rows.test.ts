import { expect, it } from 'vitest';
import type { JsonLine } from '../../../src/files/json-lines.ts';
import { groupedRows, usualSize } from '../../../src/import/grouped-rows.ts';
import { primeRlRows } from '../../../src/import/prime-rl-rows.ts';
import { extraScores, verlRows } from '../../../src/import/verl-rows.ts';

const lines = (...values: Record<string, unknown>[]): JsonLine[] =>
  values.map((value, index) => ({ line: index + 1, value }));

it('a group has what most have, whatever the last one was cut to', () => {
  expect(usualSize(['a', 'b', 'a', 'b', 'c'])).toBe(2);
  expect(usualSize([])).toBe(1);
});

it('of verl, equal prompts of two rows of the dataset are told apart by their uid', () => {
  const of = (uid: string, score: number) => ({ input: 'p', output: 'o', gts: null, score, step: 1, uid });
  const rows = verlRows(1, lines(of('s1_0_0', 1), of('s2_0_0', 0), of('s1_1_0', 0), of('s2_1_0', 0)), []);
  expect(rows.map(({ group, reward }) => [group, reward])).toEqual([
    [0, 1],
    [0, 0],
    [1, 0],
    [1, 0],
  ]);
  expect(rows.map(({ advantage }) => Math.sign(advantage))).toEqual([1, -1, 0, 0]);
});

it('of verl, what is not a number for every row is no score', () => {
  const of = (acc: unknown, pred: unknown) => ({
    input: 'p',
    output: 'o',
    gts: 1,
    score: 1,
    step: 1,
    reward: 1,
    acc,
    pred,
  });
  const some = lines(of(true, '1'), of(null, 2));
  expect(extraScores(some)).toEqual(['acc']);
  expect(verlRows(1, some, ['acc']).map(({ rewards, extra }) => [rewards, extra])).toEqual([
    [{ score: 1, acc: 1 }, { pred: '1' }],
    [{ score: 1, acc: null }, { pred: 2 }],
  ]);
});

it('an advantage that was logged is kept, and one that was not is computed', () => {
  const row = { step: 1, key: 'a', prompt: 'p', prompt_ids: [], completion: '', completion_ids: [], rewards: {} };
  const rest = { length: 0, truncated: false, error: null };
  const rows = [
    { ...row, ...rest, reward: 3, advantage: 7 },
    { ...row, ...rest, reward: 1, advantage: null },
  ];
  expect(groupedRows(rows, 'none').map(({ advantage }) => advantage)).toEqual([7, -1]);
});

it('of prime-rl, a conversation is that of the last branch, and judges have no completions', () => {
  const node = (parent: number | undefined, role: string, content: string, sampled = false) => ({
    ...{ parent, message: { role, content }, sampled, mask: [false, sampled] },
  });
  const trace = (trainable: boolean) => ({
    task: { data: { prompt: 'q', answer: '4' } },
    agent: { trainable },
    nodes: [
      node(undefined, 'system', 's'),
      node(0, 'user', 'q'),
      node(1, 'assistant', 'forgotten', true),
      node(1, 'assistant', 'first', true),
      node(3, 'tool', ' result '),
      {
        ...node(4, 'assistant', 'last', true),
        message: { role: 'assistant', content: 'last', reasoning_content: 'hm' },
      },
    ],
    rewards: { right: { score: 1, weight: 0.5 }, late: null },
    stop_condition: 'max_turns',
    errors: [{ type: 'ToolError', message: 'no' }],
  });
  const [row, ...others] = primeRlRows(2, lines({ group: { id: 'g' }, traces: [trace(true), trace(false)] }));
  expect(others).toEqual([]);
  expect(row).toMatchObject({
    prompt: [
      { role: 'system', content: 's' },
      { role: 'user', content: 'q' },
    ],
    completion: 'first result <think>hm</think>last',
    rewards: { right: 1, late: null },
    ...{ reward: 0.5, length: 2, truncated: true, error: 'ToolError: no', columns: { answer: '4' } },
  });
});
