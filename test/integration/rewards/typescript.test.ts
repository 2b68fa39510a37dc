import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scoreBatch } from '../../../src/trainer/rollout.ts';
import { batchOf, brief, folderWith, open, openText, outcomesOf } from './workspace.ts';

test('every exported function is a reward, in the order of the source; weights and names choose', async () => {
  const source = `
    export const zeta = ({ completion }) => completion.length;
    export async function alpha() { return 2; }
    export class NotOne {}
    export const limit = 3;
    function own() { return 0; }
  `;
  const folder = folderWith({ 'two.reward.js': source });
  const file = join(folder, 'two.reward.js');
  const all = await open([{ file, weight: 0.5 }]);
  expect(all.functions).toEqual([
    { name: 'zeta', weight: 0.5, file, language: 'typescript' },
    { name: 'alpha', weight: 0.5, file, language: 'typescript' },
  ]);
  const chosen = await open([
    { file, name: 'alpha', weight: 2 },
    { file, name: 'zeta' },
  ]);
  const { columns } = await chosen.score(batchOf(['abc']));
  expect(columns.map(({ name, weight, outcomes }) => [name, weight, ...brief(outcomes)])).toEqual([
    ['alpha', 2, 2],
    ['zeta', 1, 3],
  ]);
  for (const { seconds } of columns) expect(seconds).toBeGreaterThan(0);
});

// What is cut by characters of 16 bits may end in half of one, which JSON's other readers refuse.
test('explanations are of whole characters', async () => {
  const source =
    "export const f = () => ({ score: 1, reason: 'ab\u{1F600}'.slice(0, 3), extracted: '\u{1F600}'.repeat(2001) + 'c' });";
  const [outcome] = await outcomesOf(await openText('f.reward.js', source), batchOf(['x']));
  expect(outcome).toMatchObject({ reason: 'ab\uFFFD', extracted: `${'\u{1F600}'.repeat(2000)}…` });
});

