/** Output folders of TRL's GRPOTrainer (test/references/trl_folder.py) as runs: read at once, and while they grow. */
import { fork, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ImportedLine } from '../../../src/protocol/imported-run.ts';
import type { RescoreEvent, RescoreSummary } from '../../../src/protocol/rescore.ts';
import type { EvaluatedRow, MetricsRow, RolloutRow, RunInfo } from '../../../src/protocol/run-folder.ts';
import { GRPO, grpo, grpoJson, jsonLines, temporaryFolder } from './run-grpo.ts';

const FIXTURES = join(import.meta.dirname, '../../references/fixtures/trl-folder');
const SAMPLES = join(import.meta.dirname, '../../../sample-workspace');

const source = (name: string): string => join(FIXTURES, name);
const infoOf = (run: string): RunInfo => JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
const linesOf = <Row>(...path: string[]): Row[] => jsonLines<Row>(readFileSync(join(...path), 'utf8'));
const metricsOf = (run: string): MetricsRow[] => linesOf(run, 'metrics.jsonl');
const rolloutsOf = (run: string, step: number): RolloutRow[] =>
  linesOf(run, 'rollouts', `step-${String(step).padStart(6, '0')}.jsonl`);

async function imported(from: string, ...options: string[]): Promise<string> {
  const run = join(temporaryFolder(), 'run');
  const [line] = await grpoJson<ImportedLine>('import', from, '--out', run, ...options);
  expect(line).toMatchObject({ type: 'imported', run });
  return run;
}

/** What TRL itself says of the steps. */
const historyOf = (name: string, checkpoint: number): Record<string, number>[] =>
  JSON.parse(readFileSync(join(source(name), `checkpoint-${checkpoint}`, 'trainer_state.json'), 'utf8')).log_history;

describe('a folder with completions, states and event files', () => {
  it('has the curves that TRL logged, in full precision', async () => {
    const metrics = metricsOf(await imported(source('sort')));
    const logged = historyOf('sort', 6).filter(({ loss }) => loss !== undefined);
    expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const [index, { epoch, step, ...values }] of logged.entries()) expect(metrics[index]).toMatchObject(values);
  });

  it('has groups whose rewards and advantages are those of the log', async () => {
    const run = await imported(source('sort'));
    const metrics = metricsOf(run);
    for (const step of [1, 6]) {
      const rows = rolloutsOf(run, step);
      expect(rows.map(({ group }) => group)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
      expect(new Set(rows.filter(({ group }) => group === 0).map(({ prompt }) => prompt)).size).toBe(1);
      const mean = rows.reduce((sum, { reward }) => sum + reward!, 0) / rows.length;
      expect(mean).toBeCloseTo(metrics[step - 1]!.reward!, 6);
      expect(metrics[step - 1]!['groups/reward_std']).toBeGreaterThan(0);
      for (const group of [0, 1]) {
        const own = rows.filter((row) => row.group === group);
        expect(own.reduce((sum, { advantage }) => sum + advantage, 0)).toBeCloseTo(0, 5);
      }
      // What a reward gave log_extra is no reward.
      expect(rows[0]!.extra).toEqual({ wanted: expect.any(String) });
    }
  });

  it('has the settings that GRPOConfig had, and says what is missing', async () => {
    const { config, state, step, imported, name } = infoOf(await imported_('sort'));
    expect(config).toMatchObject({ numGenerations: 4, promptsPerStep: 2, maxSteps: 6, learningRate: 1e-4, seed: 7 });
    expect(config).toMatchObject({ lossType: 'dapo', lrSchedulerType: 'linear', maxCompletionLength: 12 });
    expect({ state, step, name }).toEqual({ state: 'done', step: 6, name: 'sort' });
    expect(imported!.missing.join('\n')).toMatch(/GRPOLabCallback\(\).*\n.*--config RUN\.grpo\.json/);
  });
  const imported_ = (name: string) => imported(source(name));

  it('is scored again with the rewards of a run config, to the same rewards', async () => {
    const run = await imported(source('sort'), '--config', join(SAMPLES, 'sort.grpo.json'));
    expect(rolloutsOf(run, 1)[0]!.columns).toEqual({ numbers: expect.any(Array) });
    const events = await grpoJson<RescoreEvent>('rescore', run);
    const summary = events.at(-1) as RescoreSummary;
    expect(summary).toMatchObject({ steps: 6, completions: 48, failed: 0, changed: 0 });
    expect(summary.reward.new).toBeCloseTo(summary.reward.old!, 6);
  });

  it('without one, says where reward files are to be named', async () => {
    const run = await imported(source('sort'));
    const { status, stderr } = await grpo(['rescore', run]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/rescore\.grpo\.json:\d+:\d+: "rewards" is empty; add a reward function/);
    const reward = join(dirname(run), 'length.reward.ts');
    writeFileSync(reward, 'export const length = ({ completion }: { completion: string }) => completion.length;\n');
    const config = join(run, 'rescore.grpo.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"rewards": []', '"rewards": ["../length.reward.ts"]'));
    const scored = (await grpoJson<RescoreEvent>('rescore', run)).at(-1) as RescoreSummary;
    expect(scored).toMatchObject({ completions: 48, failed: 0 });
    // Reading the folder again keeps what the user has written.
    await grpoJson('import', source('sort'), '--out', run);
    expect(readFileSync(config, 'utf8')).toContain('length.reward.ts');
  });

  it('is explained without lengths, reported, exported, and not resumed', async () => {
    const run = await imported(source('sort'));
    const explained = await grpo(['explain', run, '--step', '1', '--group', '0']);
    expect(explained.stdout).toContain('How many tokens the completions have was not recorded');
    const page = join(dirname(run), 'report.html');
    expect(await grpo(['report', run, '--out', page])).toMatchObject({ status: 0 });
    const rows = join(dirname(run), 'rows.jsonl');
    expect(await grpo(['records', run, '--completions', rows])).toMatchObject({ status: 0 });
    expect(linesOf(rows)).toHaveLength(48);
    const resumed = await grpo(['train', join(SAMPLES, 'sort.grpo.json'), '--resume', '--out', run]);
    expect(resumed).toMatchObject({ status: 2, stderr: expect.stringContaining('TRL trained this run in') });
  });
});

