import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadExperiment } from '../../../src/config/load-experiment.ts';
import { temporaryFolder } from '../files/folder.ts';

/** A workspace with the run config `sort.grpo.json` and this experiment. */
function experimentFile(experiment: string | object, config: object = {}): string {
  const folder = temporaryFolder();
  const files = {
    'model.gguf': '',
    'data.jsonl': '',
    'sort.reward.ts': '',
    'sort.grpo.json': JSON.stringify({
      model: 'model.gguf',
      dataset: 'data.jsonl',
      rewards: ['sort.reward.ts'],
      ...config,
    }),
    'sweep.experiment.json': typeof experiment === 'string' ? experiment : JSON.stringify(experiment),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return join(folder, 'sweep.experiment.json');
}

const load = (experiment: string | object, { set = [] as string[], config = {} } = {}) =>
  loadExperiment(experimentFile(experiment, config), set);

describe('loadExperiment', () => {
  test('every combination of what varies is a setting, and is trained with every seed', () => {
    const { name, settings, runs } = load(`{
      // a comment
      "base": "sort.grpo.json",
      "set": { "maxSteps": 7, "lora.r": 4 },
      "vary": { "learningRate": [1e-4, 1e-3], "numGenerations": [4, 8] },
      "seeds": [3, 1],
    }`);
    expect(name).toBe('sweep');
    expect(settings.map(({ label }) => label)).toEqual([
      'lr 1e-4 · generations 4',
      'lr 1e-4 · generations 8',
      'lr 1e-3 · generations 4',
      'lr 1e-3 · generations 8',
    ]);
    expect(settings[1]!.set).toEqual(['maxSteps=7', 'lora.r=4', 'learningRate=1e-4', 'numGenerations=8']);
    expect(settings[1]!.loaded.config).toMatchObject({
      maxSteps: 7,
      learningRate: 1e-4,
      numGenerations: 8,
      lora: { r: 4 },
    });
    // All settings with one seed before any with the next.
    expect(runs.map(({ seed }) => seed)).toEqual([3, 3, 3, 3, 1, 1, 1, 1]);
    expect(runs.map(({ setting }) => settings.indexOf(setting))).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(runs.every(({ config, seed }) => config.seed === seed)).toBe(true);
  });

  test('named settings change several fields, and combine with lists', () => {
    const { settings } = load({
      base: 'sort.grpo.json',
      vary: { method: { GRPO: {}, 'Dr. GRPO': { lossType: 'dr_grpo', scaleRewards: 'none' } }, beta: [0, 0.1] },
      seeds: [1],
    });
    expect(
      settings.map(({ label, loaded: { config } }) => [label, config.lossType, config.scaleRewards, config.beta]),
    ).toEqual([
      ['GRPO · beta 0', 'dapo', 'group', 0],
      ['GRPO · beta 0.1', 'dapo', 'group', 0.1],
      ['Dr. GRPO · beta 0', 'dr_grpo', 'none', 0],
      ['Dr. GRPO · beta 0.1', 'dr_grpo', 'none', 0.1],
    ]);
  });

  test('values without a short name are numbered', () => {
    const prompts = [{ text: 'Q: {{ question }}' }, { text: 'Question: {{ question }}, please answer' }];
    const { settings } = load({ base: 'sort.grpo.json', vary: { prompt: prompts }, seeds: [1] });
    expect(settings.map(({ label }) => label)).toEqual(['prompt 1', 'prompt 2']);
  });

  test('without anything that varies, the run config is trained with each seed', () => {
    const { settings, runs } = load({ base: 'sort.grpo.json', seeds: [1, 2, 3] });
    expect(settings.map(({ label, set }) => [label, set])).toEqual([['sort', []]]);
    expect(runs).toHaveLength(3);
  });

  test('overrides of the command line win', () => {
    const experiment = { base: 'sort.grpo.json', set: { maxSteps: 7 }, vary: { beta: [0, 1] }, seeds: [1] };
    const { settings } = load(experiment, { set: ['maxSteps=2'] });
    expect(settings.map(({ loaded }) => loaded.config.maxSteps)).toEqual([2, 2]);
  });

  test.each([
    [
      'a field that is none',
      '{"base": "sort.grpo.json",\n"vary": {\n "learningRte": [1]}, "seeds": [1]}',
      '3:2: Unknown field "learningRte". Did you mean "learningRate"?',
    ],
    [
      'one in "set"',
      '{"base": "sort.grpo.json",\n"set": {"lora.rank": 4}, "seeds": [1]}',
      '2:9: Unknown field "lora.rank".',
    ],
    [
      'a value that is none',
      '{"base": "sort.grpo.json",\n"vary": {"beta": [0,\n -1]}, "seeds": [1]}',
      '3:2: "beta" must be at least 0, not -1.',
    ],
    [
      'a base config that is missing',
      '{"seeds": [1],\n"base": "srt.grpo.json"}',
      '2:9: "base" names srt.grpo.json, which does not exist',
    ],
    ['nothing that varies', '{"base": "sort.grpo.json", "seeds": [1],\n"vary": {}}', '2:9: "vary" is empty: '],
    [
      'a field without values',
      '{"base": "sort.grpo.json", "seeds": [1],\n"vary": {"beta": []}}',
      '2:10: "beta" has no values; ',
    ],
    [
      'a name without settings',
      '{"base": "sort.grpo.json", "seeds": [1],\n"vary": {"method": {}}}',
      '2:10: "method" has no values; ',
    ],
    [
      'settings that come to the same',
      '{"base": "sort.grpo.json", "seeds": [1],\n"vary": {"beta": [0, 1], "numGenerations": [4,\n 4]}}',
      '3:2: "beta 0 · numGenerations 2" comes to the same run config as "beta 0 · numGenerations 1"; remove one of them.',
    ],
    [
      'a setting that is the default',
      '{"base": "sort.grpo.json", "seeds": [1],\n"vary": {"method": {"a": {},\n "b": {"beta": 0}}}}',
      '3:2: "b" comes to the same run config as "a"',
    ],
    [
      'a seed that varies',
      '{"base": "sort.grpo.json", "seeds": [1],\n"vary": {"seed": [1, 2]}}',
      '2:10: List the seeds in "seeds"',
    ],
    ['a seed twice', '{"base": "sort.grpo.json", "seeds": [1,\n 2, 1]}', '2:5: Seed 1 is here twice; remove one.'],
    ['no seeds', '{"base": "sort.grpo.json",\n"seeds": []}', '2:10: "seeds" must be a list that is not empty'],
    [
      'a misspelt field of its own',
      '{"base": "sort.grpo.json",\n"seds": [1]}',
      '2:1: Unknown field "seds". Did you mean "seeds"?',
    ],
    [
      'a value instead of a list',
      '{"base": "sort.grpo.json", "seeds": [1],\n"vary": {"beta": 1}}',
      '2:18: "vary.beta" must be a list or an object, not 1.',
    ],
    [
      'a path into a value',
      '{"base": "sort.grpo.json", "seeds": [1],\n"set": {"model.x": 1}}',
      '2:9: "model.x=1": "model" is "model.gguf" and has no fields of its own.',
    ],
    [
      'too many runs',
      `{"base": "sort.grpo.json", "seeds": [1],\n"vary": {"beta": [${Array.from({ length: 1001 }, (_, n) => n)}]}}`,
      '2:9: This comes to 1001 runs; an experiment can have at most 1000.',
    ],
    ['no object', '[]', '1:1: The experiment file must be one JSON object'],
    ['no JSON', '{"base": }', '1:10: The experiment file is not valid JSON: value expected.'],
  ])('refuses %s, and says where', (_, text, message) => {
    const file = experimentFile(text);
    expect(() => loadExperiment(file)).toThrow(`${file}:${message}`);
  });

  test('names the setting whose fields contradict those of the base config', () => {
    const config = { evalSplit: 2, evalSteps: 5 };
    const file = experimentFile(
      '{"base": "sort.grpo.json", "seeds": [1],\n"vary": {"evalSplit": [1,\n null]}}',
      config,
    );
    expect(() => loadExperiment(file)).toThrow(`${file}:2:10: With no evalSplit, "evalSteps" requires an evalDataset`);
  });

  test('what is wrong with the base config alone is said at its place', () => {
    const file = experimentFile({ base: 'sort.grpo.json', vary: { beta: [0, 1] }, seeds: [1] }, { temperature: -1 });
    expect(() => loadExperiment(file)).toThrow(/sort\.grpo\.json:1:\d+: "temperature" must be/);
  });

  test('a run config in place of an experiment is told what it is', () => {
    const file = join(experimentFile({}), '../sort.grpo.json');
    expect(() => loadExperiment(file)).toThrow(
      `${file}: This is a run config; name it as "base" in NAME.experiment.json.`,
    );
  });
});
