import { expect, test } from 'vitest';
import { Child } from '../../../src/processes/child.ts';
import { statOf } from '../../../src/processes/linux.ts';
import { outputNow, outputOf } from '../../../src/processes/output-of.ts';

const node = (code: string) => ({ command: process.execPath, args: ['-e', code] });

/** One that has ended may keep its number until somebody asks how it did. */
function isRunning(pid: number): boolean {
  if (statOf(pid) === 'ended') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a child that ends tells how, and what it said last', async () => {
  const printed: [string, string, number][] = [];
  const onPrint = (...what: [string, string, number]) => void printed.push(what);
  const child = new Child(node(`console.log('ü'); process.exitCode = 3`), { onPrint });
  expect(await child.ended).toEqual({ code: 3, signal: null, error: undefined });
  expect(child.lastWords).toBe('ü');
  expect(printed).toEqual([['ü\n', 'stdout', 3]]);
});

test('lines of stdout are no last words', async () => {
  const lines: string[] = [];
  const child = new Child(node(`console.log('one\\u2028\\ntwo'); console.error('oh')`), {
    onLine: (line) => lines.push(line),
  });
  await child.ended;
  expect(lines).toEqual(['one\u2028', 'two']);
  expect(child.lastWords).toBe('oh');
});

test('one that cannot be started tells why', async () => {
  const child = new Child({ command: 'grpo-no-such-program', args: [] });
  const { error } = await child.ended;
  expect(error?.message).toContain('ENOENT');
});

test('it knows our executable as Node', async () => {
  const child = new Child(node('console.log(process.env.ELECTRON_RUN_AS_NODE, process.env.MINE)'), {});
  await child.ended;
  expect(child.lastWords).toBe('1 undefined');
});

test.skipIf(process.platform === 'win32').each([
  ['is killed', 'setInterval(() => {}, 1000)', true],
  ['ends', '', false],
])('what it started ends with it when it %s, though it holds on to its output', async (_, then, kill) => {
  const started = `spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })`;
  let grandchild = 0;
  const child: Child = new Child(
    node(`const { spawn } = require('child_process'); const it = ${started}; it.unref(); console.log(it.pid); ${then}`),
    {
      onLine(line) {
        grandchild = Number(line);
        if (kill) child.kill();
      },
    },
  );
  expect(await child.ended).toMatchObject(kill ? { signal: 'SIGKILL' } : { code: 0 });
  expect(grandchild).toBeGreaterThan(0);
  await expect.poll(() => isRunning(grandchild)).toBe(false);
});

test('a program of which only the output is wanted', async () => {
  expect(await outputOf(process.execPath, ['-e', `console.log('said')`])).toEqual({ stdout: 'said\n', error: null });
  const failed = await outputOf(process.execPath, ['-e', `console.log('said'); process.exit(4)`]);
  expect(failed).toMatchObject({ stdout: 'said\n', error: { code: 4, killed: false } });
  const slow = await outputOf(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { seconds: 0.2 });
  expect(slow.error?.killed).toBe(true);
  expect((await outputOf('grpo-no-such-program', [])).error?.code).toBe('ENOENT');
  expect(outputNow(process.execPath, ['-e', `console.log('said')`])).toBe('said\n');
  expect(outputNow(process.execPath, ['-e', 'process.exit(4)'])).toBeUndefined();
  expect(outputNow('grpo-no-such-program', [])).toBeUndefined();
});