it('messages become prompts and texts, and reward_weights the weights', async () => {
  const run = await imported(source('chat'));
  const [row] = rolloutsOf(run, 1);
  expect(row!.prompt).toEqual([{ role: 'user', content: expect.stringMatching(/^Sort/) }]);
  expect(row!.completion).toMatch(/^[\d ]*$/);
  expect(infoOf(run).rewards).toMatchObject([
    { name: 'inclusion', weight: 2 },
    { name: 'ordering', weight: 0.5 },
  ]);
  for (const { step, reward } of metricsOf(run)) {
    const rows = rolloutsOf(run, step);
    expect(rows.reduce((sum, each) => sum + each.reward!, 0) / rows.length).toBeCloseTo(reward!, 6);
  }
});

it('what TRL logs of evaluations is held-out, and a batch that two updates share is one', async () => {
  const run = await imported(source('evaluated'));
  // With num_iterations 2, steps 2 and 4 train on the completions of 1 and 3; both are evaluated.
  expect(readdirSync(join(run, 'rollouts')).sort()).toEqual(['step-000001.jsonl', 'step-000003.jsonl']);
  const evaluations = readdirSync(join(run, 'evaluations')).sort();
  expect(evaluations).toEqual(['step-000002.jsonl', 'step-000004.jsonl']);
  for (const [index, step] of [2, 4].entries()) {
    const rows = linesOf<EvaluatedRow>(run, 'evaluations', evaluations[index]!);
    const mean = rows.reduce((sum, { reward }) => sum + reward!, 0) / rows.length;
    expect(mean).toBeCloseTo(metricsOf(run).find((row) => row.step === step)!.eval_reward!, 6);
  }
});

it('without a log, tells rewards and groups from the completions alone', async () => {
  const from = join(temporaryFolder(), 'output');
  cpSync(join(source('sort'), 'completions'), join(from, 'completions'), { recursive: true });
  const run = await imported(from);
  const { config, rewards, imported: told, state } = infoOf(run);
  expect(config).toMatchObject({ numGenerations: 4, promptsPerStep: 2 });
  expect(rewards!.map(({ name }) => name)).toEqual(['inclusion', 'ordering']);
  const [first] = historyOf('sort', 6);
  expect(metricsOf(run)[0]!.reward).toBeCloseTo(first!.reward!, 6);
  expect(told!.missing.join('\n')).toContain('report_to=["tensorboard"]');
  // Nobody knows whether there is more to come.
  expect(state).toBe('stopped');
});

it('is brought up to date where the training was started again', async () => {
  const from = join(temporaryFolder(), 'output');
  cpSync(source('sort'), from, { recursive: true });
  const run = await imported(from);
  rmSync(from, { recursive: true });
  cpSync(source('evaluated'), from, { recursive: true });
  await grpoJson('import', from, '--out', run);
  expect(readdirSync(join(run, 'rollouts')).sort()).toEqual(['step-000001.jsonl', 'step-000003.jsonl']);
  expect(metricsOf(run)).toHaveLength(4);
  expect(infoOf(run)).toMatchObject({ step: 4, config: { maxSteps: 4, numIterations: 2 } });
});

