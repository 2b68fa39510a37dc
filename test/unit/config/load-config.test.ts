import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { BadInput, type Problem } from '../../../src/protocol/errors.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-config-'));
  file = join(folder, 'sort.grpo.json');
  mkdirSync(join(folder, 'model'));
  for (const name of ['data.jsonl', 'sort.reward.ts']) writeFileSync(join(folder, name), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

const REQUIRED = '"model": "model", "dataset": "data.jsonl", "rewards": ["sort.reward.ts#ordering"]';

function load(text: string, ...set: string[]) {
  writeFileSync(file, text);
  return loadRunConfig(file, { set });
}

/** The error's message with the config's path left out. */
function problem(text: string, ...set: string[]): string {
  try {
    load(text, ...set);
  } catch (error) {
    expect(error).toBeInstanceOf(BadInput);
    return (error as BadInput).message.replaceAll(folder, '').replace(/^.sort\.grpo\.json:/, '');
  }
  throw new Error('accepted');
}

/** One more field on line 2. */
const withField = (field: string) => problem(`{ ${REQUIRED},\n  ${field} }`);

describe('a run config', () => {
  test('may have comments and trailing commas, and gets absolute paths and defaults', () => {
    const { config, name, directory } = load(
      `\uFEFF{ // sort digits\r\n ${REQUIRED}, /* fast */ "learningRate": 1e-4, }`,
    );
    expect(config).toMatchObject({
      model: join(folder, 'model'),
      dataset: join(folder, 'data.jsonl'),
      rewards: [{ file: join(folder, 'sort.reward.ts'), function: 'ordering', weight: 1 }],
      learningRate: 1e-4,
      lossType: 'dapo',
    });
    expect([name, directory]).toEqual(['sort', folder]);
  });

  test('may name its datasets by patterns and folders, which become the files that they come to', () => {
    const odd = join(folder, 'sets [1]');
    mkdirSync(join(odd, 'hub'), { recursive: true });
    for (const name of ['a-1.csv', 'a-2.csv', 'hub/train.jsonl', 'hub/test.jsonl']) writeFileSync(join(odd, name), '');
    const named = '"model": "../model", "dataset": ["a-*.csv", "a-1.csv"], "evalDataset": "hub", "rewards": []';
    writeFileSync(join(odd, 'x.grpo.json'), `{ ${named} }`);
    const { dataset, evalDataset } = loadRunConfig(join(odd, 'x.grpo.json')).config;
    expect(dataset).toEqual([join(odd, 'a-1.csv'), join(odd, 'a-2.csv')]);
    expect(evalDataset).toBe(join(odd, 'hub/test.jsonl'));
  });

  test('has no variables for the chat template that would be other numbers than in Python', () => {
    const words = (number: string) =>
      problem(`{ ${REQUIRED},\n  "chatTemplateKwargs": { "k": [{ "a": ${number} }] } }`);
    expect(words('1.0')).toBe(
      "2:40: For a chat template, Python's 1.0 is not JavaScript's 1; write a whole number below 2^53, a decimal fraction, or a text.",
    );
    for (const number of ['1e3', '-0.0', '1e400', '9007199254740993']) expect(words(number)).toContain(number);
    expect(problem(`{ ${REQUIRED} }`, 'chatTemplateKwargs.k=2.0')).toContain(
      "--set chatTemplateKwargs.k=2.0: For a chat template, Python's 2.0",
    );
    const fine = load(`{ ${REQUIRED}, "learningRate": 1.0, "chatTemplateKwargs": { "k": [1, 0.5, 1.50, "1.0", -3] } }`);
    expect(fine.config.chatTemplateKwargs).toEqual({ k: [1, 0.5, 1.5, '1.0', -3] });
  });

  test('names an interpreter by a path of its own folder, or as the PATH has it', () => {
    const pythonOf = (value: string, ...set: string[]) =>
      load(`{ ${REQUIRED}, "python": ${value} }`, ...set).config.python;
    expect(pythonOf('".venv/bin/python"')).toBe(join(folder, '.venv/bin/python'));
    expect(pythonOf('"./python"')).toBe(join(folder, 'python'));
    expect(pythonOf('"/usr/bin/python3"')).toBe('/usr/bin/python3');
    expect(pythonOf('"python3.12"')).toBe('python3.12');
    expect(pythonOf('null', 'python="env/python"')).toBe(join(folder, 'env/python'));
  });

  test('means the same when its resolved form is read again', () => {
    const { config } = load(`{ ${REQUIRED}, "epsilon": 0.1, "scaleRewards": false, "$schema": "x" }`);
    expect(config).toMatchObject({ epsilonHigh: 0.1, scaleRewards: 'none' });
    expect(runConfigSchema.parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  test('locates its fields for errors that are found later', () => {
    const { locate } = load(`{\n  "model": "model", "dataset": "data.jsonl",\n  "rewards": [\n    "sort.reward.ts"]}`);
    expect(locate(['rewards', 0])).toEqual({ file, line: 4, column: 5, path: ['rewards', 0] });
    expect(locate(['rewards', 7, 'weight'])).toEqual({ file, line: 3, column: 14, path: ['rewards', 7, 'weight'] });
    expect(locate(['learningRate'])).toEqual({ file, line: 1, column: 1, path: ['learningRate'] });
  });
});

describe('bad input is one sentence at its line and column', () => {
  test.each([
    ['"learning_rate": 1', '2:3: Unknown field "learning_rate". Did you mean "learningRate"?'],
    ['"numGeneration": 4', '2:3: Unknown field "numGeneration". Did you mean "numGenerations"?'],
    ['"nope": 4', '2:3: Unknown field "nope".'],
    ['"numGenerations": 1', '2:21: "numGenerations" must be at least 2, not 1.'],
    ['"numGenerations": "8"', '2:21: "numGenerations" must be a number, not "8".'],
    ['"numGenerations": 2.5', '2:21: "numGenerations" must be a whole number, not 2.5.'],
    ['"temperature": 0', '2:18: "temperature" must be above 0, not 0.'],
    ['"topP": 1.5', '2:11: "topP" must be at most 1, not 1.5.'],
    ['"minP": "x"', '2:11: "minP" must be a number, not "x".'],
    ['"device": "gpu"', '2:13: "device" must be one of "auto", "cpu", "webgpu", "tensorflow", "cuda", not "gpu".'],
    [
      '"device": "cuda", "backend": "builtin"',
      '2:13: "device" cannot be "cuda" with the backend "builtin": TRL trains on CUDA; remove "backend".',
    ],
    [
      '"backend": "trl", "device": "webgpu"',
      '2:31: "device" cannot be "webgpu" with the backend "trl"; set it to "cuda", "cpu" or "auto".',
    ],
    ['"backend": "tlr"', '2:14: "backend" must be one of "builtin", "trl", not "tlr".'],
    ['"trl": { "process": 2 }', '2:12: Unknown field "trl.process". Did you mean "processes"?'],
    ['"trl": { "processes": 0 }', '2:25: "trl.processes" must be at least 1, not 0.'],
    ['"rewardTimeoutSeconds": 3000000', '2:27: "rewardTimeoutSeconds" must be at most 2147000, not 3000000.'],
    ['"scaleRewards": 3', '2:19: "scaleRewards" must be one of "group", "batch", "adaptive", "none", not 3.'],
    [
      '"baseline": "history", "scaleRewards": "batch"',
      '2:15: "baseline" cannot be "history" with scaleRewards "batch"; set scaleRewards to "none".',
    ],
    [
      '"baseline": "leave-one-out", "multiObjectiveAggregation": "normalize_then_sum"',
      '2:15: "baseline" cannot be "leave-one-out" with multiObjectiveAggregation "normalize_then_sum"; set multiObjectiveAggregation to "sum_then_normalize".',
    ],
    [
      '"scaleRewards": "adaptive", "multiObjectiveAggregation": "normalize_then_sum"',
      '2:19: "scaleRewards" cannot be "adaptive" with multiObjectiveAggregation "normalize_then_sum", which divides by the deviations of each function and of the batch.',
    ],
    ['"gradientCheckpointing": "yes"', '2:28: "gradientCheckpointing" must be "auto" or true or false, not "yes".'],
    ['"gradientCheckpointing": "aut"', '2:28: "gradientCheckpointing" must be "auto" or true or false, not "aut".'],
    ['"gradientCheckpointing": null', '2:28: "gradientCheckpointing" must be "auto" or true or false, not null.'],
    [
      '"quantization": "int3"',
      '2:19: "quantization" must be one of "int8", "int4", "auto", not "int3". Did you mean "int8"?',
    ],
    ['"quantization": true', '2:19: "quantization" must be one of "int8", "int4", "auto", not true.'],
    ['"shuffleDataset": null', '2:21: "shuffleDataset" must be true or false, not null.'],
    ['"evalDataset": "none.jsonl"', '2:18: "evalDataset" names none.jsonl, which does not exist (/none.jsonl).'],
    ['"evalDataset": []', '2:18: "evalDataset" must be a list that is not empty, not [].'],
    ['"evalSteps": 5', '2:16: "evalSteps" requires an evalDataset or an evalSplit.'],
    [
      '"preset": "dapper"',
      '2:13: "preset" must be one of "thelmbook", "deepseekmath", "dapo", "dr_grpo", "gspo", "cispo", "sapo", "cs336", not "dapper".',
    ],
    [
      '"lrSchedulerType": "greedy"',
      '2:22: "lrSchedulerType" must be one of "constant", "constant_with_warmup", "linear", "cosine", "cosine_with_restarts", "polynomial", "inverse_sqrt", "cosine_with_min_lr", "cosine_warmup_with_min_lr", "warmup_stable_decay", not "greedy".',
    ],
    [
      '"lrSchedulerType": "warmup_stable_decay"',
      '1:1: "lrSchedulerKwargs" must have "numDecaySteps" with lrSchedulerType "warmup_stable_decay".',
    ],
    [
      '"lrSchedulerKwargs": { "minLr": 1e-5 }',
      '2:35: "lrSchedulerKwargs.minLr" is not an option of lrSchedulerType "linear", but of cosine_with_min_lr, cosine_warmup_with_min_lr.',
    ],
    [
      '"lrSchedulerKwargs": { "minLrr": 1e-5 }',
      '2:26: Unknown field "lrSchedulerKwargs.minLrr". Did you mean "minLr"?',
    ],
    [
      '"preset": "dapo", "promptsPerStep": 2, "numGenerations": 4',
      '2:13: "numMiniBatches" must not be above the 8 completions of a step. It is 16 in the preset; set it here.',
    ],
    ['"generations": { "min": 1, "max": 4 }', '2:27: "generations.min" must be at least 2, not 1.'],
    [
      '"curriculum": { "kind": "learnabilty" }',
      '2:27: "curriculum.kind" must be one of "easy-first", "learnability", not "learnabilty". Did you mean "learnability"?',
    ],
    ['"replay": { "shares": 0.5 }', '2:15: Unknown field "replay.shares". Did you mean "share"?'],
    ['"dpoCoef": 0.1', '2:14: "dpoCoef" requires a reference policy; set beta above 0.'],
    [
      '"refModelMixupAlpha": 0.6',
      '2:25: "refModelMixupAlpha" requires syncRefModel: without it the reference never changes.',
    ],
    [
      '"refModelMixupAlpha": 0.6, "syncRefModel": true, "lora": {}',
      '2:25: "refModelMixupAlpha" cannot be combined with lora: adapters cannot be mixed weight by weight.',
    ],
    ['"useAdaptiveEntropy": true, "entropyCoefMin": 2', '2:49: "entropyCoefMin" must not be above entropyCoefMax (1).'],
    ['"topEntropyQuantile": 1.5', '2:25: "topEntropyQuantile" must be at most 1, not 1.5.'],
    ['"offPolicyMaskThreshold": 0', '2:29: "offPolicyMaskThreshold" must be above 0, not 0.'],
    ['"minCompletionLength": 600', '2:26: "minCompletionLength" must not be above maxCompletionLength (512).'],
    [
      '"gradientAccumulationSteps": 5',
      '2:32: "gradientAccumulationSteps" must divide the 32 completions of a step into equal parts.',
    ],
    [
      '"numMiniBatches": 8, "gradientAccumulationSteps": 8',
      '2:53: "gradientAccumulationSteps" must divide each of the 8 mini-batches of a step\'s 32 completions into equal parts.',
    ],
    [
      '"replay": { "share": 0.2 }',
      '2:13: "replay" must have a "share" of at least 1/4: a step has 4 prompts (promptsPerStep).',
    ],
    ['"numMiniBatches": 33', '2:21: "numMiniBatches" must not be above the 32 completions of a step.'],
    [
      '"numMiniBatches": 4, "beta": 0.1, "dpoCoef": 1',
      '2:48: "dpoCoef" cannot be combined with numMiniBatches: a pair may end up in two of them.',
    ],
    ['"beta": 0, "beta": 1', '2:14: The field "beta" is here twice; remove one.'],
    ['"__proto__": {}', '2:3: Unknown field "__proto__".'],
    ['"lora": { "__proto__": { "r": 4 } }', '2:13: Unknown field "__proto__".'],
    [
      '"promptsPerStep": 1000000000',
      '2:21: "promptsPerStep" is too large: promptsPerStep × numGenerations is 8000000000 completions, and a step can have at most 65536.',
    ],
    [
      '"maxCompletionLength": 4096, "promptsPerStep": 2000',
      '2:50: "promptsPerStep" is too large: promptsPerStep × numGenerations × maxCompletionLength is 65536000 tokens, and a step can have at most 33554432.',
    ],
    [
      '"numGenerationsEval": 100000',
      '2:25: "numGenerationsEval" is too large: numGenerationsEval is 100000 completions, and a step can have at most 65536.',
    ],
    [`"beta": "${'a'.repeat(5000)}"`, `2:11: "beta" must be a number, not "${'a'.repeat(100)}…".`],
    ['"beta": "\\u001b[31m"', '2:11: "beta" must be a number, not "\\u001b[31m".'],
    ['"rewards" []', '2:13: The run config is not valid JSON: colon expected.'],
  ])('%s', (field, message) => expect(withField(field)).toBe(message));

  test.each([
    ['4', '3:2: "rewards.0" must be a text in quotes or an object, not 4.'],
    ['""', '3:2: "rewards.0" must be a text that is not empty, not "".'],
    ['"sort.reward.ts#"', '3:2: "rewards.0" must be a file, or file#function, not "sort.reward.ts#".'],
    ['"no.reward.ts#f"', '3:2: "rewards.0" names no.reward.ts, which does not exist (/no.reward.ts).'],
    ['{ "weight": 2 }', '3:2: "rewards.0.file" is missing.'],
    ['{ "file": "sort.reward.ts", "weigth": 2 }', '3:30: Unknown field "rewards.0.weigth". Did you mean "weight"?'],
    ['{ "file": "sort.reward.ts", "weight": "2" }', '3:40: "rewards.0.weight" must be a number, not "2".'],
  ])('reward %s', (reward, message) => {
    expect(problem(`{ "model": "model", "dataset": "data.jsonl",\n"rewards": [\n ${reward}] }`)).toBe(message);
  });

  test('says what is wrong as data too: the kind, the field, and what to put there instead', () => {
    const data = (text: string, ...set: string[]): Problem => {
      try {
        load(text, ...set);
      } catch (error) {
        return (error as BadInput).problem;
      }
      throw new Error('accepted');
    };
    expect(data(`{ ${REQUIRED},\n  "learningRte": 1 }`)).toEqual({
      kind: 'config-field',
      message: 'Unknown field "learningRte". Did you mean "learningRate"?',
      place: { file, line: 2, column: 3, path: ['learningRte'] },
      remedy: { action: 'edit', from: 'learningRte', to: 'learningRate' },
    });
    expect(data(`{ ${REQUIRED},\n  "scaleRewards": "bacth" }`)).toMatchObject({
      place: { file, line: 2, column: 19, path: ['scaleRewards'] },
      remedy: { action: 'edit', from: 'bacth', to: 'batch' },
    });
    expect(data(`{ ${REQUIRED},\n  "beta": -1 }`)).toMatchObject({
      kind: 'config-field',
      place: { file, line: 2, column: 11, path: ['beta'] },
      remedy: undefined,
    });
    expect(data(`{ "model": "no:12: /m.x:3: y",\n "dataset": "data.jsonl", "rewards": [] }`)).toMatchObject({
      kind: 'missing-model',
      place: { file, line: 1, column: 12, path: ['model'] },
      remedy: { action: 'get-model' },
    });
    expect(data(`{ ${REQUIRED} }`, 'rewards.0.weight=heavy')).toMatchObject({
      place: { file, path: ['rewards', 0, 'weight'], option: '--set rewards.0.weight=heavy' },
    });
  });

  test('a dataset that is not there, or leaves a choice, at its value', () => {
    const dataset = (named: string) => problem(`{ "model": "model",\n "dataset": ${named}, "rewards": [] }`);
    expect(dataset('"dta.jsonl"')).toBe(
      '2:13: "dataset" names dta.jsonl, which does not exist (/dta.jsonl). Did you mean "data.jsonl"?',
    );
    expect(dataset('"openai/gsm8k"')).toBe(
      '2:13: "dataset" names openai/gsm8k, which does not exist (/openai/gsm8k). If this is a dataset of the Hugging Face Hub, download it (hf download openai/gsm8k --repo-type dataset --local-dir data/gsm8k) and name its folder.',
    );
    if (process.platform !== 'win32') {
      expect(dataset('"model\\\\..\\\\data.jsonl"')).toMatch(
        /which does not exist .* Write it with "\/" instead of "\\"\.$/,
      );
      symlinkSync('nowhere.jsonl', join(folder, 'link.jsonl'));
      expect(dataset('"link.jsonl"')).toBe(
        '2:13: "dataset" names link.jsonl, which cannot be read: it is a link to what does not exist (/link.jsonl).',
      );
    }
    expect(dataset('["data.jsonl", "date-*.jsonl"]')).toBe(
      '2:28: No dataset file matches /date-*.jsonl. Did you mean "data.jsonl"?',
    );
    expect(dataset('"model"')).toMatch(/^2:13: The folder \/model has no dataset files; those end in/);
  });

  test('the file as a whole', () => {
    expect(problem('[]')).toBe('1:1: The run config must be one JSON object, { ... }.');
    expect(problem('')).toBe('1:1: The run config is not valid JSON: value expected.');
    expect(problem('{ "model": "model" }')).toBe('1:1: "dataset" is missing.');
    expect(problem('{ "model": "model", "datasets": "data.jsonl", "rewards": [] }')).toContain(
      'Did you mean "dataset"?',
    );
    expect(problem('{ "model": "model", "dataset": "model", "rewards": [] }')).toContain('has no dataset files');
    expect(() => loadRunConfig(join(folder, 'no.grpo.json'))).toThrow(
      /^The run config .*no\.grpo\.json does not exist\.$/,
    );
    expect(() => loadRunConfig(folder)).toThrow(/is a folder/);
  });
});

describe('--set', () => {
  test('is where an overridden field stands, for what is found wrong with it later', () => {
    const { locate } = load(`{ ${REQUIRED}, "beta": 0.5 }`, 'rewards.0.weight=2');
    expect(locate(['rewards', 0])).toEqual({ file, path: ['rewards', 0], option: '--set rewards.0.weight=2' });
    expect(locate(['beta'])).toEqual({ file, line: 1, column: expect.any(Number), path: ['beta'] });
  });

  test('overrides fields, list items and parts of a reward', () => {
    const { config } = load(
      `{ ${REQUIRED} }`,
      'learningRate=1e-4',
      'lossType=grpo',
      'delta=null',
      'rewards.0.weight=2',
      'chatTemplateKwargs.enable_thinking=false',
    );
    expect(config).toMatchObject({ learningRate: 1e-4, lossType: 'grpo', delta: null });
    expect(config.rewards).toEqual([{ file: join(folder, 'sort.reward.ts'), function: 'ordering', weight: 2 }]);
    expect(config.chatTemplateKwargs).toEqual({ enable_thinking: false });
  });

  test.each([
    ['learningRate=fast', '--set learningRate=fast: "learningRate" must be a number, not "fast".'],
    ['lr.rate=1', '--set lr.rate=1: Unknown field "lr".'],
    ['beta.x=1', '--set beta.x=1: "beta" is 0.5 and has no fields of its own.'],
    ['rewards.3.weight=2', '--set rewards.3.weight=2: "rewards" is a list of 1; count from 0, such as rewards.0.'],
    ['rewards.x=2', '--set rewards.x=2: "rewards" is a list of 1; count from 0, such as rewards.0.'],
    [
      'model=other',
      `--set model=other: "model" names other, which does not exist (/other). docs/models.md says how to get one; in VS Code, "GRPO: Get Model" helps with it.`,
    ],
    ['learningRate', '--set learningRate: write field=value, such as --set learningRate=1e-4.'],
    ['lora.__proto__.r=1', '--set lora.__proto__.r=1: there is no field "__proto__".'],
    ['__proto__=1', '--set __proto__=1: there is no field "__proto__".'],
    ['constructor.prototype.x=1', '--set constructor.prototype.x=1: Unknown field "constructor".'],
    ['toString=1', '--set toString=1: Unknown field "toString".'],
    ['lora={"__proto__":1}', '--set lora={"__proto__":1}: Unknown field "lora.__proto__".'],
    ['lora.r=9000000', '--set lora.r=9000000: "lora.r" must be at most 8192, not 9000000.'],
    [`beta=${'['.repeat(1e5)}`, `--set beta=${'['.repeat(95)}…: This is nested more than 200 levels deep; flatten it.`],
    ['=1', '--set =1: write field=value, such as --set learningRate=1e-4.'],
  ])('%s', (set, message) => expect(problem(`{ ${REQUIRED}, "beta": 0.5 }`, set)).toBe(message));
});
