import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { batchOf, brief, folderWith, isRunning, open, openText, outcomesOf, until } from './workspace.ts';

test('a throw is told at its line of the original source, also in a module and from an asynchronous function', async () => {
  const folder = realpathSync(
    folderWith({
      'a.reward.ts': `import { deep } from './deep';
interface Long {
  removed: string;
}
export async function late({ completion }: { completion: string }) {
  if (completion === 'other') return Promise.reject({ code: 7 });
  await null;
  return deep(completion as unknown as Long);
}`,
      'deep.ts': `type Gone = 1;

export function deep(value: unknown): number {
  return (value as any).a.b;
}`,
    }),
  );
  const set = await open([{ file: join(folder, 'a.reward.ts') }]);
  const outcomes = await outcomesOf(set, batchOf(['x', 'other']));
  expect(outcomes[0]).toMatchObject({
    failure: 'throw',
    message: expect.stringMatching(/^TypeError: Cannot read/),
    file: join(folder, 'deep.ts'),
    line: 4,
    column: 27,
  });
  expect(outcomes[1]).toMatchObject({
    failure: 'throw',
    message: 'threw { code: 7 }',
    file: join(folder, 'a.reward.ts'),
    line: 5,
  });
});

const trouble = `
export function sync({ completion }: { completion: string }) {
  if (completion === 'hang') while (true);
  if (completion === 'exit') process.exit(3);
  return completion.length;
}
export async function later({ completion }: { completion: string }) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return sync({ completion });
}`;

test('a hang and an exit cost their own row only', async () => {
  const set = await openText('trouble.reward.ts', trouble, { timeoutSeconds: 0.5 });
  const { columns } = await set.score(batchOf(['a', 'hang', 'bb', 'exit', 'ccc']));
  for (const { outcomes } of columns) expect(brief(outcomes)).toEqual([1, 'timeout', 2, 'crash', 3]);
  expect(columns[0]!.outcomes[1]).toMatchObject({ file: expect.stringMatching(/trouble\.reward\.ts$/), line: 2 });
  expect(columns[0]!.outcomes[1]).toMatchObject({ message: 'The function took longer than 0.5 s and was stopped.' });
  expect(columns[0]!.outcomes[3]).toMatchObject({ message: expect.stringContaining('exit code 3') });
  expect(columns[1]!.outcomes[1]).toMatchObject({ line: 7 });
  // And the set goes on.
  expect(brief(await outcomesOf(set, batchOf(['dddd'])))).toEqual([4]);
});

test('promises that never settle time out together, and the others keep their scores', async () => {
  const set = await openText(
    'never.reward.ts',
    `let pending = 0;
let allArePending: () => void;
const together = new Promise<void>((resolve) => { allArePending = resolve; });
export async function never({ completion }: { completion: string }) {
  if (completion === 'never' && ++pending === 20) allArePending();
  // The first completion gets its score only if it waits at the same time as all of these.
  await (completion === 'never' ? new Promise(() => {}) : together);
  return completion.length;
}`,
    { timeoutSeconds: 0.5 },
  );
  const outcomes = await outcomesOf(set, batchOf(['a', ...Array(20).fill('never'), 'bb']));
  expect(brief(outcomes)).toEqual([1, ...Array(20).fill('timeout'), 2]);
});

test('an exception outside any call is a crash with its place', async () => {
  const set = await openText(
    'timer.reward.js',
    `export async function timed() {
  setTimeout(() => { throw new RangeError('in a timer'); }, 10);
  await new Promise((resolve) => setTimeout(resolve, 300));
}`,
  );
  expect(await outcomesOf(set, batchOf(['x']))).toMatchObject([
    { failure: 'crash', message: expect.stringContaining('RangeError: in a timer'), line: 2, column: 28 },
  ]);
});

