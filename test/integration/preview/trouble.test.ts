import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { PreviewResult } from '../../../src/protocol/preview.ts';
import { isRunning, until } from '../rewards/workspace.ts';
import { completionsOf, gave, Preview } from './preview.ts';

const samples = completionsOf(['good', 'bad', 'fine']);
const settings = { rewardTimeoutSeconds: 1 };
const good = 'export const troubled = ({ completion }: { completion: string }) => completion.length;\n';
const troubled = (deed: string) => `const kept: unknown[] = [];
export function troubled({ completion }: { completion: string }) {
  if (completion === 'bad') ${deed}
  return completion.length;
}
`;

const cases = [
  { deed: 'while (true);', failure: 'timeout', says: 'longer than 1 s' },
  // Whichever comes first: filling the memory takes a while.
  {
    deed: 'while (true) kept.push(Buffer.alloc(1e8, 1));',
    failure: 'memory|timeout',
    says: '(4096 MiB of memory|longer than 1 s)',
  },
  { deed: 'process.exit(5);', failure: 'crash', says: 'exit code 5' },
  { deed: "while (true) console.log('x'.repeat(1e5));", failure: 'timeout', says: 'longer than 1 s' },
];

test.each(cases)('$deed costs its own row, and the next edit works again', async ({ deed, failure, says }) => {
  const preview = new Preview({ 'a.reward.ts': good });
  const ask = (text: string) =>
    preview.result({ rewards: ['a.reward.ts'], texts: { 'a.reward.ts': text }, samples, settings });
  const bad = await ask(troubled(deed));
  expect(gave(bad, 'troubled')).toEqual([4, expect.stringMatching(new RegExp(`^(${failure})$`)), 4]);
  expect(bad.problems).toContainEqual({
    file: preview.path('a.reward.ts'),
    line: 2,
    column: expect.any(Number),
    severity: 'error',
    code: 'failure',
    message: expect.stringMatching(new RegExp(`^"troubled" failed on 1 sample, line 2: .*${says}`)),
  });
  const printed = preview.events.flatMap((event) => (event.type === 'output' ? event.text : [])).join('');
  expect(printed.length).toBeLessThan(300_000);
  expect(gave(await ask(good), 'troubled')).toEqual([4, 3, 4]);
});

test('an edit stops code that hangs, in a function or while it loads', async () => {
  const preview = new Preview({ 'a.reward.ts': good });
  const asked = { rewards: ['a.reward.ts'], samples };
  for (const hanging of [troubled('while (true);'), 'while (true);']) {
    preview.ask({ ...asked, texts: { 'a.reward.ts': `console.log('hangs');\n${hanging}` } });
    await preview.until((event): event is PreviewResult => event.type === 'output' && event.text.includes('hangs'));
    preview.events.length = 0;
    expect(gave(await preview.result({ ...asked, texts: { 'a.reward.ts': good } }), 'troubled')).toEqual([4, 3, 4]);
  }
});

test('while a function runs, what is there already is shown', async () => {
  const preview = new Preview({ 'a.reward.ts': troubled('while (true);') });
  const id = preview.ask({ rewards: ['a.reward.ts'], samples, settings });
  const early = await preview.until(
    (event): event is PreviewResult => event.type === 'result' && event.id === id && event.computed === 1,
  );
  expect(early).toMatchObject({ done: false, functions: [{ state: 'running', samples: 1, mean: 4 }] });
});

const canList = spawnSync('ps', ['--version']).status === 0;

test.skipIf(!canList)('nothing is left when the editor goes, or closes the subject', async () => {
  const childrenOf = (pid: number): number[] => {
    const listed = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    const rows = listed.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
    const direct = rows.filter(([, parent]) => parent === pid).map(([child]) => child);
    return [...direct, ...direct.flatMap(childrenOf)];
  };
  const preview = new Preview({ 'a.reward.ts': good, 'b.reward.ts': troubled('while (true);') });
  const subject = preview.path('b.reward.ts');
  await preview.result({ rewards: ['a.reward.ts'], samples });
  const before = new Set(childrenOf(preview.child.pid!));
  const id = preview.ask({ subject, rewards: ['b.reward.ts'], samples });
  await preview.until(
    (event): event is PreviewResult => event.type === 'result' && event.id === id && event.computed === 1,
  );
  const added = childrenOf(preview.child.pid!).filter((pid) => !before.has(pid));
  expect(added.length).toBeGreaterThan(0);
  preview.send({ type: 'close', subject });
  expect(await until(() => !added.some(isRunning))).toBe(true);
  expect([...before].filter(isRunning)).not.toEqual([]);

  preview.ask({ subject, rewards: ['b.reward.ts'], samples });
  expect(await until(() => childrenOf(preview.child.pid!).length > before.size)).toBe(true);
  const all = childrenOf(preview.child.pid!);
  preview.child.disconnect();
  expect(await preview.exit).toBe(0);
  expect(await until(() => !all.some(isRunning))).toBe(true);
});

test('what a function leaves behind and goes wrong later is a warning at its line, until it is mended', async () => {
  const preview = new Preview({ 'a.reward.ts': good });
  const asked = { rewards: ['a.reward.ts'], samples };
  const strays = ({ problems }: PreviewResult) => problems.filter(({ code }) => code === 'stray');
  const id = preview.ask({
    ...asked,
    texts: { 'a.reward.ts': troubled("void Promise.reject(new Error('unheard'));") },
  });
  const told = await preview.until(
    (event): event is PreviewResult => event.type === 'result' && event.id === id && strays(event).length > 0,
  );
  expect(strays(told)).toEqual([
    {
      ...{ file: preview.path('a.reward.ts'), line: 3, column: expect.any(Number), severity: 'warning', code: 'stray' },
      message: expect.stringMatching(/^Error: unheard \(a rejected promise that nothing awaits\)/),
    },
  ]);
  const last = await preview.until(
    (event): event is PreviewResult => event.type === 'result' && event.id === id && event.done,
  );
  expect(gave(last, 'troubled')).toEqual([4, 3, 4]);
  expect(strays(await preview.result({ ...asked, texts: { 'a.reward.ts': good } }))).toEqual([]);
});

test('functions see the variables of the config and no others; one that is not set is told', async () => {
  const text = `export const seen = () =>
  Number(process.env.GRPO_TEST_WANTED ?? 0) + 10 * Number(process.env.GRPO_TEST_OTHER ?? 0);\n`;
  for (const name of ['GRPO_TEST_WANTED', 'GRPO_TEST_OTHER']) process.env[name] = '1';
  const preview = new Preview({ 'a.reward.ts': text });
  for (const name of ['GRPO_TEST_WANTED', 'GRPO_TEST_OTHER']) delete process.env[name];
  const asked = { rewards: ['a.reward.ts'], samples };
  expect(gave(await preview.result(asked), 'seen')).toEqual([0, 0, 0]);
  const rewardEnv = ['GRPO_TEST_WANTED', 'GRPO_TEST_GONE'];
  const result = await preview.result({ ...asked, reuse: false, settings: { rewardEnv } });
  expect(gave(result, 'seen')).toEqual([1, 1, 1]);
  expect(result.problems.filter(({ code }) => code === 'environment')).toMatchObject([
    { line: 1, severity: 'warning', message: expect.stringContaining('variable GRPO_TEST_GONE') },
  ]);
});
