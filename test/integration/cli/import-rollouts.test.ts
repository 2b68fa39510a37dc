/** Rollout files of verl and prime-rl (test/references/verl_folder.py, prime_rl_folder.py) as runs. */
import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ImportedLine } from '../../../src/protocol/imported-run.ts';
import type { RescoreEvent, RescoreSummary } from '../../../src/protocol/rescore.ts';
import type { EvaluatedRow, MetricsRow, RolloutRow, RunInfo } from '../../../src/protocol/run-folder.ts';
import { stepName } from '../../../src/protocol/run-folder.ts';
import { GRPO, grpo, grpoJson, jsonLines, temporaryFolder } from './run-grpo.ts';

const FIXTURES = join(import.meta.dirname, '../../references/fixtures');
const SORT = join(import.meta.dirname, '../../../sample-workspace/sort.grpo.json');
const VERL = join(FIXTURES, 'verl-folder');
const PRIME_RL = join(FIXTURES, 'prime-rl-folder');

const infoOf = (run: string): RunInfo => JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
const linesOf = <Row>(...path: string[]): Row[] => jsonLines<Row>(readFileSync(join(...path), 'utf8'));
const metricsOf = (run: string): MetricsRow[] => linesOf(run, 'metrics.jsonl');
const rolloutsOf = (run: string, step: number): RolloutRow[] => linesOf(run, 'rollouts', `${stepName(step)}.jsonl`);

async function imported(from: string, ...options: string[]): Promise<string> {
  const run = join(temporaryFolder(), 'run');
  const [line] = await grpoJson<ImportedLine>('import', from, '--out', run, ...options);
  expect(line).toMatchObject({ type: 'imported', run, step: 3, done: false });
  return run;
}

async function rescored(run: string): Promise<RescoreSummary> {
  return (await grpoJson<RescoreEvent>('rescore', run)).at(-1) as RescoreSummary;
}

const dumped = (...path: string[]) => linesOf<Record<string, unknown>>(VERL, ...path);

