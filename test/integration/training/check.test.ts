/** `grpo check`: what it says of runs in which something is wrong, and that it leaves nothing behind. */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measureRun } from '../../../src/check/measure-run.ts';
import { memoryUse } from '../../../src/check/memory.ts';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { type MeasuredPrompt, readDifficulty } from '../../../src/data/difficulty.ts';
import { type CheckReport, checkReport } from '../../../src/protocol/check-report.ts';
import { prepareRun } from '../../../src/trainer/prepare.ts';
import { rewardWorker, runGrpo, tinyConfig, tinyWorkspace, trainHere } from './workspace.ts';

const configOf = (folder: string) => join(folder, 'run.grpo.json');

/** The report of a check that leaves the folder as it was. */
async function check(folder: string, ...args: string[]): Promise<{ status: number | null; report: CheckReport }> {
  const before = readdirSync(folder);
  const { status, stdout, stderr } = await runGrpo('check', configOf(folder), '--json', ...args);
  expect(stderr).toBe('');
  expect(readdirSync(folder)).toEqual(before);
  return { status, report: checkReport.parse(JSON.parse(stdout)) };
}

const rewardOf = (body: string) => ({
  'letters.reward.ts': `export function letters({ completion }: { completion: string }) {\n  ${body}\n}\n`,
});

test('says what a sound run will be like', async () => {
  const folder = tinyWorkspace({ maxCompletionLength: 24, promptsPerStep: 3, maxSteps: 7, saveSteps: 3 });
  const { status, report } = await check(folder);
  expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(status).toBe(0);
  expect(report).toMatchObject({
    name: 'run',
    device: 'cpu',
    plan: { steps: 7, promptsPerStep: 3, numGenerations: 4, evaluations: 0, checkpoints: 3 },
    sampled: { prompts: 3 },
    prompts: { training: 3, heldOut: null, duplicates: { count: 0 } },
  });
  const { step, stepSeconds, runSeconds, memory } = report;
  expect(step.completions).toBe(12 * report.sampled.steps);
  expect(step.functions.map(({ name }) => name)).toEqual(['letters']);
  expect(step.lengths.max).toBeLessThanOrEqual(24);
  const { total, ...phases } = stepSeconds!;
  expect(total).toBeCloseTo(Object.values(phases).reduce((sum, phase) => sum + phase));
  expect(runSeconds!.steps).toBeCloseTo(7 * total);
  expect(memory.process!.expected).toBeGreaterThan(5e7);
  expect(memory.process!.atMost).toBeGreaterThanOrEqual(memory.process!.expected);
});

test('of a run that TRL trains, gives no figures of the built-in engine', async () => {
  const folder = tinyWorkspace({ maxCompletionLength: 24, backend: 'trl', device: 'cpu' });
  const { report } = await check(folder);
  expect(report).toMatchObject({ stepSeconds: null, runSeconds: null, tokensPerSecond: null });
  expect(report.memory).toMatchObject({ process: null, gpu: null });
  expect(report.findings.map(({ kind }) => kind)).toContain('cost-not-measured');
  const { stdout } = await runGrpo('check', configOf(folder));
  expect(stdout).toMatch(/by TRL; sampled for this check on cpu$/m);
  expect(stdout).not.toMatch(/\d (s|ms|GB|tokens\/s)\b|^ *(step|memory) /m);
});

test('groups that grow: memory is planned for the largest', async () => {
  const folder = tinyWorkspace({ maxCompletionLength: 24, lossType: 'bnpo' });
  const headroomOf = async (...args: string[]) => {
    const { report } = await check(folder, ...args);
    const { expected, atMost } = report.memory.process!;
    return { headroom: atMost - expected, plan: report.plan };
  };
  const fixed = await headroomOf();
  const config = { ...tinyConfig, numGenerations: undefined, maxCompletionLength: 24, lossType: 'bnpo' };
  writeFileSync(configOf(folder), JSON.stringify({ ...config, generations: { min: 4, max: 16 } }));
  const growing = await headroomOf();
  expect(growing.plan).toMatchObject({ numGenerations: 4, mostGenerations: 16 });
  expect(growing.headroom).toBeGreaterThan(fixed.headroom);
  const { stdout } = await runGrpo('check', configOf(folder));
  expect(stdout).toMatch(/4 completions each; groups without a signal grow up to 16, which takes longer$/m);
});

test('completions that are all cut off: the remedy is a longer limit, with which some end', async () => {
  const folder = tinyWorkspace({ maxCompletionLength: 1 }, rewardOf('return 0;'));
  const { status, report } = await check(folder);
  expect(status).toBe(1);
  const finding = report.findings.find(({ kind }) => kind === 'all-truncated')!;
  expect(finding).toMatchObject({
    severity: 'error',
    place: { file: configOf(folder), path: ['maxCompletionLength'] },
  });
  expect(finding.evidence).toBe(`All ${report.step.completions} completions were cut off at 1 token.`);
  if (finding.remedy?.action !== 'set') throw new Error('no remedy');
  const { context, longest } = report.prompts;
  expect(finding.remedy.value).toBeLessThanOrEqual(context - longest);
  // The remedy is one that the run accepts.
  const longer = await check(folder, '--set', `maxCompletionLength=${finding.remedy.value}`);
  expect(longer.report.step.lengths.truncated).toBeLessThan(longer.report.step.completions);
});

