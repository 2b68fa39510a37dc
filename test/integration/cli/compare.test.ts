/** `grpo compare` as a user runs it: stopped and killed half-way, and continued; its table is that of uninterrupted runs. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { processNumbers } from '../../../src/processes/linux.ts';
import {
  type ExperimentLine,
  type ExperimentResults,
  experimentLine,
} from '../../../src/protocol/experiment-results.ts';
import { metricsOf, runGrpo, runInfoOf, startGrpo, timeless, tinyWorkspace } from '../training/workspace.ts';

const experiment = { base: 'run.grpo.json', vary: { learningRate: [1e-3, 1e-2] }, seeds: [1, 2] };

/** A workspace with an experiment of two settings and two seeds. */
function experimentFolder(more: object = {}, config: object = {}, files: Record<string, string | object> = {}): string {
  return tinyWorkspace(config, { 'tiny.experiment.json': { ...experiment, ...more }, ...files });
}
const fileOf = (folder: string): string => join(folder, 'tiny.experiment.json');
const runsOf = (folder: string): string[] => {
  const place = join(folder, '.grpo/runs');
  return existsSync(place) ? readdirSync(place).sort() : [];
};

const linesOf = (stdout: string): ExperimentLine[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => experimentLine.parse(JSON.parse(line)));

/** The results of a command, and the runs that it trained. */
async function compare(folder: string, ...more: string[]) {
  const { status, stdout, stderr } = await runGrpo('compare', fileOf(folder), '--json', ...more);
  const lines = linesOf(stdout);
  const trained = lines.filter((line) => line.type === 'run');
  return { status, stderr, trained, results: lines.at(-1) as ExperimentResults };
}

/** What runs measured, without times and paths. */
const measured = ({ settings }: ExperimentResults) =>
  settings.map(({ label, mean, deviation, runs }) => ({
    ...{ label, mean, deviation },
    metrics: runs.map(({ folder }) => metricsOf(folder!).map(timeless)),
  }));

/** Waits until some run of the experiment has taken a step, and is not done. */
async function untilStep(folder: string): Promise<string> {
  for (;;) {
    for (const name of runsOf(folder)) {
      const run = join(folder, '.grpo/runs', name);
      const steps = existsSync(join(run, 'metrics.jsonl')) ? readFileSync(join(run, 'metrics.jsonl'), 'utf8') : '';
      if (steps.includes('\n') && runInfoOf(run).state === 'running') return run;
    }
    await sleep(10);
  }
}

