/** A run that is hung up on, because its terminal was closed or ssh lost its connection, ends with a checkpoint. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TrainerEvent } from '../../../src/protocol/events.ts';
import { isRunning } from '../rewards/workspace.ts';
import { Host } from './host.ts';
import { eventsOf, grpoScript, onlyRun, runInfoOf, startGrpo, tinyWorkspace, untilEvent } from './workspace.ts';

const isStep = (event: TrainerEvent) => event.type === 'step';
const endless = () => tinyWorkspace({ maxSteps: 100_000 });

/** The run stopped after some steps, and what it had learned is there. */
function expectCheckpoint(folder: string): void {
  const run = onlyRun(folder);
  const { state, step } = runInfoOf(run);
  expect(state).toBe('stopped');
  expect(step).toBeGreaterThan(0);
  expect(readdirSync(join(run, 'checkpoints'))).toEqual([`step-${String(step).padStart(6, '0')}`]);
}

describe.skipIf(process.platform === 'win32')('hanging up', () => {
  // A shell sends SIGHUP to its jobs, the system to the terminal's processes, and a service manager SIGTERM besides.
  test.each([
    [['SIGHUP']],
    [['SIGHUP', 'SIGHUP', 'SIGTERM']],
    [['SIGTERM', 'SIGHUP', 'SIGHUP']],
  ] as NodeJS.Signals[][][])('stops `grpo train` with a checkpoint: %s', async (signals) => {
    const folder = endless();
    const { child, finished } = startGrpo(['train', join(folder, 'run.grpo.json'), '--json']);
    await untilEvent(child, isStep);
    for (const signal of signals) child.kill(signal);
    const { status, stdout } = await finished;
    expect(status).toBe(130);
    expect(eventsOf(stdout).at(-1)).toMatchObject({ type: 'end', outcome: 'stopped' });
    expectCheckpoint(folder);
  });

  test('stops a trainer process with a checkpoint', async () => {
    const folder = endless();
    const host = new Host({ configFile: join(folder, 'run.grpo.json') });
    await host.until(isStep);
    host.signal('SIGHUP');
    expect(await host.exit).toBe(0);
    expectCheckpoint(folder);
  });

  test('ends other commands at once, with their reward workers', async () => {
    const folder = tinyWorkspace(
      {},
      {
        'slow.reward.js': `import { writeFileSync } from 'node:fs';
writeFileSync('worker.pid', String(process.pid));
export const slow = () => new Promise(() => {});`,
        'slow.samples.jsonl': '{"prompt": "p", "completion": "c"}\n',
      },
    );
    const { child, finished } = startGrpo(['score', join(folder, 'slow.reward.js')]);
    const file = join(folder, 'worker.pid');
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(20);
    const worker = Number(readFileSync(file, 'utf8'));
    expect(isRunning(worker)).toBe(true);
    child.kill('SIGHUP');
    expect((await finished).signal).toBe('SIGHUP');
    while (isRunning(worker)) await sleep(20);
  });
});

test.skipIf(process.platform === 'win32')('a reader that goes away does not end a run', async () => {
  const folder = tinyWorkspace({ maxSteps: 20 });
  const child = spawn(process.execPath, [grpoScript, 'train', join(folder, 'run.grpo.json')]);
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.destroy();
  await once(child.stderr, 'data');
  child.stderr.destroy();
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(runInfoOf(onlyRun(folder))).toMatchObject({ state: 'done', step: 20 });
});

const hasPython = spawnSync('python3', ['--version']).status === 0;

/** Runs a command on a terminal of its own, closes that when the command has printed `until`, and tells how the command ended. */
const CLOSED_TERMINAL = `
import os, pty, sys
until, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
printed = b""
while until.encode() not in printed:
    printed += os.read(terminal, 4096)
os.close(terminal)
_, status = os.waitpid(pid, 0)
print(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
`;

test.skipIf(process.platform === 'win32' || !hasPython)(
  'a terminal that is closed ends a run with a checkpoint, and with no abort (needs python3)',
  () => {
    const folder = endless();
    const command = [process.execPath, grpoScript, 'train', join(folder, 'run.grpo.json')];
    const printed = execFileSync('python3', ['-c', CLOSED_TERMINAL, '3/100000', ...command], { encoding: 'utf8' });
    // As any program that a closed terminal ends: by SIGHUP.
    expect(Number(printed)).toBe(-1);
    expectCheckpoint(folder);
  },
);
