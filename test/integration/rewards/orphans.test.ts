import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { batchOf, folderWith, isRunning, open, pythonMissing, until, workerPath } from './workspace.ts';

// Each tells its own process and one that it started, then keeps its main thread busy for good.
const busy = {
  'busy.reward.js': `import { spawn } from 'node:child_process';
    export function busy() {
      console.log('pids', process.pid, spawn('sleep', ['1000']).pid, 'end');
      while (true);
    }`,
  'busy.py': `
import os, re, subprocess
def busy(completions, **kwargs):
    print("pids", os.getpid(), subprocess.Popen(["sleep", "1000"]).pid, "end", flush=True)
    re.match(r"(a+)+$", "a" * 64 + "b")  # never lets go of the interpreter's lock`,
};

const cases = Object.keys(busy).filter((name) => !(pythonMissing && name.endsWith('.py'))) as (keyof typeof busy)[];

const pidsIn = (printed: string): number[] => (/pids (\d+) (\d+) end/.exec(printed)?.slice(1) ?? []).map(Number);

test.each(cases)('a host that is killed leaves no worker behind (%s)', async (name) => {
  const file = join(folderWith(busy), name);
  const hostFile = join(import.meta.dirname, 'fixtures/host.ts');
  const host = spawn(process.execPath, ['--experimental-strip-types', '--no-warnings', hostFile, workerPath, file]);
  onTestFinished(() => void host.kill('SIGKILL'));
  let printed = '';
  for (const stream of [host.stdout, host.stderr])
    stream.on('data', (text) => {
      printed += text;
    });
  expect(await until(() => pidsIn(printed).length === 2), printed).toBe(true);
  const pids = pidsIn(printed);
  onTestFinished(() => {
    for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGKILL');
  });
  expect(pids.map(isRunning)).toEqual([true, true]);
  const exit = once(host, 'exit');
  host.kill('SIGKILL');
  await exit;
  expect(await until(() => !pids.some(isRunning)), 'all ended').toBe(true);
});

test.each(cases)('closing ends a worker in the middle of a call (%s)', async (name) => {
  let printed = '';
  const file = join(folderWith(busy), name);
  const set = await open([{ file }], {
    timeoutSeconds: 1000,
    onOutput: (text) => {
      printed += text;
    },
  });
  const scoring = set.score(batchOf(['x'])).catch((error) => error);
  expect(await until(() => pidsIn(printed).length === 2)).toBe(true);
  await set.close();
  expect(await until(() => !pidsIn(printed).some(isRunning))).toBe(true);
  expect(await scoring).toMatchObject({ name: 'RunFailure' });
});
