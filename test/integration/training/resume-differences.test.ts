/** A run that would continue with other settings than it recorded: nothing happens until someone says which to take, and then it is recorded. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TrainerEvent } from '../../../src/protocol/events.ts';
import type { RunInfo } from '../../../src/protocol/run-folder.ts';
import {
  eventsOf,
  metricsOf,
  readJson,
  referenceModel,
  rolloutsOf,
  runGrpo,
  runInfoOf,
  timeless,
  tinyConfig,
  tinyFiles,
  tinyWorkspace,
  trainHere,
} from './workspace.ts';

/** Sorts four digits, and ends its answers. */
const SORT = join(process.cwd(), 'sample-workspace/models/tiny-sort');
const OTHER_REWARD = 'export const letters = ({ completion }: { completion: string }) => -completion.length;\n';

interface Started {
  folder: string;
  config: string;
  run: string;
  train: (...args: string[]) => ReturnType<typeof runGrpo>;
}

/** A run of one step. */
async function started(config: object = {}, files: Record<string, string> = {}): Promise<Started> {
  const one = startedIn(tinyWorkspace({ maxSteps: 1, lrSchedulerType: 'constant', ...config }, files));
  await trainHere(one.config, { out: one.run });
  return one;
}

/** The run of a workspace; `train` starts it. */
function startedIn(folder: string): Started {
  const [config, run] = [join(folder, 'run.grpo.json'), join(folder, 'run')];
  return { folder, config, run, train: (...args) => runGrpo('train', config, '--out', run, ...args) };
}

const setConfig = ({ config }: Started, changes: object) =>
  writeFileSync(config, JSON.stringify({ ...tinyConfig, maxSteps: 1, lrSchedulerType: 'constant', ...changes }));

/** Every file below a folder, and what is in it. */
const contentOf = (folder: string): [string, string][] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
    .map((name) => [name, readFileSync(join(folder, name), 'base64')]);

