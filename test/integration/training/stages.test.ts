/** Runs of several stages: what each records, and that a run which was stopped or killed ends as if nothing had happened. */
import { appendFileSync, cpSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stepName } from '../../../src/protocol/run-folder.ts';
import {
  eventsOf,
  metricsOf,
  readJson,
  readJsonl,
  referenceModel,
  rolloutsOf,
  runGrpo,
  runInfoOf,
  startGrpo,
  timeless,
  tinyWorkspace,
  trainHere,
  untilEvent,
} from './workspace.ts';

/** Sorts four digits, and ends its answers. */
const SORT = join(process.cwd(), 'sample-workspace/models/tiny-sort');
const orders = ['3 1 0 2', '9 8 7 7', '5 0 5 1', '2 2 2 4'];
const demonstrations = orders.map((digits) => ({
  prompt: `Sort ${digits}:`,
  completion: ` ${digits.split(' ').sort().join(' ')}`,
}));
const files = {
  'demonstrations.jsonl': demonstrations,
  'prompts.jsonl': ['4 3 2 1', '8 0 8 0', '1 9 1 7'].map((digits) => ({ prompt: `Sort ${digits}:` })),
};
const sft = { kind: 'sft', name: 'cold start', dataset: 'demonstrations.jsonl', maxSteps: 2, learningRate: 1e-3 };
const all = [
  sft,
  // Everything that has state: a reference that is not the start model, passes that share `old`, a schedule.
  {
    kind: 'grpo',
    maxSteps: 3,
    beta: 0.05,
    numIterations: 2,
    lrSchedulerType: 'cosine',
    syncRefModel: true,
    refModelSyncSteps: 2,
  },
  { kind: 'rejection', maxSteps: 2, numGenerations: 8, best: 2, mix: { dataset: 'demonstrations.jsonl', maxRows: 1 } },
  { kind: 'sft', from: 'rejection', maxSteps: 2 },
  { kind: 'distill', from: 'rejection', maxSteps: 2, model: referenceModel('qwen3') },
];
const stagedWorkspace = (stages: object[], config: object = {}) =>
  tinyWorkspace(
    { stages, model: SORT, lrSchedulerType: 'linear', evalDataset: 'prompts.jsonl', numGenerationsEval: 2, ...config },
    files,
  );