it('a damaged file takes nothing from the others', async () => {
  const from = join(temporaryFolder(), 'output');
  cpSync(source('sort'), from, { recursive: true });
  writeFileSync(join(from, 'completions/completions_00002.parquet'), 'no Parquet');
  const run = await imported(from);
  expect(infoOf(run).imported!.missing[0]).toContain('completions_00002.parquet');
  expect(readdirSync(join(run, 'rollouts'))).toHaveLength(5);
  expect(metricsOf(run)).toHaveLength(6);
});

it('without completions, has the curves and says how to get them', async () => {
  const from = join(temporaryFolder(), 'output');
  cpSync(join(source('sort'), 'checkpoint-6'), join(from, 'checkpoint-6'), { recursive: true });
  const { imported: told, step, state } = infoOf(await imported(from));
  expect({ step, state }).toEqual({ step: 6, state: 'done' });
  expect(told!.missing[0]).toContain('log_completions=True');
});

it('reads on while TRL writes', async () => {
  const folder = temporaryFolder();
  const from = join(folder, 'output');
  const run = join(folder, 'run');
  const add = (name: string) => cpSync(join(source('sort'), name), join(from, name), { recursive: true });
  mkdirSync(join(from, 'completions'), { recursive: true });
  add('completions/completions_00001.parquet');
  const child = spawn(process.execPath, [GRPO, 'import', from, '--out', run, '--follow'], { stdio: 'pipe' });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(() => void child.kill());
  await until(() => existsSync(join(run, 'rollouts/step-000001.jsonl')) && infoOf(run).step === 1);
  expect(infoOf(run).state).toBe('running');
  // While it is followed, nobody else writes it.
  const second = await grpo(['import', from, '--out', run]);
  expect(second).toMatchObject({ status: 1, stderr: expect.stringContaining('Another trainer') });
  // One that is being written is read when it is whole.
  const whole = readFileSync(join(source('sort'), 'completions/completions_00002.parquet'));
  const growing = join(from, 'completions/completions_00002.parquet');
  writeFileSync(growing, whole.subarray(0, 1000));
  add('completions/completions_00003.parquet');
  await until(() => existsSync(join(run, 'rollouts/step-000003.jsonl')));
  expect(existsSync(join(run, 'rollouts/step-000002.jsonl'))).toBe(false);
  writeFileSync(growing, whole);
  await until(() => existsSync(join(run, 'rollouts/step-000002.jsonl')));
  add('checkpoint-4');
  await until(() => metricsOf(run)[0]!.loss !== undefined);
  await until(() => infoOf(run).config.maxSteps === 6);
  expect(infoOf(run).state).toBe('running');
  for (const step of [4, 5, 6]) add(`completions/completions_0000${step}.parquet`);
  add('checkpoint-6');
  // The last checkpoint says that it is done.
  expect(await ended).toBe(0);
  expect(infoOf(run)).toMatchObject({ state: 'done', step: 6 });
  expect(existsSync(join(run, 'trainer.lock'))).toBe(false);
});

async function until(holds: () => boolean): Promise<void> {
  for (;;) {
    try {
      if (holds()) return;
    } catch {
      // Not there yet.
    }
    await sleep(50);
  }
}

describe('what is no such folder', () => {
  it.each([
    ['an empty one', () => {}, /has neither a run nor what TRL's GRPOTrainer writes/],
    [
      'that of another training',
      (folder: string) =>
        writeFileSync(
          join(folder, 'trainer_state.json'),
          JSON.stringify({ max_steps: 1, global_step: 1, log_history: [{ step: 1, loss: 2 }] }),
        ),
      /was not trained with GRPO: its log has no rewards/,
    ],
  ])('%s is refused in one sentence', async (_, fill, message) => {
    const folder = temporaryFolder();
    fill(folder);
    const out = join(temporaryFolder(), 'run');
    const { status, stderr } = await grpo(['import', folder, '--out', out]);
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 2, lines: 1 });
    expect(stderr).toMatch(message);
  });

  it('is refused just so where the editor listens', async () => {
    const child = fork(GRPO, ['import', temporaryFolder(), '--follow', '--json'], { stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const problem = new Promise((resolve) => child.once('message', resolve));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    expect(await problem).toMatchObject({ problem: { message: expect.stringContaining('has neither a run nor') } });
    expect(await ended).toBe(2);
  });

  it("nor is another training's run folder written over", async () => {
    const run = await imported(source('sort'));
    const { status, stderr } = await grpo(['import', source('chat'), '--out', run]);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('name another folder') });
  });
});