/** The command refuses to choose: status 2, one sentence, and the run is as it was. */
async function refusal({ run, train }: Started, ...args: string[]): Promise<string> {
  const before = contentOf(run);
  const { status, stdout, stderr } = await train('--resume', ...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(contentOf(run)).toEqual(before);
  return stderr.trimEnd();
}

const changesOf = (run: string) =>
  (runInfoOf(run).changes ?? []).map(({ step, field, from, to }) => ({ step, field, from, to }));

describe('settings', () => {
  test('that are others are named, and need a choice', async () => {
    const one = await started();
    const said = await refusal(one, '--set', 'maxSteps=2', '--set', 'seed=7', '--set', 'numGenerations=2');
    expect(said).toBe(
      "The run was recorded with other settings, code or data than today's (numGenerations 4 → 2; seed 42 → 7): continue as it was (--as-recorded), or continue with today's from step 2 (--with-changes).",
    );
    setConfig(one, { maxSteps: 2, lora: { r: 4 } });
    expect(await refusal(one)).toContain('(lora null → {"r":4,');
  });

  test('what continues as it was recorded equals a run that nobody touched', async () => {
    const one = await started();
    const whole = join(one.folder, 'whole');
    await trainHere(one.config, { out: whole, set: ['maxSteps=3'] });

    setConfig(one, { maxSteps: 3, learningRate: 0.5, temperature: 2, promptsPerStep: 1 });
    writeFileSync(join(one.folder, 'letters.reward.ts'), OTHER_REWARD);
    expect(await refusal(one)).toContain('letters.reward.ts has changed');
    expect((await one.train('--resume', '--as-recorded')).status).toBe(0);
    expect(metricsOf(one.run).map(timeless)).toEqual(metricsOf(whole).map(timeless));
    for (const step of [2, 3]) expect(rolloutsOf(one.run, step)).toEqual(rolloutsOf(whole, step));
    expect(changesOf(one.run)).toEqual([{ step: 2, field: 'config.maxSteps', from: 1, to: 3 }]);
  });

  test('that are taken are recorded with their step, and what was before is kept', async () => {
    const one = await started();
    const before = runInfoOf(one.run);
    writeFileSync(join(one.folder, 'letters.reward.ts'), OTHER_REWARD);
    const set = ['--set', 'maxSteps=2', '--set', 'learningRate=0.5'];
    expect((await one.train('--resume', ...set, '--with-changes')).status).toBe(0);
    const after = runInfoOf(one.run);
    expect(after.config).toMatchObject({ learningRate: 0.5, maxSteps: 2 });
    expect(after.startConfig).toEqual(before.config);
    const [source] = after.rewardSources!;
    expect(changesOf(one.run)).toEqual([
      { step: 2, field: 'config.maxSteps', from: 1, to: 2 },
      { step: 2, field: 'config.learningRate', from: 1e-3, to: 0.5 },
      { step: 2, field: 'rewardSources.letters.reward.ts', from: before.rewardSources![0], to: source },
    ]);
    const copies = [before.rewardSources![0]!, source!].map(({ copy }) => readFileSync(join(one.run, copy), 'utf8'));
    expect(copies).toEqual([tinyFiles['letters.reward.ts'], OTHER_REWARD]);
    expect(rolloutsOf(one.run, 2).every(({ reward, completion }) => reward === -completion.length)).toBe(true);
    const note = 'From step 2 on: maxSteps 1 → 2; learningRate 0.001 → 0.5; letters.reward.ts has changed.';
    expect(readFileSync(join(one.run, 'log.txt'), 'utf8')).toContain(`info: ${note}\n`);
    // They are now what is recorded.
    expect((await one.train('--resume', ...set, '--set', 'maxSteps=3')).status).toBe(0);
  });

  test('--as-recorded needs no config, and takes no --set but of what is free', async () => {
    const one = await started();
    expect(await refusal(one, '--as-recorded', '--set', 'maxSteps=2', '--set', 'seed=1')).toMatch(
      /--set seed=1 .*use only one/,
    );
    rmSync(one.config);
    expect(await refusal(one)).toMatch(/^There is no run config at .*run\.grpo\.json any more; .*\(--as-recorded\)\.$/);
    expect((await one.train('--resume', '--as-recorded', '--set', 'maxSteps=2')).status).toBe(0);
    expect(runInfoOf(one.run)).toMatchObject({ state: 'done', step: 2 });
  });

  test('the choice is one of two, and about a resume', async () => {
    const { train } = await started();
    expect((await train('--resume', '--as-recorded', '--with-changes')).stderr).toMatch(
      /^Give either --as-recorded or/,
    );
    expect((await train('--with-changes')).stderr).toMatch(/^--with-changes requires --resume\./);
  });

  test('are told with --json in full', async () => {
    const { run, train } = await started();
    const { status, stdout } = await train('--resume', '--json', '--set', 'maxSteps=2', '--set', 'seed=7');
    expect(status).toBe(2);
    const told: TrainerEvent = {
      ...{ type: 'differences', run, step: 2, problem: null },
      differences: [{ what: 'seed', from: '42', to: '7' }],
    };
    expect(eventsOf(stdout)).toEqual([told]);
  });
});

describe('what a run reads', () => {
  test('a dataset that was edited is named, and cannot be as recorded', async () => {
    const one = await started();
    appendFileSync(join(one.folder, 'prompts.jsonl'), '{"prompt": "one more", "n": 3}\n');
    const set = ['--set', 'maxSteps=2'];
    expect(await refusal(one, ...set)).toMatch(
      /\(dataset prompts\.jsonl has changed\): .*--with-changes\); --as-recorded is not possible: .*restore it\.$/,
    );
    expect(await refusal(one, ...set, '--as-recorded')).toMatch(/^The dataset .*prompts\.jsonl has changed/);
    expect((await one.train('--resume', ...set, '--with-changes')).status).toBe(0);
    expect(changesOf(one.run).map(({ field }) => field)).toEqual(['config.maxSteps', 'inputs.dataset']);
  });

  test('a module that a reward imports is recorded and compared too', async () => {
    const one = await started(
      {},
      {
        'letters.reward.ts': `import { last } from './lib/last.ts';
export const letters = ({ completion }: { completion: string }) => [...completion].filter((one) => one <= last).length;\n`,
        'lib/last.ts': "export const last = 'n';\n",
      },
    );
    expect(runInfoOf(one.run).rewardSources!.map(({ name }) => name)).toEqual(['letters.reward.ts', 'lib/last.ts']);
    writeFileSync(join(one.folder, 'lib/last.ts'), "export const last = 'a';\n");
    expect(await refusal(one, '--set', 'maxSteps=2')).toContain('(lib/last.ts has changed)');
    expect((await one.train('--resume', '--set', 'maxSteps=2', '--as-recorded')).status).toBe(0);
    const letters = (text: string) => [...text].filter((letter) => letter <= 'n').length;
    expect(rolloutsOf(one.run, 2).every(({ reward, completion }) => reward === letters(completion))).toBe(true);
    rmSync(join(one.folder, 'lib/last.ts'));
    expect(await refusal(one, '--set', 'maxSteps=3', '--as-recorded')).toMatch(
      /lib\/last\.ts, .* is missing; restore it/,
    );
  });

  test('in a workspace that is reached through a link, they are the same files', async () => {
    const folder = tinyWorkspace(
      { maxSteps: 1, rewards: ['rewards/letters.reward.ts'] },
      {
        'rewards/letters.reward.ts': `import { last } from '../lib/last.ts';
export const letters = ({ completion }: { completion: string }) => [...completion].filter((one) => one <= last).length;\n`,
        'lib/last.ts': "export const last = 'n';\n",
      },
    );
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    onTestFinished(() => unlinkSync(link));
    const [config, run] = [join(link, 'run.grpo.json'), join(link, 'run')];
    await trainHere(config, { out: run });
    const names = ['rewards/letters.reward.ts', 'lib/last.ts'];
    expect(runInfoOf(run).rewardSources!.map(({ name }) => name)).toEqual(names);
    writeFileSync(join(folder, 'lib/last.ts'), "export const last = 'a';\n");
    const resumed = ['train', config, '--out', run, '--resume', '--set', 'maxSteps=2'];
    expect((await runGrpo(...resumed)).stderr).toContain('(lib/last.ts has changed)');
    expect((await runGrpo(...resumed, '--as-recorded')).status).toBe(0);
    expect(changesOf(run).map(({ field }) => field)).toEqual(['config.maxSteps']);
  });

  const hasPython = spawnSync('python3', ['--version']).status === 0;
  if (!hasPython) console.log('Skipped: there is no python3, so no Python module was edited.');
  test.skipIf(!hasPython)('a module of Python rewards cannot be as recorded; the reward file itself can', async () => {
    const reward =
      'from words import SIGN\n\ndef length(completions, **kwargs):\n    return [SIGN * len(c) for c in completions]\n';
    const files = { 'length.py': reward, 'words.py': 'SIGN = 1\n' };
    const one = await started({ rewards: ['length.py'] }, files);
    expect(runInfoOf(one.run).rewardSources!.map(({ name }) => name)).toEqual(['length.py', 'words.py']);
    writeFileSync(join(one.folder, 'length.py'), reward.replace('SIGN *', '5 +'));
    expect((await one.train('--resume', '--set', 'maxSteps=2', '--as-recorded')).status).toBe(0);
    expect(rolloutsOf(one.run, 2).every(({ reward, completion }) => reward === [...completion].length)).toBe(true);
    writeFileSync(join(one.folder, 'words.py'), 'SIGN = -1\n');
    expect(await refusal(one, '--set', 'maxSteps=3', '--as-recorded')).toMatch(
      /^words\.py, which Python rewards import, has changed; restore it from .*rewards\/words\.py\.$/,
    );
  });

  test.each([
    ['all weights', null],
    ['an adapter', { r: 2, useDora: true, targetModules: ['q_proj'], modulesToSave: ['embed_tokens'] }],
  ])('a workspace that was moved, with its model, is no difference when training %s', async (_, lora) => {
    const folder = tinyWorkspace({ maxSteps: 1, lrSchedulerType: 'constant', model: 'model', lora });
    cpSync(tinyConfig.model, join(folder, 'model'), { recursive: true });
    await trainHere(join(folder, 'run.grpo.json'), { out: join(folder, 'run') });
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    try {
      const config = join(moved, 'run.grpo.json');
      const { status, stderr } = await runGrpo(
        ...['train', config, '--out', join(moved, 'run'), '--resume', '--set', 'maxSteps=2'],
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('done after step 2') });
      expect(runInfoOf(join(moved, 'run'))).toMatchObject({
        configFile: config,
        config: { dataset: join(moved, 'prompts.jsonl') },
      });
    } finally {
      renameSync(moved, folder);
    }
  });
});