test('a batch function that hangs fails all rows', async () => {
  const set = await openText(
    'batch.reward.ts',
    `import { batchReward } from 'grpo/rewards';

export const stuck = batchReward(() => { while (true); });`,
    { timeoutSeconds: 0.5 },
  );
  const outcomes = await outcomesOf(set, batchOf(['a', 'b']));
  expect(brief(outcomes)).toEqual(['timeout', 'timeout']);
  expect(outcomes[1]).toMatchObject({ line: 3 });
});

test('memory: the heap and buffers outside it', async () => {
  const set = await openText(
    'hungry.reward.js',
    `const kept = [];
     export function hungry({ completion }) {
       if (completion === 'heap') while (true) kept.push(Array(1e5).fill(kept.length));
       if (completion === 'buffer') while (true) kept.push(Buffer.alloc(1e7, 1));
       return 1;
     }`,
    { memoryLimitBytes: 256 * 1024 ** 2, timeoutSeconds: 20 },
  );
  const outcomes = await outcomesOf(set, batchOf(['a', 'heap', 'b', 'buffer', 'c']));
  expect(brief(outcomes)).toEqual([1, 'memory', 1, 'memory', 1]);
  expect(outcomes[1]).toMatchObject({ message: 'The function used more than its 256 MiB of memory.', line: 2 });
});

test('what functions print is passed on, up to the limit', async () => {
  let printed = '';
  const set = await openText(
    'loud.reward.js',
    `import { writeSync } from 'node:fs';
     export function loud({ completion }) {
       console.log('said', completion);
       writeSync(1, 'directly\\n');
       if (completion === 'flood') for (let i = 0; i < 1e5; i++) console.log('x'.repeat(100));
       return 1;
     }`,
    {
      outputLimitBytes: 10_000,
      timeoutSeconds: 30,
      onOutput: (text) => {
        printed += text;
      },
    },
  );
  expect(brief(await outcomesOf(set, batchOf(['quiet'])))).toEqual([1]);
  expect(await until(() => printed === 'said quiet\ndirectly\n')).toBe(true);
  expect(brief(await outcomesOf(set, batchOf(['flood', 'more'])))).toEqual([1, 1]);
  expect(printed.length).toBeLessThan(10_200);
  expect(printed).toContain('[output cut off after 10000 bytes]');
});

test('a function that always ends its process is given up after some restarts', async () => {
  const set = await openText('dead.reward.js', 'export function dead() { process.exit(0); }');
  const outcomes = await outcomesOf(set, batchOf(Array(40).fill('x')));
  expect(brief(outcomes)).toEqual(Array(40).fill('crash'));
  expect(outcomes[39]).toMatchObject({ message: expect.stringContaining('already ended 16 times') });
});

test('what a function started ends with it', async () => {
  let printed = '';
  const set = await openText(
    'parent.reward.js',
    `import { spawn } from 'node:child_process';
     export function parent() {
       console.log('pid', spawn('sleep', ['1000']).pid, 'end');
       while (true);
     }`,
    {
      timeoutSeconds: 0.5,
      onOutput: (text) => {
        printed += text;
      },
    },
  );
  expect(brief(await outcomesOf(set, batchOf(['x'])))).toEqual(['timeout']);
  const pid = Number(/pid (\d+) end/.exec(printed)![1]);
  expect(await until(() => !isRunning(pid))).toBe(true);
});

test('files work at the same time', async () => {
  // Each waits for the other: one after the other, the first would run into the time limit.
  const source = (name: string, other: string) => `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
export async function ${name}() {
  writeFileSync(new URL('${name}.running', import.meta.url), '');
  while (!existsSync(new URL('${other}.running', import.meta.url))) await delay(10);
  return 1;
}`;
  const folder = folderWith({ 'a.reward.js': source('a', 'b'), 'b.reward.js': source('b', 'a') });
  const set = await open([{ file: join(folder, 'a.reward.js') }, { file: join(folder, 'b.reward.js') }]);
  const { columns } = await set.score(batchOf(['x']));
  expect(columns.map(({ outcomes }) => brief(outcomes))).toEqual([[1], [1]]);
});
