/** `"backend": "trl"` with the real TRL: the events, the run folder, stopping, pausing and resuming it, and what is left when it ends otherwise. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type TrainerEvent, trainerEvent } from '../../../src/protocol/events.ts';
import { listCheckpoints } from '../../../src/run-folder/checkpoints.ts';
import { readMetrics } from '../../../src/run-folder/metrics.ts';
import { readRollouts, recordedSteps } from '../../../src/run-folder/rollouts.ts';
import { readRunInfo } from '../../../src/run-folder/run-info.ts';
import { GRPO, grpo } from '../cli/run-grpo.ts';
import { SAMPLES, temporaryFolder, trlMissing } from './python.ts';

const PYTHON = process.env.GRPO_TEST_PYTHON ?? 'python3';
const CONFIG = {
  model: 'models/tiny-sort',
  dataset: 'data/sort.train.jsonl',
  rewards: ['rewards/sort.reward.ts#inclusion', 'rewards/sort.reward.ts#ordering'],
  ...{ backend: 'trl', device: 'cpu', python: PYTHON },
  ...{ promptsPerStep: 4, numGenerations: 4, maxSteps: 500, maxCompletionLength: 16, saveSteps: 500 },
};

/** A folder of the samples with a `run.grpo.json`. */
function workspace(config: object = {}, files: Record<string, string> = {}): string {
  const folder = temporaryFolder();
  for (const name of ['data', 'models', 'rewards'])
    cpSync(join(SAMPLES, name), join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  writeFileSync(join(folder, 'run.grpo.json'), JSON.stringify({ ...CONFIG, ...config }));
  return folder;
}

const onCpu = (folder: string) => ({
  ...process.env,
  ...{ HF_HUB_OFFLINE: '1', HF_HOME: join(folder, 'hf'), OMP_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: '' },
});

interface Trained {
  status: number | null;
  events: TrainerEvent[];
  run: string;
}

/** Runs `grpo train --json`; `onEvent` gets its process. */
function train(
  folder: string,
  args: string[] = [],
  onEvent: (event: TrainerEvent, grpo: { pid: number }) => void = () => {},
): Promise<Trained> {
  const run = join(folder, 'run');
  const command = [GRPO, 'train', 'run.grpo.json', '--out', run, '--json', ...args];
  const child = spawn(process.execPath, command, {
    cwd: folder,
    env: onCpu(folder),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const events: TrainerEvent[] = [];
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const event = trainerEvent.parse(JSON.parse(line));
      events.push(event);
      onEvent(event, { pid: child.pid! });
    }
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, events, run })));
}