/** A copy of a model's file or folder with one weight changed: of the same shape, and another model. */
function otherModel(model: string, copy: string): void {
  cpSync(model, copy, { recursive: true });
  const file = statSync(copy).isFile() ? copy : join(copy, 'model.safetensors');
  const bytes = readFileSync(file);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(file, bytes);
}

describe('a base model of the same shape', () => {
  const lora = { r: 2, targetModules: ['q_proj'] };

  test.each([
    ['float32', tinyConfig.model, 'model.safetensors', {}],
    ['int8', SORT, 'model.safetensors', { quantization: 'int8' }],
    ['.gguf', referenceModel('llama.gguf'), 'model.gguf', { quantization: 'int8' }],
  ])('whose weights were replaced is no base of the adapter: %s', async (_, model, file, config) => {
    const name = file.endsWith('.gguf') ? file : 'model';
    const folder = tinyWorkspace({ maxSteps: 1, lrSchedulerType: 'constant', model: name, lora, ...config });
    const one = startedIn(folder);
    cpSync(model, join(folder, name), { recursive: true });
    expect((await one.train()).stderr).toContain('done after step 1');
    rmSync(join(folder, name), { recursive: true });
    otherModel(model, join(folder, name));
    const set = ['--set', 'maxSteps=2'];
    expect(await refusal(one, ...set)).toContain(`(the model (${file}) has changed): continue with today's`);
    expect(await refusal(one, ...set, '--as-recorded')).toMatch(/^The model .* has changed since .*; restore it\.$/);
    const continued = await one.train('--resume', ...set, '--with-changes');
    expect(continued.stderr).toContain('From step 2 on: maxSteps 1 → 2; model has changed.');
    expect(changesOf(one.run).map(({ field }) => field)).toEqual(['config.maxSteps', 'inputs.model']);
  });

  test('that lies elsewhere is another; the same one elsewhere is not', async () => {
    const one = await started({ lora });
    const [same, other] = [join(one.folder, 'same'), join(one.folder, 'other')];
    cpSync(tinyConfig.model, same, { recursive: true });
    otherModel(tinyConfig.model, other);
    expect(await refusal(one, '--set', 'maxSteps=2', '--set', `model=${other}`)).toContain(' → other): continue');
    expect((await one.train('--resume', '--set', 'maxSteps=2', '--set', `model=${same}`)).status).toBe(0);
  });

  test('that the second of two stages begins with is named', async () => {
    const models = ['first', 'second'];
    const stages = models.map((model) => ({ kind: 'distill', model, dataset: 'demonstrations.jsonl', maxSteps: 1 }));
    const folder = tinyWorkspace(
      { stages, model: SORT, rewards: [], lora },
      { 'demonstrations.jsonl': [{ prompt: 'Sort 2 1:', completion: ' 1 2' }] },
    );
    for (const model of models) cpSync(SORT, join(folder, model), { recursive: true });
    const one = startedIn(folder);
    expect((await one.train()).stderr).toContain('done after step 2');
    rmSync(join(folder, 'second'), { recursive: true });
    otherModel(SORT, join(folder, 'second'));
    const set = ['--set', 'stages.1.maxSteps=2'];
    expect(await refusal(one, ...set)).toContain('(the stages (second/model.safetensors) has changed)');
    const continued = await one.train('--resume', ...set, '--with-changes');
    expect({ status: continued.status, stderr: continued.stderr }).toMatchObject({ status: 0 });
  });
});