test('a constant reward, and one that earns nothing', async () => {
  const kinds = async (body: string) => {
    const { status, report } = await check(tinyWorkspace({ maxCompletionLength: 24 }, rewardOf(body)));
    return [status, ...report.findings.filter(({ severity }) => severity === 'error').map(({ kind }) => kind)];
  };
  expect(await kinds('return 2;')).toEqual([1, 'constant-reward']);
  expect(await kinds('return 0;')).toEqual([1, 'too-hard']);
});

test('a function that fails, with its line', async () => {
  const folder = tinyWorkspace({}, rewardOf("throw new Error('no digits');"));
  const { status, report } = await check(folder);
  expect(status).toBe(1);
  expect(report.findings[0]).toMatchObject({
    kind: 'reward-failed',
    severity: 'error',
    place: { file: join(folder, 'letters.reward.ts'), line: 2 },
    remedy: { action: 'fix-reward' },
  });
  expect(report.findings[0]!.evidence).toContain('no digits');
});

test('held-out prompts that are trained on, with both places', async () => {
  const rows = ['3 1 0 2', '17 + 25', '3 1 0 2'].map((prompt) => ({ prompt }));
  const folder = tinyWorkspace({ evalDataset: 'eval.jsonl' }, { 'prompts.jsonl': rows, 'eval.jsonl': [rows[1]!] });
  const { report } = await check(folder);
  const of = (file: string, line: number) => ({ file: join(folder, file), line });
  expect(report.prompts).toMatchObject({
    duplicates: { count: 1, first: { one: of('prompts.jsonl', 1), other: of('prompts.jsonl', 3) } },
    trainedOn: { count: 1, first: { one: of('prompts.jsonl', 2), other: of('eval.jsonl', 1) } },
  });
  expect(report.findings.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['held-out-duplicates', 'duplicate-prompts']),
  );
});

test('without --json it says the same in words', async () => {
  const { status, stdout, stderr } = await runGrpo('check', configOf(tinyWorkspace({}, rewardOf('return 2;'))));
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(stdout).toMatch(/^run: .*parameters.* on cpu\n/);
  for (const label of ['signal', 'length', 'reward', 'step', 'run', 'memory', 'prompts'])
    expect(stdout).toMatch(new RegExp(`^ {2}${label} `, 'm'));
  expect(stdout).toMatch(/^ {2}letters +1 +2 /m);
  expect(stdout).toMatch(
    /^error \(constant-reward\): .*run\.grpo\.json:1:\d+: All \d+ completions got the same reward, 2/m,
  );
});

test('bad input is refused with status 2, as by the run', async () => {
  const { status, stdout, stderr } = await runGrpo('check', configOf(tinyWorkspace({ dataset: 'nowhere.jsonl' })));
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/run\.grpo\.json:1:\d+: "dataset" names nowhere\.jsonl/);
});

test('of steps that would take too long, fewer prompts are sampled, and whole steps extrapolated', async () => {
  const loaded = loadRunConfig(configOf(tinyWorkspace({ promptsPerStep: 3 })));
  const run = await prepareRun(loaded, { rewardWorker });
  try {
    const one = await measureRun(run, () => {}, 1e-6);
    expect(one).toMatchObject({ prompts: 1, steps: 2 });
    expect(one.scored.rollout).toHaveLength(8);
    const whole = await measureRun(run, () => {});
    expect(whole.prompts).toBe(3);
    expect(whole.scored.rollout).toHaveLength(12 * whole.steps);
    const use = (measured: typeof one) =>
      memoryUse({ ...measured, rollout: measured.scored.rollout, peakBytes: 1e9 }, run.model, run.config, 'cpu')
        .process;
    // What was not sampled is expected to come on top.
    expect(use(one).expected).toBeGreaterThan(1e9);
    expect(use(whole).expected).toBe(1e9);
  } finally {
    await run.rewards.close();
  }
});

test('a step is never smaller than its micro-batches allow', async () => {
  const config = { promptsPerStep: 4, gradientAccumulationSteps: 8, lossType: 'bnpo' };
  const run = await prepareRun(loadRunConfig(configOf(tinyWorkspace(config))), { rewardWorker });
  try {
    expect(await measureRun(run, () => {}, 1e-6)).toMatchObject({ prompts: 2 });
    expect(await measureRun(run, () => {})).toMatchObject({ prompts: 4 });
  } finally {
    await run.rewards.close();
  }
});

const solveRates = ({ prompts }: { prompts: MeasuredPrompt[] }) => prompts.map(({ solve_rate }) => solve_rate);

