/** The callback in a user's own script, with the real TRL: what the run folder says. */
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { computeAdvantages } from '../../../src/grpo/advantages.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { MetricsRow } from '../../../src/protocol/run-folder.ts';
import { readMetrics } from '../../../src/run-folder/metrics.ts';
import { RunReader } from '../../../src/run-folder/read-run.ts';
import { readRollouts, recordedSteps } from '../../../src/run-folder/rollouts.ts';
import { readRunInfo } from '../../../src/run-folder/run-info.ts';
import { grpo } from '../cli/run-grpo.ts';
import { ROOT, recordedRun, runWarmPython, SAMPLES, temporaryFolder, trlMissing } from './python.ts';

const SCRIPT = join(ROOT, 'test/references/trl_own_script.py');
const train = (folder: string, name: string) =>
  runWarmPython([SCRIPT, join(SAMPLES, 'models/tiny-sort'), name], folder);

async function trained(name: string): Promise<{ folder: string; run: string; metrics: MetricsRow[] }> {
  const folder = temporaryFolder();
  const { status, stderr } = await train(folder, name);
  expect(status, stderr.slice(-3000)).toBe(0);
  const run = recordedRun(folder);
  return { folder, run, metrics: readMetrics(run) };
}

describe.skipIf(trlMissing)('the callback in a script of TRL', () => {
  test('a step is a batch of rollouts, however many updates there are on it', async () => {
    const { run, metrics } = await trained('iterations');
    const info = readRunInfo(run);
    expect(info).toMatchObject({ state: 'done', step: 2, seed: 42, device: 'cpu', reason: null });
    expect(info.rewards!.map(({ name, weight }) => [name, weight])).toEqual([
      ['inclusion', 1],
      ['brief', 0.5],
    ]);
    const config = runConfigSchema.parse(info.config);
    expect(config).toMatchObject({ promptsPerStep: 2, numGenerations: 4, numIterations: 2, maxSteps: 2 });
    expect(metrics.map(({ step }) => step)).toEqual([1, 2]);
    expect(existsSync(join(run, 'trainer.lock'))).toBe(false);

    expect(recordedSteps(run)).toEqual([1, 2]);
    for (const step of [1, 2]) {
      const rows = readRollouts(run, step)!;
      expect(rows.map(({ group }) => group)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
      const scores = rows.map(({ rewards }) => [rewards.inclusion!, rewards.brief!]);
      const { advantages, rewards } = computeAdvantages(scores, [1, 0.5], 4, config);
      rows.forEach((row, i) => {
        expect(row.advantage).toBeCloseTo(advantages[i]!, 4);
        expect(row.reward!).toBeCloseTo(rewards[i]!, 6);
        expect(row.columns).toEqual({ numbers: row.prompt.toString().match(/\d/g)!.map(Number) });
        expect(row.logprobs).toHaveLength(row.completion_ids.length);
      });
      const row = metrics[step - 1]!;
      expect(row.reward).toBeCloseTo(rewards.reduce<number>((sum, reward) => sum + reward!, 0) / 8, 6);
      for (const key of ['loss', 'grad_norm', 'entropy', 'clip_ratio/low_mean', 'num_tokens', 'shortest', 'step_time'])
        expect(row[key], key).toEqual(expect.any(Number));
    }
    // The other one is the script's own, which a rescore would start again.
    const rescored = await grpo(['rescore', run, '--json']);
    expect(rescored.status, rescored.stderr).toBe(0);
    const summary = JSON.parse(rescored.stdout.trim().split('\n').at(-1)!);
    expect(summary).toMatchObject({ type: 'summary', steps: 2, failed: 0 });
    const explained = await grpo(['explain', run]);
    expect(explained.stdout).toContain('R = inclusion + 0.5 × brief');
  });

  test('several batches of an update are one step', async () => {
    const { run, metrics } = await trained('accumulation');
    expect(metrics.map(({ step }) => step)).toEqual([1, 2]);
    const groups = (step: number) => [...new Set(readRollouts(run, step)!.map(({ group }) => group))];
    // Six prompts, two in a batch: the epoch ends with one batch for the second update.
    expect([groups(1), groups(2)]).toEqual([
      [0, 1, 2, 3],
      [0, 1],
    ]);
  });

  test('of a trainer with other methods, metrics are recorded, and the log says what is not', async () => {
    const { run, metrics } = await trained('other-trl');
    expect(metrics.map(({ step, reward }) => [step, typeof reward])).toEqual([1, 2, 3].map((step) => [step, 'number']));
    expect(readFileSync(join(run, 'log.txt'), 'utf8')).toContain(
      'its trainer has no _sample_and_score. Only metrics are recorded, no completions.',
    );
  });

  test('an exception is why the run failed', async () => {
    const folder = temporaryFolder();
    expect((await train(folder, 'raises')).status).toBe(1);
    const run = recordedRun(folder);
    expect(readRunInfo(run)).toMatchObject({ state: 'failed', reason: 'ValueError: the judge is away', step: 1 });
    expect(readFileSync(join(run, 'log.txt'), 'utf8')).toMatch(
      / failed after step 1: ValueError: the judge is away\n$/,
    );
  });

  test.skipIf(process.platform === 'win32')('a script that was killed is shown as interrupted', async () => {
    const folder = temporaryFolder();
    expect((await train(folder, 'killed')).status).toBe(-constants.signals.SIGKILL);
    const run = recordedRun(folder);
    expect(readMetrics(run).map(({ step }) => step)).toEqual([1]);
    expect((await new RunReader().read(run, false))!.status).toBe('interrupted');
  });

  test('a run that resumes goes on in its folder', async () => {
    const { folder, run } = await trained('resumes');
    expect(readRunInfo(run)).toMatchObject({ state: 'done', step: 2 });
    const { status, stderr } = await train(folder, 'resumes');
    expect(status, stderr.slice(-3000)).toBe(0);
    expect(recordedRun(folder)).toBe(run);
    expect(readMetrics(run).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(readRunInfo(run)).toMatchObject({ state: 'done', step: 4 });
    expect(readFileSync(join(run, 'log.txt'), 'utf8')).toContain('resumed after step 2 on cpu');
  });
});