describe('what verl dumps', () => {
  it('becomes groups again, with scores by name and the expected answer', async () => {
    const run = await imported(join(VERL, 'sort'));
    for (const step of [1, 2, 3]) {
      const rows = rolloutsOf(run, step);
      expect(rows.map(({ group }) => group)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
      for (const group of [0, 1]) {
        const own = rows.filter((row) => row.group === group);
        expect(new Set(own.map(({ prompt }) => prompt)).size).toBe(1);
        expect(own.reduce((sum, { advantage }) => sum + advantage, 0)).toBeCloseTo(0, 9);
      }
      const lines = dumped('sort/rollouts', `${step}.jsonl`);
      // The dump has them as the processes were balanced.
      expect(lines.map(({ input }) => input)).not.toEqual(rows.map(({ prompt }) => prompt));
      const told = ({ prompt, completion, rewards, columns, extra }: RolloutRow) =>
        JSON.stringify([prompt, completion, rewards.score, rewards.acc === 1, columns!.gts, extra!.pred]);
      const wrote = ({ input, output, score, acc, gts, pred }: Record<string, unknown>) =>
        JSON.stringify([input, output, score, acc, gts, pred]);
      expect(rows.map(told).sort()).toEqual(lines.map(wrote).sort());
    }
    const { rewards, config, imported: from, state } = infoOf(run);
    expect(rewards).toMatchObject([
      { name: 'score', weight: 1 },
      { name: 'acc', weight: 0 },
    ]);
    expect(config).toMatchObject({ numGenerations: 4, promptsPerStep: 2, maxSteps: 3 });
    expect(from).toMatchObject({ from: 'verl', folder: join(VERL, 'sort') });
    expect(from!.missing.join('\n')).toMatch(
      /no token ids, lengths, advantages or settings.*\n.*--config RUN\.grpo\.json/,
    );
    // Nothing says how many steps there will be.
    expect(state).toBe('stopped');
  });

  it('has the curves of the file logger, and held-out results of the validation', async () => {
    const run = await imported(join(VERL, 'sort'));
    const logged = linesOf<{ step: number; data: Record<string, number> }>(VERL, 'sort/metrics/sorting/sort.jsonl');
    const metrics = metricsOf(run);
    expect(metrics.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    for (const { step, data } of logged)
      expect(metrics[step]).toMatchObject({
        reward: data['critic/score/mean'],
        loss: data['actor/pg_loss'],
        entropy: data['actor/entropy'],
        learning_rate: data['actor/lr'],
        'perf/throughput': data['perf/throughput'],
      });
    expect(metrics[1]!['rewards/acc/mean']).toBe(
      dumped('sort/rollouts/1.jsonl').filter(({ acc }) => acc === true).length / 8,
    );
    expect(readdirSync(join(run, 'evaluations')).sort()).toEqual(['step-000000.jsonl', 'step-000002.jsonl']);
    for (const step of [0, 2]) {
      const scores = dumped('sort/validation', `${step}.jsonl`).map(({ score }) => score as number);
      expect(metrics[step]!.eval_reward).toBeCloseTo((scores[0]! + scores[1]!) / 2, 12);
      const rows = linesOf<EvaluatedRow>(run, 'evaluations', `${stepName(step)}.jsonl`);
      expect(rows.map(({ group }) => group).sort()).toEqual([0, 1]);
    }
  });

  it('has the curves that TensorBoard was told', async () => {
    const [first, , third] = metricsOf(await imported(join(VERL, 'by-uid')));
    expect(first!.loss).toBeCloseTo(0.01, 8);
    expect(third).toMatchObject({ step: 3, entropy: 0.75, 'completions/mean_length': 7.5, 'perf/throughput': 1234.5 });
    expect(third).not.toHaveProperty('training/global_step');
  });

  it("is scored again with one's own rewards, the dataset's columns found in the rendered prompts", async () => {
    const run = await imported(join(VERL, 'sort'), '--config', SORT);
    const [row] = rolloutsOf(run, 1);
    const [, numbers] = /Sort ([\d ]+):/.exec(row!.prompt as string)!;
    expect(row!.columns).toEqual({ numbers: numbers!.split(' ').map(Number), gts: expect.any(String) });
    expect(infoOf(run).imported!.missing.join()).not.toMatch(/are not in|--config/);
    expect(await rescored(run)).toMatchObject({ steps: 3, completions: 24, failed: 0 });
  });

  it('is scored with gts alone', async () => {
    const run = await imported(join(VERL, 'by-uid'));
    writeFileSync(
      join(run, 'equal.reward.ts'),
      'export const score = ({ completion, gts }: { completion: string; gts: string }) => {\n  const wanted = gts.split(" ");\n  return completion.split(" ").filter((word, place) => word === wanted[place]).length / wanted.length;\n};\n',
    );
    const config = join(run, 'rescore.grpo.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"rewards": []', '"rewards": ["equal.reward.ts"]'));
    // The same rule as the dump's.
    expect(await rescored(run)).toMatchObject({ completions: 24, failed: 0, changed: 0 });
  });

  it('of a rollout_data_dir alone says how to get the rest', async () => {
    const run = await imported(join(VERL, 'sort/rollouts'));
    const missing = infoOf(run).imported!.missing.join('\n');
    expect(missing).toContain('trainer.validation_data_dir=');
    expect(missing).toContain('add "file" to trainer.logger');
  });

  it('takes no curves of which it is not sure', async () => {
    const from = join(temporaryFolder(), 'sorting');
    cpSync(join(VERL, 'sort'), from, { recursive: true });
    cpSync(join(from, 'metrics/sorting/sort.jsonl'), join(from, 'metrics/sorting/other.jsonl'));
    const run = await imported(from);
    expect(metricsOf(run)[1]).not.toHaveProperty('loss');
    expect(infoOf(run).imported!.missing[0]).toMatch(/Which metrics are those of this training.*other\.jsonl/);
  });

  it('is read on while it is written, a line when it is whole', async () => {
    const from = join(temporaryFolder(), 'sorting');
    const run = join(temporaryFolder(), 'run');
    mkdirSync(join(from, 'rollouts'), { recursive: true });
    cpSync(join(VERL, 'sort/rollouts/1.jsonl'), join(from, 'rollouts/1.jsonl'));
    const child = spawn(process.execPath, [GRPO, 'import', from, '--out', run, '--follow'], { stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    onTestFinished(() => void child.kill('SIGKILL'));
    await until(() => infoOf(run).step === 1);
    const second = readFileSync(join(VERL, 'sort/rollouts/2.jsonl'), 'utf8');
    const cut = second.indexOf('\n') + 40;
    writeFileSync(join(from, 'rollouts/2.jsonl'), second.slice(0, cut));
    await until(() => rolloutsOf(run, 2).length === 1);
    expect(infoOf(run).state).toBe('running');
    appendFileSync(join(from, 'rollouts/2.jsonl'), second.slice(cut));
    cpSync(join(VERL, 'sort/validation'), join(from, 'validation'), { recursive: true });
    await until(() => rolloutsOf(run, 2).length === 8 && existsSync(join(run, 'evaluations/step-000002.jsonl')));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(infoOf(run)).toMatchObject({
      state: 'stopped',
      reason: expect.stringContaining('open it again to read on'),
    });
  });

  it('with a damaged line has the others, and says which it is', async () => {
    const from = join(temporaryFolder(), 'sorting');
    cpSync(join(VERL, 'sort'), from, { recursive: true });
    const file = join(from, 'rollouts/2.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, [...lines.slice(0, 3), '{"input": "Sort', ...lines.slice(4)].join('\n'));
    const run = await imported(from);
    expect(infoOf(run).imported!.missing[0]).toContain(`${file}:4`);
    expect(rolloutsOf(run, 2)).toHaveLength(7);
  });

  it('of two trainings is refused in a sentence that names both', async () => {
    const { status, stderr } = await grpo(['import', VERL, '--out', join(temporaryFolder(), 'run')]);
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 2, lines: 1 });
    expect(stderr).toMatch(
      /has the rollouts of 2 trainings with verl \(by-uid.rollouts, sort.rollouts\): name the folder/,
    );
  });
});

describe('what prime-rl writes', () => {
  it('becomes groups with weighted rewards, metrics, recorded advantages and columns', async () => {
    const run = await imported(join(PRIME_RL, 'sort'));
    const { rewards, config, imported: from } = infoOf(run);
    expect(rewards).toMatchObject([
      { name: 'places', weight: 2 },
      { name: 'digits', weight: 0.5 },
      { name: 'num_numbers', weight: 0 },
    ]);
    expect(config).toMatchObject({
      model: 'Qwen/Qwen3-0.6B',
      numGenerations: 4,
      promptsPerStep: 2,
      scaleRewards: 'none',
    });
    expect(from!.from).toBe('prime-rl');
    for (const step of [1, 2, 3]) {
      const rows = rolloutsOf(run, step);
      expect(rows.map(({ group }) => group)).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
      for (const { group, prompt, completion, reward, rewards: scores, advantage, columns, length } of rows) {
        const own = rows.filter((row) => row.group === group);
        expect(new Set(own.map((row) => JSON.stringify(row.prompt))).size).toBe(1);
        expect(reward).toBeCloseTo(2 * scores.places! + 0.5 * scores.digits!, 12);
        expect(advantage).toBeCloseTo(reward! - own.reduce((sum, row) => sum + row.reward!, 0) / 4, 4);
        expect(prompt).toEqual([{ role: 'user', content: `Sort ${(columns!.numbers as number[]).join(' ')}:` }]);
        expect(Object.keys(columns!)).toEqual(['numbers']);
        expect(length).toBe(completion.length);
      }
    }
  });

  it('has its metrics, and evaluations of the policy before the step that they are called after', async () => {
    const run = await imported(join(PRIME_RL, 'sort'));
    const metrics = metricsOf(run);
    expect(metrics[1]).toMatchObject({ step: 1, learning_rate: 1e-6, grad_norm: 0.5, step_time: 2.5 });
    expect(metrics[1]!['completions/mean_length']).toBe(7);
    expect(readdirSync(join(run, 'evaluations')).sort()).toEqual(['step-000000.jsonl', 'step-000002.jsonl']);
    expect(metrics[0]!.eval_reward).toEqual(expect.any(Number));
  });

  it('is explained and scored again without a dataset: its tasks have the columns', async () => {
    const run = await imported(join(PRIME_RL, 'sort'));
    const explained = await grpo(['explain', run, '--step', '1', '--group', '0']);
    expect(explained.stdout).toContain('R = 2 × places + 0.5 × digits + 0 × num_numbers');
    expect(explained.stdout).not.toContain('but the run recorded');
    writeFileSync(
      join(run, 'sum.reward.ts'),
      'export const sum = ({ numbers }: { numbers: number[] }) => numbers.reduce((a, b) => a + b, 0);\n',
    );
    const config = join(run, 'rescore.grpo.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"rewards": []', '"rewards": ["sum.reward.ts"]'));
    // It says beside them that without a model there is no chat template to render the prompts with.
    const { stdout } = await grpo(['rescore', run, '--json']);
    expect(jsonLines<RescoreEvent>(stdout).at(-1)).toMatchObject({ completions: 24, failed: 0 });
  });

  it('before episodes was a trace a line', async () => {
    const [older, newer] = [await imported(join(PRIME_RL, 'traces')), await imported(join(PRIME_RL, 'sort'))];
    expect(rolloutsOf(older, 1)).toEqual(rolloutsOf(newer, 1));
    expect(infoOf(older).imported!.missing.join()).toContain('leave out --no-monitors.file');
  });

  it('is called after the program where no folder is named', async () => {
    const workspace = temporaryFolder();
    const { stdout } = await grpo(['import', join(PRIME_RL, 'sort')], { cwd: workspace });
    expect(stdout.trim()).toMatch(/\.grpo.runs.prime-rl-sort$/);
  });
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