test('a row function sees its row: prompt, completion, ids and columns', async () => {
  const set = await openText(
    'see.reward.ts',
    `import type { RewardInput } from 'grpo/rewards';
     export function seen({ ...input }: RewardInput<{ answer: number }>) { return { score: input.answer, reason: JSON.stringify(input) }; }`,
  );
  const outcomes = await outcomesOf(set, {
    prompts: [
      'plain',
      [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    ],
    completions: ['a\u2028b\n"', 'ü'],
    completionIds: [[1, 2], [3]],
    columns: { answer: [4, 5] },
  });
  const inputs = outcomes.map((outcome) => (outcome.kind === 'score' ? JSON.parse(outcome.reason!) : outcome));
  expect(inputs).toEqual([
    { answer: 4, prompt: 'plain', completion: 'a\u2028b\n"', completionIds: [1, 2] },
    {
      answer: 5,
      prompt: 'Be brief.\n\nHi',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
      completion: 'ü',
      completionIds: [3],
    },
  ]);
});

test('a batch reward sees all completions at once, and gives one reward for each', async () => {
  const set = await openText(
    'batch.reward.ts',
    `import { batchReward } from 'grpo/rewards';
     export const rank = batchReward<{ bonus: number }>(({ completions, prompts, bonus }) =>
       completions.map((text, i) => prompts[i] === 'the prompt' && text === '' ? null
         : { score: completions.filter((other) => other < text).length + bonus[i]! }));
     export const short = batchReward(async () => [1]);
     export const none = batchReward((() => 1) as never);`,
  );
  const { columns } = await set.score(batchOf(['b', '', 'a'], { bonus: [10, 0, 0] }));
  expect(columns.map(({ outcomes }) => brief(outcomes))).toEqual([
    [12, null, 1],
    ['wrong-length', 'wrong-length', 'wrong-length'],
    ['wrong-type', 'wrong-type', 'wrong-type'],
  ]);
  expect(columns[1]!.outcomes[0]).toMatchObject({ message: expect.stringContaining('1 rewards for 3'), line: 5 });
});

test('own modules, JSON, ES and CommonJS packages, and import.meta work', async () => {
  const folder = folderWith({
    'rewards/main.reward.ts': `
      import { readFileSync } from 'node:fs';
      import { add } from '../lib/add';
      import old from '../lib/old.cjs';
      import table from './table.json';
      import { seven } from 'modern';
      import five from 'classic';
      const eleven = Number(readFileSync(new URL('./eleven.txt', import.meta.url), 'utf8'));
      const later = await Promise.resolve(100);
      export const total = () => add(table.three, seven) + five.five + old.two + eleven + later;`,
    'rewards/table.json': '{ "three": 3 }',
    'rewards/eleven.txt': '11',
    'lib/add.ts': 'export const add = (a: number, b: number): number => a + b;',
    'lib/old.cjs': `const { sep } = require('path'); module.exports = { two: sep.length + 1 };`,
    'node_modules/modern/package.json':
      '{ "name": "modern", "type": "module", "exports": { "import": "./m.js", "module": "./bundlers-only.js" } }',
    'node_modules/modern/m.js': 'export const seven = 7;',
    'node_modules/classic/package.json': '{ "name": "classic", "main": "c.js" }',
    'node_modules/classic/c.js': 'module.exports = { five: require("fs").existsSync(__filename) ? 5 : 0 };',
  });
  const set = await open([{ file: join(folder, 'rewards/main.reward.ts') }]);
  expect(brief(await outcomesOf(set, batchOf(['x'])))).toEqual([128]);
});

test('asynchronous rows run at the same time', async () => {
  const set = await openText(
    'slow.reward.js',
    `let running = 0, most = 0;
     export async function together() {
       most = Math.max(most, ++running);
       await new Promise((resolve) => setTimeout(resolve, 200));
       running--;
       return most;
     }`,
  );
  const outcomes = await outcomesOf(set, batchOf(Array(100).fill('x')));
  expect(Math.max(...brief(outcomes).map(Number))).toBe(32);
});

test('what a function returns is checked, never turned into a 0', async () => {
  const set = await openText(
    'results.reward.js',
    `const results = [
       1.5, null, { score: 2, reason: 'why', extracted: 7, steps: [{ end: 1, score: 0.5 }, { end: 2, score: 1 }] }, { score: null },
       undefined, true, '3', [4], {}, NaN, { score: 1 / 0 }, { score: 1, reason: 2 },
       { score: 1, steps: [{ end: 3, score: 1 }] }, { score: 1, steps: [{ end: 1, score: NaN }] },
       Promise.resolve(6), Promise.reject(new Error('later')), 7n,
       { score: '3' }, { score: null, steps: [{ end: 1, score: 1 }] }, { score: null, steps: [] },
     ];
     for (const result of results) Promise.resolve(result).catch(() => {});
     export function check({ row }) { return results[row]; }`,
  );
  const rows = Array.from({ length: 20 }, (_, row) => row);
  const outcomes = await outcomesOf(set, batchOf(Array(20).fill('ab'), { row: rows }));
  expect(brief(outcomes)).toEqual([
    ...[1.5, null, 2, null],
    ...['wrong-type', 'wrong-type', 'wrong-type', 'wrong-type', 'wrong-type', 'nan', 'nan', 'wrong-type'],
    ...['wrong-type', 'nan', 6, 'throw', 'wrong-type'],
    ...['wrong-type', 'wrong-type', null],
  ]);
  expect(outcomes[2]).toEqual({
    kind: 'score',
    score: 2,
    reason: 'why',
    extracted: '7',
    steps: [
      { end: 1, score: 0.5 },
      { end: 2, score: 1 },
    ],
  });
  expect(outcomes[4]).toMatchObject({ message: expect.stringContaining('nothing (undefined)'), line: 9 });
  expect(outcomes[5]).toMatchObject({ message: expect.stringContaining('write 1') });
  expect(outcomes[17]).toMatchObject({
    message: expect.stringContaining(`The function returned '3' as "score"; a reward`),
  });
  expect(outcomes[18]).toMatchObject({ message: expect.stringContaining('give the whole a score, too') });
});

test('an empty batch gives an empty table', async () => {
  const set = await openText('one.reward.js', 'export const one = () => 1;');
  expect(await set.score(batchOf([]))).toMatchObject({ columns: [{ name: 'one', outcomes: [] }], metrics: {} });
});

test('the prompt as the model sees it, where it is known', async () => {
  const source = `import { batchReward, thinkFormat } from 'grpo/rewards';
    export const thinks = thinkFormat();
    export const seen = batchReward(({ renderedPrompts }) => renderedPrompts.map((text) => text.length));`;
  const set = await openText('think.reward.js', source);
  const chat = [{ role: 'user', content: 'Hi' }];
  const rollout = ['a</think> b', '<think>a</think> b'].map((text) => ({
    group: 0,
    prompt: { prompt: chat, text: '<|user|>Hi<|assistant|><think>', ids: [1], columns: {} },
    trajectory: { segments: [{ ids: [2], trained: true }], truncated: false },
    text,
  }));
  const { columns } = await set.score(scoreBatch(rollout));
  expect(columns.map(({ outcomes }) => brief(outcomes))).toEqual([
    [1, 0],
    [30, 30],
  ]);
});

test('a reward that a helper makes fails at its own line, not inside of the helper', async () => {
  const source = `import { numericMatch, exactMatch } from 'grpo/rewards';

export const sum = numericMatch({ column: 'none' });
const inner = exactMatch();
export { inner as word };`;
  const set = await openText('made.reward.ts', source);
  expect(set.functions.map(({ name }) => name)).toEqual(['sum', 'word']);
  const { columns } = await set.score(batchOf(['x']));
  const file = expect.stringMatching(/made\.reward\.ts$/);
  expect(columns.map(({ outcomes }) => outcomes[0])).toMatchObject([
    { failure: 'throw', file, line: 3, message: expect.stringContaining('"none"') },
    { failure: 'throw', file, line: 4 },
  ]);
});
