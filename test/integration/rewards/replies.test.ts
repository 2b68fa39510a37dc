/** What comes from a worker is believed only as an answer to its request, and only within bounds. */
import { expect, test } from 'vitest';
import { batchOf, brief, openText, outcomesOf, pythonMissing } from './workspace.ts';

const NO_REPLY = /^The worker sent something that is no reply to its request/;

/** Writes a line to the replies on the completion "forge", and then gives a score as if nothing had been. */
const forging = (message: string) => `import { writeSync } from 'node:fs';
export function scored({ completion }) {
  if (completion === 'forge') writeSync(4, ${message} + '\\n');
  return completion.length;
}`;

const outcome = (row: number) => `{ type: 'outcome', row: ${row}, outcome: { kind: 'score', score: 100 } }`;

test.each([
  ['a row that is none', `JSON.stringify(${outcome(1e9)})`],
  ['another row', `JSON.stringify(${outcome(2)})`],
  ['its own row', `JSON.stringify(${outcome(1)})`],
  ['its own row, with a key', `JSON.stringify({ key: 'guessed', ...${outcome(1)} })`],
  ['an end', `JSON.stringify({ type: 'done', metrics: {}, extra: {} })`],
  ['an answer to another request', `JSON.stringify({ type: 'ready', version: 3, functions: [] })`],
  ['a text', `'hello'`],
  ['null', `'null'`],
])('a forged reply fails the row that wrote it: %s', async (_, message) => {
  const set = await openText('forge.reward.js', forging(message));
  const outcomes = await outcomesOf(set, batchOf(['a', 'forge', 'ccc']));
  expect(brief(outcomes)).toEqual([1, 'crash', 3]);
  expect(outcomes[1]).toMatchObject({ message: expect.stringMatching(NO_REPLY), line: 2 });
});

// The worker's own way of replying, in the hands of the user's code: the keys are right, and the contents are checked all the same.
test.each([
  ['a row twice', 'message.row === 1 ? [message, message] : [message]'],
  ['a row that is none', `[message.type === 'outcome' ? { ...message, row: message.row + 1e9 } : message]`],
  ['a row that has not begun', `[message.type === 'outcome' ? { ...message, row: 2 } : message]`],
  [
    'an end too early',
    `[message.type === 'start' ? { key: message.key, type: 'done', metrics: {}, extra: {} } : message]`,
  ],
  ['no score', `[message.outcome ? { ...message, outcome: { kind: 'score', score: null } } : message]`],
  ['a score beyond bounds', `[message.outcome ? { ...message, outcome: { kind: 'score', score: 1e13 } } : message]`],
])('replies out of turn or out of bounds end in failures: %s', async (_, altered) => {
  const set = await openText(
    'altered.reward.js',
    `const stringify = JSON.stringify;
    JSON.stringify = (message) => (${altered}).map((each) => stringify(each)).join('\\n');
    export const scored = ({ completion }) => completion.length;`,
  );
  const outcomes = await outcomesOf(set, batchOf(['a', 'bb', 'ccc']));
  for (const outcome of outcomes)
    if (outcome.kind === 'failure') expect(outcome).toMatchObject({ failure: 'crash' });
    else
      expect(outcome).toMatchObject({ kind: 'score', score: expect.toSatisfy((score) => [1, 2, 3].includes(score)) });
  expect(outcomes.filter(({ kind }) => kind === 'failure').length).toBeGreaterThan(0);
});

test('a function that changes the globals does not change what is checked', async () => {
  const set = await openText(
    'patched.reward.js',
    `Number.isFinite = () => true;
    Number.isInteger = () => true;
    Array.isArray = () => true;
    export const nan = () => NaN;
    export const infinite = () => ({ score: -Infinity });
    export const steps = () => ({ score: 1, steps: [{ end: 0.5, score: 1 }] });`,
  );
  const { columns } = await set.score(batchOf(['x']));
  expect(columns.flatMap(({ outcomes }) => brief(outcomes))).toEqual(['nan', 'nan', 'wrong-type']);
});

const BOUNDS = /The score( of a step)? is -?1(\.0)?e\+?300; scores must lie between -1e12 and 1e12/;

test('scores beyond ±1e12 fail on their row, those of steps too', async () => {
  const set = await openText(
    'large.reward.ts',
    `import { batchReward } from 'grpo/rewards';
    const scores = { a: 1e12, b: -1e12, c: 1e300, d: -1e300 };
    export const one = ({ completion }) => scores[completion];
    export const step = ({ completion }) => ({ score: 1, steps: [{ end: 1, score: scores[completion] }] });
    export const all = batchReward(({ completions }) => completions.map((completion) => scores[completion]));`,
  );
  const { columns } = await set.score(batchOf(['a', 'b', 'c', 'd']));
  expect(columns.map(({ outcomes }) => brief(outcomes))).toEqual([
    [1e12, -1e12, 'too-large', 'too-large'],
    [1, 1, 'too-large', 'too-large'],
    [1e12, -1e12, 'too-large', 'too-large'],
  ]);
  for (const { outcomes } of columns) expect(outcomes[3]).toMatchObject({ message: expect.stringMatching(BOUNDS) });
});

test.skipIf(pythonMissing)('Python: bounds, and globals that are changed', async () => {
  const set = await openText(
    'large.py',
    `
import math
math.isfinite = lambda value: True
def all(completions, **kwargs): return [1e12, -1e12, 1e300, -1e300, 10**400, float("nan")]`,
  );
  const outcomes = await outcomesOf(set, batchOf(Array(6).fill('x')));
  expect(brief(outcomes)).toEqual([1e12, -1e12, 'too-large', 'too-large', 'wrong-type', 'nan']);
  expect(outcomes[3]).toMatchObject({ message: expect.stringMatching(BOUNDS), line: 4 });
});

test.skipIf(pythonMissing)('Python: a forged reply fails the rows that wrote it', async () => {
  const set = await openText(
    'forge.py',
    `
import os
def forged(completions, **kwargs):
    if "forge" in completions: os.write(4, b'{"type": "outcome", "row": 0, "outcome": {"kind": "score", "score": 9}}\\n')
    return [float(len(c)) for c in completions]`,
  );
  const outcomes = await outcomesOf(set, batchOf(['a', 'forge', 'ccc']));
  expect(brief(outcomes)).toEqual([1, 'crash', 3]);
  expect(outcomes[1]).toMatchObject({ message: expect.stringMatching(NO_REPLY), line: 3 });
});
