/** Processes that have left the worker's group and session: they end with it, and keep nobody waiting. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  batchOf,
  brief,
  folderWith,
  isRunning,
  open,
  outcomesOf,
  pythonMissing,
  until,
  workerPath,
} from './workspace.ts';

// Each starts a process in a session of its own, with its output open, and tells its number.
const files = {
  'leaves.reward.js': `import { spawn } from 'node:child_process';
    export function leaves({ completion }) {
      const child = spawn('sleep', ['1000'], { detached: true, stdio: 'inherit' });
      child.unref();
      console.log('pid', child.pid, 'end');
      if (completion === 'exit') process.exit(3);
      if (completion === 'hang') while (true);
      return 1;
    }`,
  'leaves.py': `
import os, subprocess, time
def leaves(completions, **kwargs):
    print("pid", subprocess.Popen(["sleep", "1000"], start_new_session=True).pid, "end", flush=True)
    if completions[0] == "exit": os._exit(3)
    if completions[0] == "hang": time.sleep(1e6)
    return [1.0] * len(completions)`,
};
const names = Object.keys(files).filter((name) => !(pythonMissing && name.endsWith('.py')));

const pidsIn = (printed: string): number[] => [...printed.matchAll(/pid (\d+) end/g)].map(([, pid]) => Number(pid));

/** Ends what a test that fails would leave. */
const endLater = (pids: () => number[]) =>
  onTestFinished(() => {
    for (const pid of pids().filter(isRunning)) process.kill(pid, 'SIGKILL');
  });

describe.skipIf(process.platform !== 'linux')('a process in a session of its own (found on Linux)', () => {
  describe.each(names)('%s', (name) => {
    test.each([
      ['', 1],
      ['exit', 'crash'],
      ['hang', 'timeout'],
    ])('ends with its worker (%s)', async (completion, outcome) => {
      let printed = '';
      endLater(() => pidsIn(printed));
      const onOutput = (text: string) => {
        printed += text;
      };
      const set = await open([{ file: join(folderWith(files), name) }], { timeoutSeconds: 1, onOutput });
      expect(brief(await outcomesOf(set, batchOf([completion])))).toEqual([outcome]);
      if (outcome === 1) expect(await until(() => pidsIn(printed).length === 1)).toBe(true);
      await set.close();
      expect(pidsIn(printed)).toHaveLength(1);
      expect(pidsIn(printed).filter(isRunning)).toEqual([]);
    });

    test('ends when the host is killed', async () => {
      const file = join(folderWith(files), name);
      const hostFile = join(import.meta.dirname, 'fixtures/host.ts');
      const script = ['--experimental-strip-types', '--no-warnings', hostFile, workerPath, file, 'hang'];
      const host = spawn(process.execPath, script);
      onTestFinished(() => void host.kill('SIGKILL'));
      let printed = '';
      endLater(() => pidsIn(printed));
      for (const stream of [host.stdout, host.stderr])
        stream.on('data', (text) => {
          printed += text;
        });
      expect(await until(() => pidsIn(printed).length === 1), printed).toBe(true);
      expect(pidsIn(printed).map(isRunning)).toEqual([true]);
      const exit = once(host, 'exit');
      host.kill('SIGKILL');
      await exit;
      expect(await until(() => !pidsIn(printed).some(isRunning)), 'ended').toBe(true);
    });
  });

  test('one that nobody can find keeps nobody waiting: its pipes are let go', async () => {
    // Without our environment, and with the worker's output open.
    const source = `import { spawn } from 'node:child_process';
      export function hides() {
        const child = spawn('sleep', ['1000'], { detached: true, stdio: 'inherit', env: { PATH: process.env.PATH } });
        child.unref();
        console.log('pid', child.pid, 'end');
        return 1;
      }`;
    const folder = folderWith({
      'hides.reward.js': source,
      'hides.samples.jsonl': '{"prompt": "p", "completion": "c"}\n',
    });
    const grpo = join(import.meta.dirname, '../../../dist/grpo.js');
    const command = spawn(process.execPath, [grpo, 'score', join(folder, 'hides.reward.js')]);
    let printed = '';
    endLater(() => pidsIn(printed));
    for (const stream of [command.stdout, command.stderr])
      stream.on('data', (text) => {
        printed += text;
      });
    const [status] = await once(command, 'close');
    expect(status, printed).toBe(0);
    expect(pidsIn(printed).map(isRunning)).toEqual([true]);
  });
});
