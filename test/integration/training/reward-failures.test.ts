/** Rewards that throw, hang or give no number, in `grpo train`: typed failures on their rows, and the run goes on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { metricsOf, onlyRun, rolloutsOf, runGrpo, runInfoOf, tinyWorkspace } from './workspace.ts';

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
    /^Every completion of step 1 failed to be scored: \S+letters\.reward\.ts:2:\d+: letters: .*not yet.* Fix the reward and continue with --resume --with-changes\.$/,
  );
  expect(stderr).not.toMatch(/^\s+at /m);
  const run = onlyRun(folder);
  expect(runInfoOf(run)).toMatchObject({ state: 'failed', step: 0, reason: expect.stringContaining('not yet') });

  writeFileSync(join(folder, 'letters.reward.ts'), 'export const letters = () => Math.random();\n');
  expect((await runGrpo('train', config, '--resume', '--with-changes')).status).toBe(0);
  expect(metricsOf(run).map(({ step }) => step)).toEqual([1, 2]);
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
