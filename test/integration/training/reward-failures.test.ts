/** Rewards that throw, hang or give no number, in `grpo train`: typed failures on their rows, and the run goes on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pythonMissing } from '../rewards/workspace.ts';
import { metricsOf, onlyRun, rolloutsOf, runGrpo, runInfoOf, startGrpo, tinyWorkspace } from './workspace.ts';

/** Fails on the completions that `{n}` of the dataset's row stands for; line 3 is the one that fails. */
const failing = (expression: string) => `
export function letters({ completion, n }: { completion: string; n: number }) {
  if (n === 1) ${expression}
  return completion.length;
}
`;
/** Both prompts in every step: row n = 0 in group 0, n = 1 in group 1. */
const TWO_PROMPTS = {
  'prompts.jsonl': [
    { prompt: '3 1 0 2', n: 0 },
    { prompt: '17 + 25', n: 1 },
  ],
};
const CONFIG = { maxSteps: 2, shuffleDataset: false, rewardTimeoutSeconds: 1 };

describe('a reward that fails on some rows', () => {
  test.for([
    ['throws', 'throw new Error("no digits");', /^\S+letters\.reward\.ts:3:\d+: letters: .*no digits/],
    ['hangs', 'while (true) {}', /^\S+letters\.reward\.ts:2(:\d+)?: letters: .*longer than 1 s/],
    ['gives NaN', 'return NaN;', /^\S+letters\.reward\.ts:2(:\d+)?: letters: .*NaN/],
    ['gives a text', 'return "good" as never;', /^\S+letters\.reward\.ts:2(:\d+)?: letters: .*'good'/],
  ] as const)('%s', async ([, expression, error]) => {
    const steps = expression.startsWith('while') ? 1 : 2;
    const files = { ...TWO_PROMPTS, 'letters.reward.ts': failing(expression) };
    const folder = tinyWorkspace({ ...CONFIG, maxSteps: steps, numGenerations: 2 }, files);
    const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/warning: 2 of 4 completions of step 1 failed to be scored: \S+letters\.reward\.ts:\d/);
    const run = onlyRun(folder);
    const metrics = metricsOf(run);
    expect(metrics.map((row) => row['rewards/failed_ratio'])).toEqual(Array(steps).fill(0.5));
    const rows = rolloutsOf(run, 1);
    for (const row of rows.slice(0, 2)) expect(row).toMatchObject({ error: null, reward: row.completion.length });
    for (const row of rows.slice(2)) {
      expect(row).toMatchObject({ reward: null, rewards: { letters: null }, advantage: 0 });
      expect(row.error).toMatch(error);
    }
    // The mean is over the rows that have a reward: a failure is no 0.
    const scored = (rows[0]!.reward! + rows[1]!.reward!) / 2;
    expect(metrics[0]!.reward).toBeCloseTo(scored, 5);
    expect(readFileSync(join(run, 'log.txt'), 'utf8')).toContain('2 of 4 completions of step 1 failed');
  });
});

test('when every row fails, the command ends with status 1 and can be resumed when the reward is right', async () => {
  const folder = tinyWorkspace(CONFIG, {
    'letters.reward.ts': 'export function letters() {\n  throw new Error("not yet");\n}\n',
  });
  const config = join(folder, 'run.grpo.json');
  const { status, stderr } = await runGrpo('train', config);
  expect(status).toBe(1);
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
    /^failed after step 0: Every completion of step 1 failed to be scored: \S+letters\.reward\.ts:2:\d+: letters: .*not yet.* Fix the reward and continue with --resume --with-changes\.$/,
  );
  expect(stderr).not.toMatch(/^\s+at /m);
  const run = onlyRun(folder);
  expect(runInfoOf(run)).toMatchObject({ state: 'failed', step: 0, reason: expect.stringContaining('not yet') });
  // Of each attempt once: the first is a warning, the second ends the run.
  expect(readFileSync(join(run, 'log.txt'), 'utf8').match(/letters: .*not yet\..*/g)).toEqual([
    expect.stringMatching(/not yet\. Scoring them once more\.$/),
    expect.stringMatching(/not yet\. Fix the reward and continue with --resume --with-changes\.$/),
  ]);

  writeFileSync(join(folder, 'letters.reward.ts'), 'export const letters = () => Math.random();\n');
  expect((await runGrpo('train', config, '--resume', '--with-changes')).status).toBe(0);
  expect(metricsOf(run).map(({ step }) => step)).toEqual([1, 2]);
});

test('a step in which every function abstains is a warning: it teaches nothing', async () => {
  const folder = tinyWorkspace({ maxSteps: 1 }, { 'letters.reward.ts': 'export const letters = () => null;\n' });
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(status, stderr).toBe(0);
  expect(stderr).toContain('warning: No completion of step 1 has a reward: every reward function abstained.\n');
  expect(metricsOf(onlyRun(folder))[0]!.reward).toBeNull();
});

/** Each call first makes itself heard in a file, whose length then counts the calls. */
const counting = (body: string) => `
import os, time
def letters(completions, trainer_state, **kwargs):
    with open("calls.txt", "a") as calls: calls.write(".")
    count = os.path.getsize("calls.txt")
${body}
    return [float(len(c)) for c in completions]
`;