describe('grpo compare', () => {
  test('is stopped half-way and killed half-way, and comes to the same as without', async () => {
    // Steps take long enough for a signal to arrive in the middle of a run.
    const slow = `export async function letters({ completion }: { completion: string }) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return [...completion].filter((letter) => letter <= 'n').length;
}`;
    const make = () => experimentFolder({}, { maxSteps: 12, saveSteps: 1 }, { 'letters.reward.ts': slow });
    const whole = make();
    const expected = await compare(whole, '--jobs', '2');
    expect(expected).toMatchObject({ status: 0, stderr: '' });
    expect(expected.trained.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done', 'done']);
    expect(expected.results.settings.map(({ label, done }) => [label, done])).toEqual([
      ['lr 1e-3', 2],
      ['lr 0.01', 2],
    ]);

    const folder = make();
    const first = startGrpo(['compare', fileOf(folder), '--json']);
    const stopped = await untilStep(folder);
    if (platform() === 'win32') return;
    first.child.kill('SIGINT');
    const { status, stdout } = await first.finished;
    expect(status).toBe(130);
    expect(linesOf(stdout)[0]).toMatchObject({ type: 'run', outcome: 'stopped', folder: stopped });
    expect(runInfoOf(stopped).state).toBe('stopped');
    expect(runsOf(folder)).toHaveLength(1);

    const second = startGrpo(['compare', fileOf(folder), '--json']);
    const orphan = await untilStep(folder);
    second.child.kill('SIGKILL');
    await second.finished;
    // What it trained hears that it is gone, and stops with a checkpoint.
    while (existsSync(join(orphan, 'trainer.lock'))) await sleep(20);

    const { results, trained, ...last } = await compare(folder, '--jobs', '2');
    expect(last).toEqual({ status: 0, stderr: '' });
    expect(trained.length).toBeLessThanOrEqual(4);
    expect(measured(results)).toEqual(measured(expected.results));
    expect(runsOf(folder)).toHaveLength(4);

    // Nothing is left to train: the table comes from the run folders alone.
    expect(await compare(folder)).toMatchObject({ status: 0, trained: [], results: { settings: results.settings } });
  });

  test('trains only what was added, and again what was changed', async () => {
    const folder = experimentFolder({ seeds: [1] });
    expect((await compare(folder)).trained).toHaveLength(2);
    const edited = { ...experiment, seeds: [1], vary: { learningRate: [1e-3, 1e-2, 1e-1] } };
    writeFileSync(fileOf(folder), JSON.stringify(edited));
    expect((await compare(folder)).trained.map(({ setting }) => setting)).toEqual(['lr 0.1']);
    const reward = join(folder, 'letters.reward.ts');
    writeFileSync(reward, readFileSync(reward, 'utf8').replace("<= 'n'", "<= 'm'"));
    const tableOnly = await compare(folder, '--table-only');
    expect(tableOnly.trained).toEqual([]);
    expect(tableOnly.results.settings.map(({ done, mean }) => [done, mean])).toEqual(Array(3).fill([0, null]));
    expect((await compare(folder)).trained).toHaveLength(3);
    expect(runsOf(folder)).toHaveLength(6);
  });

  test('has the metrics that the experiment names', async () => {
    const metrics = { tokens: 'completions/mean_length', typo: 'completions/mean_lenght' };
    const folder = experimentFolder({ metrics });
    const { results } = await compare(folder);
    for (const { runs, metrics } of results.settings) {
      const tokens = runs.map(({ folder }) =>
        metricsOf(folder!).map((row) => row['completions/mean_length'] as number),
      );
      const [first, second] = tokens.map((steps) => steps.reduce((sum, each) => sum + each, 0) / steps.length);
      expect(runs.map(({ metrics }) => metrics.tokens)).toEqual([first, second].map((each) => expect.closeTo(each!)));
      expect(metrics.tokens).toEqual({
        mean: expect.closeTo((first! + second!) / 2),
        deviation: expect.closeTo(Math.abs(first! - second!) / Math.SQRT2),
      });
      expect(metrics.typo).toEqual({ mean: null, deviation: null });
    }
    // A column of the table alone: nothing is trained again for it.
    const { status, stdout, stderr } = await runGrpo('compare', fileOf(folder));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/best +tokens +typo\n/);
    expect(stdout).toContain('The runs have no metric "completions/mean_lenght" (column "typo")');
  });

  test('names a run that fails, and trains the others', async () => {
    const fails = "export function fails() { throw new Error('not today'); }";
    const vary = { rewards: [['letters.reward.ts'], ['fails.reward.ts']] };
    const folder = experimentFolder({ vary }, {}, { 'fails.reward.ts': fails });
    const { status, stdout, stderr } = await runGrpo('compare', fileOf(folder));
    expect(status).toBe(1);
    expect(stderr).toMatch(/rewards fails\.reward\.ts · seed 1: failed: Every completion of step 1 failed/);
    expect(stdout).toMatch(/rewards letters\.reward\.ts +2\/2 +\d\.\d\d ± \d\.\d\d/);
    expect(stdout).toMatch(/rewards fails\.reward\.ts +0\/2 +– +–/);
    expect(stdout.match(/not today/g)).toHaveLength(1);
    expect(stdout).toMatch(/Failed: rewards fails\.reward\.ts · seed 1; rewards fails\.reward\.ts · seed 2: Every/);
  });

  test('refuses to train beside another trainer of the same runs', async () => {
    const folder = experimentFolder({}, { maxSteps: 100_000 });
    const first = startGrpo(['compare', fileOf(folder), '--json']);
    const run = await untilStep(folder);
    const { status, stderr } = await runGrpo('compare', fileOf(folder));
    expect(status).toBe(1);
    expect(stderr).toBe(`A run of this experiment is being trained already (${run}): wait for it, or stop it first.\n`);
    first.child.kill('SIGTERM');
    expect((await first.finished).status).toBe(130);
  });

  test.runIf(platform() === 'linux')('a second Ctrl-C leaves no process behind', async () => {
    const folder = experimentFolder({}, { maxSteps: 100_000 });
    const { child, finished } = startGrpo(['compare', fileOf(folder), '--jobs', '2']);
    await untilStep(folder);
    child.kill('SIGINT');
    child.kill('SIGINT');
    await finished;
    const left = processNumbers().filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
    expect(left).toEqual([]);
  });

  test('shows what runs with stages came to after each, and knows them again', async () => {
    const twice = 'export const twice = ({ completion }: { completion: string }) => 2 * completion.length;';
    const demonstrations = [{ prompt: '3 1 0 2', completion: ' 0' }];
    const sft = { kind: 'sft', name: 'cold start', dataset: 'demonstrations.jsonl', maxSteps: 2 };
    const rejection = {
      kind: 'rejection',
      maxSteps: 1,
      numGenerations: 8,
      best: 2,
      mix: { dataset: 'demonstrations.jsonl' },
    };
    const recipes = {
      both: { stages: [sft, { kind: 'grpo', maxSteps: 1, rewards: ['twice.reward.ts'] }, rejection] },
      one: { stages: [{ kind: 'grpo', maxSteps: 2 }] },
    };
    const folder = experimentFolder(
      { vary: { recipe: recipes } },
      {
        model: join(process.cwd(), 'sample-workspace/models/tiny-sort'),
        evalDataset: 'prompts.jsonl',
        maxCompletionLength: 32,
      },
      { 'twice.reward.ts': twice, 'demonstrations.jsonl': demonstrations },
    );
    const { trained, results } = await compare(folder);
    expect(trained.map(({ outcome, error }) => error ?? outcome)).toEqual(Array(4).fill('done'));
    const [both, one] = results.settings;
    expect(both!.stages.map(({ name, step }) => [name, step])).toEqual([
      [null, 0],
      ['cold start', 2],
      ['grpo', 3],
    ]);
    expect(one!.stages.map(({ step }) => step)).toEqual([0, 2]);
    // What is held out is scored with the rewards of the run, whichever a stage learns from.
    const evaluated = (step: number) =>
      both!.runs.map((run) => metricsOf(run.folder!).find((row) => row.step === step)!['eval_rewards/letters/mean']!);
    for (const { step, reward, rewards } of both!.stages) {
      const [a, b] = evaluated(step) as [number, number];
      expect(reward).toEqual({ mean: (a + b) / 2, low: Math.min(a, b), high: Math.max(a, b) });
      expect(rewards).toEqual({ letters: reward });
    }

    const again = await runGrpo('compare', fileOf(folder));
    expect(again.stderr).toBe('');
    expect(runsOf(folder)).toHaveLength(4);
    const words = again.stdout.replaceAll(/ +/g, ' ');
    expect(words).toMatch(/setting after held-out reward letters\n both before training \d/);
    expect(words).toMatch(/\n cold start \d\S+ \(\d\S+ – \d\S+\) \d/);
    expect(words).toMatch(/\n one before training \d/);
    expect(readFileSync(results.page, 'utf8')).toContain('<td>cold start</td>');
  });

  test('writes a page and pictures of its curves, where it is told to', async () => {
    const folder = experimentFolder({ seeds: [1, 2, 3] });
    const out = join(folder, 'figures');
    const { results } = await compare(folder, '--jobs', '2', '--out', out);
    expect(results.page).toBe(join(out, 'report.html'));
    const page = readFileSync(results.page, 'utf8');
    expect(page).toContain('2 settings of run.grpo.json; 6 of 6 runs are done.');
    expect(page.match(/class="band/g)!.length).toBeGreaterThanOrEqual(2);
    const picture = readFileSync(join(out, 'reward.svg'), 'utf8');
    expect(picture).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(picture.match(/<path class="line c[01]" d="M/g)).toHaveLength(4);
    // Only the run config's own latest run is resumed without a name.
    const { status, stderr } = await runGrpo('train', join(folder, 'run.grpo.json'), '--resume');
    expect(status).toBe(2);
    expect(stderr).toContain('There is no run of run.grpo.json to resume');
  });
});