describe("a model whose tokenizer is not tokenizer.json as it is, but what transformers' class makes of it", () => {
  /** One that a class of GPT-2 makes; tokenizer.json itself cuts no words. */
  async function startedWith(className: string): Promise<Started> {
    const folder = tinyWorkspace({ maxSteps: 1, lrSchedulerType: 'constant', model: 'model' });
    cpSync(SORT, join(folder, 'model'), { recursive: true });
    const one = startedIn(folder);
    setClass(one, className);
    await trainHere(one.config, { out: one.run });
    return one;
  }
  function setClass({ folder }: Started, tokenizer_class: string): void {
    const config = readJson<object>(folder, 'model/tokenizer_config.json');
    writeFileSync(join(folder, 'model/tokenizer_config.json'), JSON.stringify({ ...config, tokenizer_class }));
  }
  /** As a release that knew no classes recorded it. */
  function forgetTokenizer({ run }: Started): void {
    const { inputs, ...info } = readJson<RunInfo>(run, 'run.json');
    const { tokenizer: _, ...others } = inputs!;
    writeFileSync(join(run, 'run.json'), JSON.stringify({ ...info, inputs: others }));
  }
  const set = ['--set', 'maxSteps=2'];

  test('continues with that one', async () => {
    const one = await startedWith('GPT2Tokenizer');
    const [tokenizer] = runInfoOf(one.run).inputs!.tokenizer!;
    expect(tokenizer).toMatchObject({ class: 'GPT2Tokenizer', asItIs: expect.not.stringMatching(tokenizer!.sha256) });
    expect((await one.train('--resume', ...set)).status).toBe(0);
    expect(changesOf(one.run).map(({ field }) => field)).toEqual(['config.maxSteps']);
  });

  test('is named where an earlier release trained with tokenizer.json as it is', async () => {
    const one = await startedWith('GPT2Tokenizer');
    const [now] = runInfoOf(one.run).inputs!.tokenizer!;
    forgetTokenizer(one);
    const model = join(one.folder, 'model');
    const problem = `The run was trained with tokenizer.json as it is, and this version follows transformers' class GPT2Tokenizer; to keep that tokenizer, set "tokenizer_class" to "PreTrainedTokenizerFast" in tokenizer_config.json of ${model} and resume with --with-changes.`;
    expect(await refusal(one, ...set)).toBe(
      `The run was recorded with other settings, code or data than today's (the tokenizer of model: tokenizer.json as it is → transformers' class GPT2Tokenizer): continue with today's from step 2 (--with-changes); --as-recorded is not possible: ${problem}`,
    );
    expect(await refusal(one, ...set, '--as-recorded')).toBe(problem);
    const continued = await one.train('--resume', ...set, '--with-changes');
    expect(continued.stderr).toContain('From step 2 on: maxSteps 1 → 2; tokenizer has changed.');
    expect(changesOf(one.run).at(-1)).toEqual({
      ...{ step: 2, field: 'inputs.tokenizer' },
      ...{ from: [{ file: model, sha256: now!.asItIs }], to: [now] },
    });
    expect((await one.train('--resume', '--set', 'maxSteps=3')).status).toBe(0);
  });

  test('keeps tokenizer.json as it is where the folder then says so', async () => {
    const one = await startedWith('GPT2Tokenizer');
    forgetTokenizer(one);
    setClass(one, 'PreTrainedTokenizerFast');
    expect(await refusal(one, ...set)).toContain('(the model (tokenizer_config.json) has changed): continue');
    expect((await one.train('--resume', ...set, '--with-changes')).status).toBe(0);
    expect(changesOf(one.run).map(({ field }) => field)).toEqual(['config.maxSteps', 'inputs.model']);
  });

  test('is no other one where an earlier release took the same', async () => {
    const one = await startedWith('PreTrainedTokenizerFast');
    forgetTokenizer(one);
    expect((await one.train('--resume', ...set)).status).toBe(0);
    expect(changesOf(one.run).map(({ field }) => field)).toEqual(['config.maxSteps']);
    expect(runInfoOf(one.run).inputs!.tokenizer).toHaveLength(1);
  });
});

test('a run that is done is left as it is when there is nothing to train', async () => {
  const { run, train } = await started();
  const before = contentOf(run);
  const { status, stderr } = await train('--resume', '--set', 'seed=7');
  expect(status).toBe(0);
  expect(stderr).toMatch(/^Nothing to train: .* has all of its 1 steps\. Raise "maxSteps" to continue it\.\n/);
  expect(contentOf(run)).toEqual(before);
});

test('a run of release 0.1 continues, and says what is not known of it', async () => {
  const { run, train } = await started();
  const { inputs: _, rewardSources: __, ...old } = readJson<RunInfo>(run, 'run.json');
  // Nor did it have every field of today's configs.
  const { useBiasCorrectionKl: ___, lora: ____, ...config } = old.config;
  writeFileSync(join(run, 'run.json'), JSON.stringify({ ...old, config }));
  rmSync(join(run, 'rewards'), { recursive: true });
  const { status, stderr } = await train('--resume', '--set', 'maxSteps=2');
  expect(status).toBe(0);
  expect(stderr).toContain('An earlier release started this run');
  expect(runInfoOf(run).rewardSources).toHaveLength(1);
  expect(changesOf(run).map(({ field }) => field)).toEqual(['config.maxSteps']);
});