describe.skipIf(pythonMissing)('a Python reward (needs python3 on the PATH)', () => {
  test('keeps what it logs: metrics per step, columns per completion; a short column is dropped', async () => {
    const source = `
def letters(completions, log_metric, log_extra, **kwargs):
    log_metric("longest", max(map(len, completions)))
    log_extra("size", [len(c) for c in completions])
    log_extra("short", [1])
    return [float(len(c)) for c in completions]
`;
    const folder = tinyWorkspace({ maxSteps: 1, rewards: ['letters.py'] }, { 'letters.py': source });
    const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
    expect(status, stderr).toBe(0);
    const rows = rolloutsOf(onlyRun(folder), 1);
    expect(rows.map(({ extra }) => extra)).toEqual(rows.map(({ completion }) => ({ size: [...completion].length })));
    expect(metricsOf(onlyRun(folder))[0]!.longest).toBe(
      Math.max(...rows.map(({ completion }) => [...completion].length)),
    );
  });

  test.for([
    ['hangs', 'time.sleep(1000)'],
    ['loses its worker', 'os._exit(3)'],
    ['throws', 'raise ValueError("once")'],
  ])('that %s once costs nothing but time', async ([, deed]) => {
    // In the second step, on a batch only.
    const body = `    if trainer_state.global_step == 1 and len(completions) > 1: ${deed}`;
    const folder = tinyWorkspace({ ...CONFIG, rewards: ['letters.py'] }, { 'letters.py': counting(body) });
    const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
    expect(status, stderr).toBe(0);
    const run = onlyRun(folder);
    expect(metricsOf(run).map((row) => row['rewards/failed_ratio'])).toEqual([0, 0]);
    for (const row of rolloutsOf(run, 2)) expect(row).toMatchObject({ error: null, reward: row.completion.length });
    const warning = /warning: \S+letters\.py:\d+(:\d+)?: letters: the call on 8 completions failed .+ scored 8 of them/;
    expect(stderr).toMatch(warning);
    expect(readFileSync(join(run, 'log.txt'), 'utf8')).toMatch(warning);
  });

  test('that fails on one completion costs that one', async () => {
    const body = '    if 1 in kwargs["n"] and len(completions) > 1 or kwargs["n"] == [1]: raise ValueError("n is 1")';
    const files = { ...TWO_PROMPTS, 'letters.py': counting(body) };
    const folder = tinyWorkspace({ ...CONFIG, maxSteps: 1, rewards: ['letters.py'] }, files);
    const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
    expect(status, stderr).toBe(0);
    const rows = rolloutsOf(onlyRun(folder), 1);
    for (const row of rows.slice(0, 4)) expect(row).toMatchObject({ error: null, reward: row.completion.length });
    for (const row of rows.slice(4)) expect(row.error).toMatch(/letters\.py:6(:\d+)?: letters: ValueError: n is 1/);
  });

  test('that fails on every completion of a step is called once more before the run is given up', async () => {
    // The batch and each of its 8 completions: the first attempt.
    const folder = tinyWorkspace(
      { ...CONFIG, rewards: ['letters.py'] },
      { 'letters.py': counting('    if count <= 9: raise ValueError("not yet")') },
    );
    const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(
      /Every completion of step 1 failed .*letters\.py:6(:\d+)?: letters: .*not yet.* Scoring them once more\./,
    );
    expect(metricsOf(onlyRun(folder)).map((row) => row['rewards/failed_ratio'])).toEqual([0, 0]);
    // And no more than that.
    expect(readFileSync(join(folder, 'calls.txt'), 'utf8')).toHaveLength(9 + 1 + 1);
  });
});

test('what goes wrong outside any call is in the log, with its place', async () => {
  const source = `export function letters({ completion }: { completion: string }) {
  setTimeout(() => { throw new Error('in a timer'); });
  return completion.length;
}
`;
  const folder = tinyWorkspace({ maxSteps: 1 }, { 'letters.reward.ts': source });
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(status, stderr).toBe(0);
  const log = readFileSync(join(onlyRun(folder), 'log.txt'), 'utf8');
  expect(log).toMatch(/warning: \S+letters\.reward\.ts:2:28: Error: in a timer \(outside the function's own call/);
});

test('"rewardEnv" names what rewards may see of the environment', async () => {
  const source = `export const letters = ({ completion }: { completion: string }) =>
  completion.length + 1000 * Number(process.env.JUDGE_KEY) + Number(process.env.OTHER_KEY ?? 0);
`;
  const config = { maxSteps: 1, rewardEnv: ['JUDGE_KEY', 'NO_SUCH_KEY'] };
  const folder = tinyWorkspace(config, { 'letters.reward.ts': source });
  const variables = ['env', 'JUDGE_KEY=1', 'OTHER_KEY=50000'];
  const { status, stderr } = await startGrpo(['train', join(folder, 'run.grpo.json')], variables).finished;
  expect(status, stderr).toBe(0);
  for (const row of rolloutsOf(onlyRun(folder), 1)) expect(row.reward).toBe(row.completion.length + 1000);
  expect(stderr).toContain(
    'warning: The environment variable NO_SUCH_KEY, which rewards should get ("rewardEnv"), is not set.',
  );
});

test('what rewards print is kept in log.txt, and shown', async () => {
  const folder = tinyWorkspace(
    { maxSteps: 1 },
    { 'letters.reward.ts': 'export const letters = () => (console.log("looking at one"), Math.random());\n' },
  );
  const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'));
  expect(status).toBe(0);
  expect(stderr).toContain('looking at one');
  expect(readFileSync(join(onlyRun(folder), 'log.txt'), 'utf8')).toContain('info: looking at one');
});