describe('a run of several stages', () => {
  test('counts its steps on, and evaluates between stages', async () => {
    const folder = stagedWorkspace(all);
    const run = join(folder, 'run');
    const { result, events } = await trainHere(join(folder, 'run.grpo.json'), { out: run });
    expect(result).toMatchObject({ outcome: 'done', step: 11 });
    const rows = metricsOf(run);
    expect(rows.map(({ step, stage }) => [step, stage])).toEqual([
      ...[
        [0, undefined],
        [1, 1],
        [2, 1],
        [3, 2],
        [4, 2],
        [5, 2],
      ],
      ...[
        [6, 3],
        [7, 3],
        [8, 4],
        [9, 4],
        [10, 5],
        [11, 5],
      ],
    ]);
    expect(rows.filter(({ eval_reward }) => eval_reward !== undefined).map(({ step }) => step)).toEqual([
      0, 2, 5, 9, 11,
    ]);
    // Each stage has a learning rate schedule of its own.
    expect(rows.slice(8, 12).map(({ learning_rate }) => learning_rate)).toEqual([1e-3, 5e-4, 1e-3, 5e-4]);
    for (const step of [1, 2, 8, 11]) expect(rows[step]).toHaveProperty('mean_token_accuracy');
    expect(rows.map(({ num_tokens }) => num_tokens ?? 0)).toEqual(
      [...rows.map(({ num_tokens }) => num_tokens ?? 0)].sort((a, b) => a - b),
    );
    expect(events.filter(({ type }) => type === 'stage')).toMatchObject([
      { number: 1, of: 5, name: 'cold start', kind: 'sft', first: 1, last: 2 },
      { number: 2, name: 'grpo', first: 3, last: 5 },
      { number: 3, name: 'rejection', first: 6, last: 7 },
      { number: 4, name: 'sft 2', first: 8, last: 9 },
      { number: 5, name: 'distill', first: 10, last: 11 },
    ]);
    // The last checkpoint is of the other model.
    expect(readJson<{ model_type: string }>(run, 'checkpoints', stepName(9), 'config.json').model_type).toBe('llama');
    expect(readJson<{ model_type: string }>(run, 'checkpoints', stepName(11), 'config.json').model_type).toBe('qwen3');
    expect(runInfoOf(run)).toMatchObject({ state: 'done', step: 11, config: { maxSteps: 11 } });

    // An explanation says what a stage does with a group, and which stage has none.
    expect((await runGrpo('explain', run, '--step', '6')).stdout).toContain('The stage trains nothing');
    const supervised = await runGrpo('explain', run, '--step', '10');
    expect(supervised.stderr).toContain('Step 10 belongs to the stage distill, steps 10 to 11: it learns from');
    expect(supervised.status).toBe(2);

    const written = readJsonl<{ prompt: string; completion: string; reward?: number; step?: number }>(
      run,
      'stages',
      'stage-3.jsonl',
    );
    expect(written.at(-1)).toEqual(demonstrations[0]);
    const kept = written.slice(0, -1);
    expect(kept.length).toBeGreaterThan(0);
    for (const { prompt, completion, reward, step } of kept) {
      const group = rolloutsOf(run, step!).filter((row) => row.prompt === prompt);
      expect(group.some((row) => row.completion === completion && row.reward === reward && !row.truncated)).toBe(true);
      expect(reward).toBeGreaterThan(Math.min(...group.map((row) => row.reward!)));
    }
  });

  test('killed in every stage, and at their ends, equals one that never was', async () => {
    const folder = stagedWorkspace(all, { saveSteps: 2, checkpointDtype: 'bfloat16' });
    const config = join(folder, 'run.grpo.json');
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    await trainHere(config, { out: whole });

    const at = async (step: number, phase: string, signal: NodeJS.Signals) => {
      const resume = existsSync(parts) ? ['--resume'] : [];
      const { child, finished } = startGrpo(['train', config, '--out', parts, '--json', ...resume]);
      await untilEvent(child, (event) => event.type === 'phase' && event.step === step && event.phase === phase);
      child.kill(signal);
      return finished;
    };
    await at(2, 'update', 'SIGKILL');
    await at(2, 'save', 'SIGKILL');
    await at(3, 'rollout', 'SIGKILL');
    await at(5, 'update', 'SIGKILL');
    expect((await at(6, 'rollout', 'SIGINT')).status).toBe(130);
    await at(7, 'score', 'SIGKILL');
    await at(8, 'update', 'SIGKILL');
    await at(9, 'evaluate', 'SIGKILL');
    await at(11, 'update', 'SIGKILL');
    const last = await runGrpo('train', config, '--out', parts, '--resume', '--json');
    expect(last.stderr + last.status).toBe('0');
    expect(eventsOf(last.stdout).find(({ type }) => type === 'start')).toMatchObject({ resumedFrom: 10 });

    expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
    const same = (...path: string[]) =>
      expect(readFileSync(join(parts, ...path)).equals(readFileSync(join(whole, ...path))), path.join('/')).toBe(true);
    for (const step of [3, 4, 5, 6, 7]) same('rollouts', `${stepName(step)}.jsonl`);
    same('stages', 'stage-3.jsonl');
    for (const step of [5, 9, 11])
      for (const file of ['model.safetensors', 'grpo_optimizer.safetensors', 'trainer_state.json'])
        same('checkpoints', stepName(step), file);
  });

  test('with LoRA trains one adapter through all of them', async () => {
    const folder = stagedWorkspace([sft, { kind: 'grpo', maxSteps: 2, beta: 0.05 }], {
      lora: { r: 2 },
      saveTotalLimit: 1,
    });
    const config = join(folder, 'run.grpo.json');
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    await trainHere(config, { out: whole });
    const first = startGrpo(['train', config, '--out', parts, '--json']);
    await untilEvent(first.child, (event) => event.type === 'phase' && event.step === 4 && event.phase === 'rollout');
    first.child.kill('SIGINT');
    await first.finished;
    await trainHere(config, { out: parts, resume: true });
    expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
    const weights = (run: string) => readFileSync(join(run, 'checkpoints', stepName(4), 'adapter_model.safetensors'));
    expect(weights(parts).equals(weights(whole))).toBe(true);
  });

  test.each([
    ['as it is', []],
    ['as recorded', ['--as-recorded']],
  ])('continues %s without the models of stages that are over, gone or changed', async (_, choice) => {
    const distill = { kind: 'distill', dataset: 'demonstrations.jsonl' };
    const stages = [
      { kind: 'grpo', maxSteps: 1 },
      { ...distill, model: 'second', maxSteps: 1 },
      { ...distill, model: 'third', maxSteps: 2 },
    ];
    const folder = stagedWorkspace(stages, { model: 'first', saveSteps: 1, lora: { r: 2 }, evalDataset: null });
    const models = ['first', 'second', 'third'];
    for (const model of models) cpSync(SORT, join(folder, model), { recursive: true });
    const config = join(folder, 'run.grpo.json');
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    expect((await runGrpo('train', config, '--out', whole)).status).toBe(0);
    const first = startGrpo(['train', config, '--out', parts, '--json']);
    await untilEvent(first.child, (event) => event.type === 'phase' && event.step === 4 && event.phase === 'update');
    first.child.kill('SIGKILL');
    await first.finished;
    const { rewards, completionRoom } = runInfoOf(parts);

    const resume = () => runGrpo('train', config, '--out', parts, '--resume', ...choice);
    for (const model of models) renameSync(join(folder, model), join(folder, `${model}-gone`));
    const refused = await resume();
    expect({ status: refused.status, stderr: refused.stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/third\b.* (does not exist|is missing)/),
    });
    renameSync(join(folder, 'third-gone'), join(folder, 'third'));
    renameSync(join(folder, 'first-gone'), join(folder, 'first'));
    appendFileSync(join(folder, 'first', 'config.json'), '\n');
    const { status, stderr } = await resume();
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('done after step 4') });
    expect(metricsOf(parts).map(timeless)).toEqual(metricsOf(whole).map(timeless));
    const weights = (run: string) => readFileSync(join(run, 'checkpoints', stepName(4), 'adapter_model.safetensors'));
    expect(weights(parts).equals(weights(whole))).toBe(true);
    expect(runInfoOf(parts)).toMatchObject({ rewards, completionRoom });
    expect(runInfoOf(parts).inputs).toEqual(runInfoOf(whole).inputs);
  });

  test('may be given more steps of its last stage; other changes are asked about', async () => {
    const folder = stagedWorkspace([sft, { kind: 'grpo', maxSteps: 1 }], { evalDataset: null });
    const [config, run] = [join(folder, 'run.grpo.json'), join(folder, 'run')];
    const resume = (...set: string[]) =>
      trainHere(config, { out: run, resume: true, set }).then(
        ({ result }) => result.step,
        (error: Error) => error.message,
      );
    await trainHere(config, { out: run });
    expect(await resume('stages.1.maxSteps=2')).toBe(4);
    const more = 'stages.1.maxSteps=3';
    expect(await resume(more, 'stages.0.learningRate=0.5')).toMatch(/\(stages\.0\.learningRate 0\.001 → 0\.5\)/);
    const { result } = await trainHere(config, { out: run, resume: true, set: [more] });
    expect(result.step).toBe(5);
    // Its last step is now one of another stage.
    const moved = trainHere(config, {
      out: run,
      resume: true,
      set: ['stages.0.maxSteps=9'],
      differences: 'with-changes',
    });
    await expect(moved).rejects.toThrow(/is of the stage "grpo", and step 5 is now one of the stage "cold start"/);
  });

  test.each([
    ['model.safetensors', null],
    ['adapter_model.safetensors', { r: 2, loraAlpha: 4 }],
  ])("can train the run's model from its start again: %s", async (file, lora) => {
    const distill = { kind: 'distill', model: SORT, dataset: 'demonstrations.jsonl', maxSteps: 2 };
    const [first, again] = [
      stagedWorkspace([distill], { lora }),
      stagedWorkspace([sft, { kind: 'grpo', maxSteps: 1 }, distill], { lora }),
    ];
    const weights: Buffer[] = [];
    for (const folder of [first, again]) {
      const { result } = await trainHere(join(folder, 'run.grpo.json'), { out: join(folder, 'run') });
      weights.push(readFileSync(join(result.checkpoint!, file)));
    }
    expect(weights[1]!.equals(weights[0]!)).toBe(true);
    // Training it does something.
    if (!lora) expect(weights[0]!.equals(readFileSync(join(SORT, file)))).toBe(false);
  });

  test('is rescored with the rewards and advantages of each stage', async () => {
    const stages = [
      { kind: 'grpo', maxSteps: 1, rewards: ['own.reward.ts#letters'], baseline: 'leave-one-out' },
      { kind: 'sft', dataset: 'demonstrations.jsonl', maxSteps: 1 },
      { kind: 'grpo', maxSteps: 1, rewards: ['own.reward.ts#letters', 'own.reward.ts#fives'], scaleRewards: 'none' },
    ];
    const folder = tinyWorkspace(
      { stages, model: SORT, rewards: ['own.reward.ts#fives'], promptsPerStep: 3, numGenerations: 4 },
      {
        'own.reward.ts':
          'export const letters = ({ completion }) => completion.length;\nexport const fives = ({ completion }) => completion.split("5").length;\n',
        ...files,
      },
    );
    const out = join(folder, 'run');
    await trainHere(join(folder, 'run.grpo.json'), { out });
    const lines = (await runGrpo('rescore', out, '--json')).stdout.trimEnd().split('\n');
    const [start, ...events] = lines.map((line) => JSON.parse(line));
    expect(start.functions.map(({ name }: { name: string }) => name)).toEqual(['letters', 'fives']);
    expect(events.at(-1)).toMatchObject({ steps: 2, completions: 24, changed: 0, flips: 0 });
    const rescored = events.slice(0, -1).flatMap(({ rows }) => rows as { advantage: { old: number; new: number } }[]);
    for (const { advantage } of rescored) expect(advantage.new).toBeCloseTo(advantage.old, 9);
  });

  test.each([
    [{ best: 1 }, {}, 'None of 12 completions was better than the worst of its group, as "best" alone asks for'],
    [{ threshold: 2 }, {}, 'None of 12 completions was good enough to be kept; lower the "threshold" of the stage'],
    [{ best: 1 }, { maxCompletionLength: 1 }, 'All 12 completions were cut off, and none of these is kept; raise'],
  ])('says why a stage keeps nothing: %j %j', async (selection, config, why) => {
    const workspace = tinyWorkspace(
      {
        stages: [{ kind: 'rejection', ...selection }],
        ...{ model: SORT, promptsPerStep: 3, numGenerations: 4, maxSteps: 1, maxCompletionLength: 32 },
        ...{ rewards: ['equal.reward.ts'], ...config },
      },
      { 'equal.reward.ts': 'export const equal = () => 1;\n', ...files },
    );
    const run = trainHere(join(workspace, 'run.grpo.json'), { out: join(workspace, 'run') });
    await expect(run).rejects.toThrow(why);
  });

  test('a single stage of GRPO is the run without stages', async () => {
    const folder = tinyWorkspace();
    const config = join(folder, 'run.grpo.json');
    const [plain, staged] = [join(folder, 'plain'), join(folder, 'staged')];
    await trainHere(config, { out: plain });
    await trainHere(config, { out: staged, set: ['stages=[{"kind":"grpo"}]'] });
    expect(metricsOf(staged).map(timeless)).toEqual(metricsOf(plain).map((row) => ({ ...timeless(row), stage: 1 })));
    const weights = (run: string) => readFileSync(join(run, 'checkpoints', stepName(3), 'model.safetensors'));
    expect(weights(staged).equals(weights(plain))).toBe(true);
  });
});