test('--difficulty writes solve rates, continues what was ended, and a run trains on those of a difficulty', async () => {
  const folder = tinyWorkspace({ promptsPerStep: 1, maxSteps: 2 });
  const config = configOf(folder);
  const file = join(folder, 'run.difficulty.jsonl');
  const measure = (...args: string[]) => runGrpo('check', config, '--difficulty', '--n', '4', ...args);
  const first = await measure();
  expect({ status: first.status, stderr: first.stderr }).toEqual({ status: 0, stderr: '' });
  const whole = readDifficulty(file);
  expect(whole.prompts).toHaveLength(3);
  const best = Math.max(...whole.prompts.flatMap(({ rewards }) => rewards.map(Number)));
  for (const { rewards, solve_rate } of whole.prompts)
    expect(solve_rate).toBe(rewards.filter((reward) => reward === best).length / 4);

  // As a command that was killed has left it: the second prompt is torn.
  const lines = readFileSync(file, 'utf8').split('\n');
  const unrated = lines[1]!.replace(/,"solve_rate":[^}]*/, '');
  writeFileSync(file, `${lines[0]}\n${unrated}\n`);
  appendFileSync(file, lines[2]!.slice(0, 20));
  const refused = await runGrpo('train', config, '--set', 'difficulty.min=0');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/--set difficulty\.min=0: The solve rates in .* are unfinished/);
  expect((await measure()).status).toBe(0);
  expect(readDifficulty(file)).toEqual(whole);

  // Other settings would give other rates.
  const other = await measure('--set', 'temperature=0.5');
  expect(other).toMatchObject({ status: 2, stdout: '' });
  expect(other.stderr).toMatch(/run\.difficulty\.jsonl: This file was measured with temperature 1, which is now 0\.5/);
  // Another threshold needs no new completions.
  expect((await measure('--solved-at', '-1')).status).toBe(0);
  expect(solveRates(readDifficulty(file))).toEqual([1, 1, 1]);

  const rated = whole.prompts.map((prompt, index) => ({ ...prompt, solve_rate: index / 2 }));
  writeFileSync(file, [{ settings: whole.settings }, ...rated].map((row) => `${JSON.stringify(row)}\n`).join(''));
  const { result } = await trainHere(config, { set: ['difficulty.min=0.4', 'difficulty.max=0.6'] });
  const prompts = [1, 2].map((step) => {
    const rows = readFileSync(join(result.run, `rollouts/step-00000${step}.jsonl`), 'utf8')
      .trim()
      .split('\n');
    return JSON.parse(rows[0]!).prompt as string;
  });
  expect(new Set(prompts)).toEqual(new Set([whole.prompts[1]!.prompt]));
});

test('of a run with stages, reads all of them, and measures the first of GRPO', async () => {
  const stages = [
    { kind: 'sft', name: 'cold start', dataset: 'cold.jsonl', maxSteps: 2 },
    { kind: 'grpo', maxSteps: 3 },
    { kind: 'rejection', maxSteps: 2, best: 1 },
    { kind: 'sft', name: 'polish', from: 'rejection', maxSteps: 2 },
  ];
  const cold = { 'cold.jsonl': [{ prompt: 'a', completion: ' b' }] };
  const { status, report } = await check(tinyWorkspace({ stages }, cold));
  expect(status).toBe(0);
  expect(report.plan.steps).toBe(3);
  expect(report.stages).toEqual([
    { name: 'cold start', kind: 'sft', first: 1, last: 2, measured: false, demonstrations: 1 },
    { name: 'grpo', kind: 'grpo', first: 3, last: 5, measured: true },
    { name: 'rejection', kind: 'rejection', first: 6, last: 7, measured: false },
    { name: 'polish', kind: 'sft', first: 8, last: 9, measured: false },
  ]);
  // What only another stage needs is missed before the run is.
  const { status: broken, stderr } = await runGrpo('check', configOf(tinyWorkspace({ stages })));
  expect(broken).toBe(2);
  expect(stderr).toMatch(/"stages\.0\.dataset" names cold\.jsonl, which does not exist/);
});

test('penalties on length that the config adds count, and are no finding while they cost nothing', async () => {
  const folder = tinyWorkspace({
    ...{ maxCompletionLength: 24, overlongPenalty: { cache: 20 }, lengthPenalty: { target: 10 } },
  });
  const { report } = await check(folder);
  const { functions } = report.step;
  expect(functions.map(({ name }) => name)).toEqual(['letters', 'overlong_penalty', 'length_penalty']);
  expect(functions[1]!.min).toBeLessThan(0);
  expect(functions[2]).toMatchObject({ min: 0, max: 0 });
  expect(report.findings.filter(({ kind }) => kind === 'constant-function')).toEqual([]);
});

test('of a run with stages of demonstrations alone, says what to do instead', async () => {
  const rows = [{ prompt: 'Sort 2 1:', completion: ' 1 2' }];
  const stages = [{ kind: 'sft', dataset: 'shown.jsonl', maxSteps: 1 }];
  const folder = tinyWorkspace({ stages, rewards: [] }, { 'shown.jsonl': rows });
  const { status, stdout, stderr } = await runGrpo('check', configOf(folder));
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(
    /Only stages of kind "grpo" can be measured .* the run has none\. Start the run: before its first step it .* all data\.\n$/,
  );
});