/** Processes that have a folder in their command line or their environment. */
const processesOf = (folder: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${name}/${file}`, 'utf8').includes(folder));
      } catch {
        return false; // gone
      }
    })
    .map(Number);

const stepsOf = (events: readonly TrainerEvent[]) =>
  events.flatMap((event) => (event.type === 'step' ? [event.step] : []));

describe.skipIf(trlMissing || process.platform !== 'linux')('a run that TRL trains', () => {
  test('tells its steps, stops with a checkpoint, and continues from there', async () => {
    const folder = workspace({ evalDataset: 'data/sort.eval.jsonl', evalPrompts: 2 });
    const stopped = await train(folder, [], (event, { pid }) => {
      if (event.type === 'step' && event.step === 2) process.kill(pid, 'SIGINT');
    });
    expect(stopped.status).toBe(130);
    const { events, run } = stopped;
    const last = stepsOf(events).at(-1)!;
    expect(stepsOf(events)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    expect(events.find(({ type }) => type === 'start')).toMatchObject({ run, device: 'cpu', resumedFrom: 0 });
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'stopped', step: last });
    expect(readRunInfo(run)).toMatchObject({ state: 'stopped', step: last, versions: { trl: expect.any(String) } });
    expect(recordedSteps(run)).toEqual(stepsOf(events));
    expect(readdirSync(join(run, 'checkpoints'))).toHaveLength(1);
    expect(existsSync(join(run, 'trainer.lock'))).toBe(false);

    const resumed = await train(folder, ['--resume', '--set', `maxSteps=${last + 2}`]);
    expect(resumed.status).toBe(0);
    expect(stepsOf(resumed.events)).toEqual([last + 1, last + 2]);
    expect(readRunInfo(run)).toMatchObject({ state: 'done', step: last + 2 });
    expect(readMetrics(run).map(({ step }) => step)).toEqual(Array.from({ length: last + 3 }, (_, i) => i));
    // What was measured before is not measured again.
    expect(resumed.events.flatMap((event) => (event.type === 'eval' ? event.step : []))).toEqual([last + 2]);
    expect(processesOf(folder)).toEqual([]);
    const rescored = await grpo(['rescore', run, '--json']);
    expect(JSON.parse(rescored.stdout.trim().split('\n').at(-1)!)).toMatchObject({ steps: last + 2, failed: 0 });

    // As `save_only_model` leaves it: TRL would begin with a new optimizer.
    rmSync(join(listCheckpoints(run).at(-1)!.path, 'optimizer.pt'));
    const refused = await train(folder, ['--resume', '--with-changes', '--set', `maxSteps=${last + 4}`]);
    expect(refused.events.at(-1)).toMatchObject({ error: expect.stringContaining('has no optimizer') });
    expect(refused.status).toBe(2);
    expect(readRunInfo(run)).toMatchObject({ state: 'done' });
  });

  test('does not continue a checkpoint of the built-in engine', async () => {
    const folder = workspace({ backend: 'builtin', maxSteps: 1 });
    expect((await train(folder)).status).toBe(0);
    const set = ['--set', 'backend=trl', '--set', 'maxSteps=2'];
    const { status, events, run } = await train(folder, ['--resume', '--with-changes', ...set]);
    expect(status).toBe(2);
    expect(events.at(-1)).toMatchObject({ error: expect.stringContaining('was not written by TRL') });
    expect(readRunInfo(run)).toMatchObject({ state: 'done', step: 1 });
  });

  test('ends where its numbers are not finite, and does not save them', async () => {
    const folder = workspace({
      learningRate: 0.1,
      // The gradient overflows as soon as the policy is no longer the reference.
      beta: 1e23,
      maxGradNorm: 0,
      lrSchedulerType: 'constant',
      maxSteps: 2,
      saveSteps: 1,
    });
    const { status, events, run } = await train(folder);
    expect(status).toBe(1);
    expect(events.at(-1)).toMatchObject({
      error: expect.stringMatching(/^Step 2: The gradient is not finite: the policy has diverged; make "learningRate"/),
      problem: { kind: 'diverged', remedy: { action: 'resume', step: 1 } },
    });
    expect(listCheckpoints(run).map(({ step }) => step)).toEqual([1]);
  });

  test('stops because of what its curves show', async () => {
    const folder = workspace({ maxCompletionLength: 2, stopOn: ['all-truncated'] });
    const { status, events, run } = await train(folder);
    expect(status).toBe(3);
    expect(events.at(-1)).toMatchObject({ outcome: 'stopped', findings: [{ kind: 'all-truncated' }] });
    const { state, reason, step } = readRunInfo(run);
    expect({ state, reason }).toEqual({ state: 'stopped', reason: expect.stringContaining('after step 3') });
    expect(step).toBeLessThan(10);
    expect(processesOf(folder)).toEqual([]);
  });

  test('leaves no process when ours is killed', async () => {
    const folder = workspace();
    await train(folder, [], (event, { pid }) => {
      if (event.type === 'step' && event.step === 1) process.kill(pid, 'SIGKILL');
    });
    await expect.poll(() => processesOf(folder)).toEqual([]);
  });

  test('of two processes is one run, which says which of them was killed', async () => {
    const folder = workspace({ trl: { processes: 2 } });
    const { status, events, run } = await train(folder, [], (event) => {
      if (event.type !== 'step' || event.step !== 2) return;
      const second = processesOf(folder).find((pid) =>
        readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes('RANK=1'),
      );
      process.kill(second!, 'SIGKILL');
    });
    expect(status).toBe(1);
    expect(events.find(({ type }) => type === 'start')).toMatchObject({ device: 'cpu × 2' });
    expect(events.filter(({ type }) => type === 'scored')[0]).toMatchObject({ completions: 16 });
    expect(events.at(-1)).toMatchObject({
      ...{ type: 'end', outcome: 'failed' },
      error: expect.stringContaining('Process 2 of 2 was ended by SIGKILL'),
    });
    expect(readRunInfo(run)).toMatchObject({ state: 'failed' });
    expect(processesOf(folder)).toEqual([]);
  });

  test('ends with the line at which a Python reward hangs, in whichever process, or throws', async () => {
    const hangs = [
      'import os, time',
      'def slow(completions, **kwargs):',
      '    while os.environ.get("RANK") == "1":',
      '        time.sleep(0.1)',
      '    return [0.5 for _ in completions]',
    ].join('\n');
    const changes = { rewards: ['slow.py#slow'], rewardTimeoutSeconds: 2, trl: { processes: 2 } };
    const folder = workspace(changes, { 'slow.py': hangs });
    const { status, events } = await train(folder);
    expect(status).toBe(1);
    const file = join(folder, 'slow.py');
    const said = (events.at(-1) as { error: string }).error;
    expect(said).toMatch(`${file}:`);
    expect(said).toContain('slow took longer than 2 seconds (process 2 of 2)');
    expect(processesOf(folder)).toEqual([]);

    const throws = 'def slow(completions, **kwargs):\n    return [1 / 0 for _ in completions]\n';
    const other = workspace({ rewards: ['slow.py#slow'] }, { 'slow.py': throws });
    const failed = await train(other);
    expect(failed.status).toBe(1);
    expect(failed.events.at(-1)).toMatchObject({
      error: expect.stringContaining(`${join(other, 'slow.py')}:2: slow: ZeroDivisionError`),
      problem: { kind: 'reward-failed', place: { line: 2 } },
    });
  });
});

describe.skipIf(trlMissing || process.platform !== 'linux')('rewards with TRL', () => {
  test('in Python are loaded, called and judged as by the built-in engine', async () => {
    const judge = [
      'from ..limits import LIMIT',
      'WORD = open("word.txt").read()',
      'def same(completions, log_extra, **kwargs):',
      '    log_extra("word", [open("word.txt").read()] * len(completions))',
      '    return [LIMIT for _ in completions]',
      'def infinite(completions, **kwargs):',
      '    return [float("inf"), *([None] * (len(completions) - 1))]',
      'class Judge:',
      '    async def __call__(self, completions, **kwargs):',
      '        return [0 for _ in completions]',
      'judge = Judge()',
    ].join('\n');
    const files = { 'scores/__init__.py': '', 'scores/limits.py': 'LIMIT = 2\n', 'scores/of/__init__.py': '' };
    const rewards = ['same', 'infinite', 'judge'].map((name) => `scores/of/judge.py#${name}`);
    const folder = workspace(
      { rewards, maxSteps: 1 },
      { ...files, 'scores/of/judge.py': judge, 'scores/of/word.txt': 'sorted' },
    );
    const { status, events, run } = await train(folder);
    expect(status).toBe(0);
    const [first, ...others] = readRollouts(run, 1)!;
    const file = join(folder, 'scores/of/judge.py');
    expect(first).toMatchObject({
      ...{ rewards: { same: 2, infinite: null, judge: 0 }, reward: 2, extra: { word: 'sorted' } },
      failure: { name: 'infinite', kind: 'nan', place: { file, line: 6 } },
    });
    expect(others.map(({ error, rewards }) => [error, rewards.infinite])).toEqual(Array(15).fill([null, null]));
    expect(events).toContainEqual({
      ...{ type: 'log', level: 'warning' },
      message: `1 of 16 completions of step 1 failed to be scored: ${file}:6: infinite: The score is inf; return a finite number, or None to abstain.`,
    });
    // All got the same.
    expect(events.at(-1)).toMatchObject({ outcome: 'done', findings: [{ kind: 'nothing-learned' }] });
    expect(readRunInfo(run).findings).toMatchObject([
      { evidence: expect.stringMatching(/Of the last step's 4 groups: 4 with the same reward throughout\.$/) },
    ]);
  });

  test('that fail on every completion end the run', async () => {
    const folder = workspace(
      { rewards: ['none.reward.ts'] },
      { 'none.reward.ts': 'export function none(): number {\n  throw new Error("away");\n}\n' },
    );
    const { status, events, run } = await train(folder);
    expect(status).toBe(1);
    const file = join(folder, 'none.reward.ts');
    expect(events.at(-1)).toMatchObject({
      outcome: 'failed',
      error: `Every completion of step 1 failed to be scored: ${file}:2:9: none: Error: away. Fix the reward and continue with --resume --with-changes.`,
      problem: { kind: 'reward-failed', place: { file, line: 2 }, remedy: { action: 'fix-reward' } },
    });
    expect(readRunInfo(run)).toMatchObject({ state: 'failed' });
    expect(recordedSteps(run)).toEqual([1]);
  });
});

test.skipIf(trlMissing)('a GPU that is not there is missed before a folder is made', async () => {
  const { status, events, run } = await train(workspace({ device: 'cuda' }));
  expect(status).toBe(2);
  expect(events.at(-1)).toMatchObject({
    error: expect.stringMatching(/"device": "cuda" needs a GPU, and the PyTorch of .* finds none\./),
    problem: { place: { path: ['device'] } },
  });
  expect(existsSync(run)).toBe(false);
});

test('what TRL cannot do is refused at its field, before a folder is made', async () => {
  const folder = workspace({ baseline: 'history' });
  const { status, events, run } = await train(folder);
  expect(status).toBe(2);
  expect(events.at(-1)).toMatchObject({ problem: { place: { path: ['baseline'] } } });
  expect(existsSync(run)).toBe(false);
});
