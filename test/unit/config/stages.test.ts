import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRunConfig } from '../../../src/config/load-config.ts';
import { stagesOf } from '../../../src/config/run-stages.ts';
import { BadInput } from '../../../src/protocol/errors.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { referenceModel, workspace } from '../../integration/training/workspace.ts';

const MODEL = referenceModel('qwen3');

/** Line 4 has the stages. */
function load(stages: string, fields: object = {}) {
  const folder = workspace({
    'run.grpo.json': `{ "model": ${JSON.stringify(MODEL)}, "dataset": "rows.jsonl",
  "rewards": ["r.reward.ts"], "epsilon": 0.1,
  ${JSON.stringify(fields).slice(1, -1)}${Object.keys(fields).length > 0 ? ',' : ''}
  "stages": ${stages} }`,
    'rows.jsonl': [{ prompt: 'a', completion: 'b' }],
    'other.jsonl': [{ prompt: 'a', completion: 'b' }],
    'r.reward.ts': 'export const r = () => 1;',
  });
  return loadRunConfig(join(folder, 'run.grpo.json'));
}

function refused(stages: string, fields?: object): string {
  try {
    load(stages, fields);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    const { place, message } = error.problem;
    return `${place?.line}: ${message}`;
  }
  throw new Error('it was not refused');
}

test('a stage has its own fields, and otherwise those of the run', () => {
  const loaded = load(
    '[{ "kind": "sft", "dataset": "other.jsonl", "learningRate": 0.1 }, { "kind": "grpo", "name": "main", "epsilon": 0.3, "scaleRewards": true, "maxSteps": 7 }]',
    { maxSteps: 5, learningRate: 0.2 },
  );
  const [sft, grpo] = stagesOf(loaded);
  expect(sft).toMatchObject({ number: 1, name: 'sft', kind: 'sft', first: 1, last: 5 });
  expect(grpo).toMatchObject({ number: 2, name: 'main', kind: 'grpo', first: 6, last: 12 });
  expect(sft!.loaded.config).toMatchObject({ learningRate: 0.1, maxSteps: 5, epsilon: 0.1 });
  expect(sft!.loaded.config.dataset).toMatch(/other\.jsonl$/);
  // What follows another field does so in a stage too.
  expect(grpo!.loaded.config).toMatchObject({
    learningRate: 0.2,
    epsilon: 0.3,
    epsilonHigh: 0.3,
    scaleRewards: 'group',
  });
  expect(sft!.loaded.locate(['learningRate'])).toMatchObject({ line: 4, path: ['stages', 0, 'learningRate'] });
  expect(sft!.loaded.locate(['rewards'])).toMatchObject({ line: 2 });
});

test('a run has as many steps as its stages, and comes back from its record as it was', () => {
  const { config } = load(
    '[{ "kind": "sft" }, { "kind": "sft", "maxSteps": 2 }, { "kind": "grpo", "scaleRewards": false }]',
  );
  expect(config.maxSteps).toBe(202);
  expect(config.stages!.map(({ name, maxSteps }) => [name, maxSteps])).toEqual([
    ['sft 1', 100],
    ['sft 2', 2],
    ['grpo', 100],
  ]);
  expect(JSON.stringify(runConfigSchema.parse(JSON.parse(JSON.stringify(config))))).toBe(JSON.stringify(config));
});

test('a run without stages is one stage of GRPO', () => {
  const loaded = load('null');
  expect(stagesOf(loaded)).toMatchObject([{ number: 1, kind: 'grpo', first: 1, last: 100 }]);
  expect(stagesOf(loaded)[0]!.loaded).toBe(loaded);
});

test.each([
  ['[]', '4: "stages" must be a list that is not empty, not [].'],
  ['[{}]', '4: "stages.0.kind" is missing.'],
  ['[{ "kind": "dpo" }]', '4: "stages.0.kind" must be one of "sft", "grpo", "rejection", "distill", not "dpo".'],
  ['[{ "kind": "sft", "learnRate": 1 }]', '4: Unknown field "stages.0.learnRate". Did you mean "learningRate"?'],
  [
    '[{ "kind": "sft", "beta": 1 }]',
    '4: "stages.0.beta" is no field of a stage of kind "sft"; stages of kind "grpo" have it.',
  ],
  [
    '[{ "kind": "grpo", "device": "cpu" }]',
    '4: "stages.0.device" cannot differ between stages; set "device" for the whole run, beside "stages".',
  ],
  ['[{ "kind": "grpo", "numGenerations": 1 }]', '4: "stages.0.numGenerations" must be at least 2, not 1.'],
  [
    '[{ "kind": "grpo", "minCompletionLength": 600 }]',
    '4: "stages.0.minCompletionLength" must not be above maxCompletionLength (512).',
  ],
  [
    '[{ "kind": "rejection" }]',
    '4: "stages.0.kind" is "rejection", which needs a "threshold" or a "best" that say which completions to keep.',
  ],
  ['[{ "kind": "distill", "dataset": "rows.jsonl" }]', '4: "stages.0.model" is missing.'],
  [
    `[{ "kind": "distill", "model": ${JSON.stringify(MODEL)} }]`,
    '4: "stages.0.kind" is "distill", which needs a "from" or a "dataset" to train on.',
  ],
  [
    '[{ "kind": "sft", "from": "later" }, { "kind": "rejection", "best": 1, "name": "later" }]',
    '4: "stages.0.from" must name an earlier stage of kind "rejection", not "later".',
  ],
  [
    '[{ "kind": "rejection", "best": 1 }, { "kind": "sft", "from": "rejection", "dataset": "rows.jsonl" }]',
    '4: "stages.1.from" cannot be combined with "dataset"; remove one of them.',
  ],
  [
    '[{ "kind": "sft", "name": "a" }, { "kind": "grpo", "name": "a" }]',
    '4: "stages.1.name" must be another one than that of an earlier stage, "a".',
  ],
  [
    '[{ "kind": "grpo", "rewards": ["no.reward.ts"] }]',
    expect.stringMatching(/^4: "stages\.0\.rewards\.0" names .*no\.reward\.ts, which does not exist/),
  ],
  [
    '[{ "kind": "sft", "dataset": "no.jsonl" }]',
    expect.stringMatching(/^4: "stages\.0\.dataset" names no\.jsonl, which does not exist/),
  ],
])('%s is refused', (stages, message) => {
  expect(refused(stages)).toEqual(message);
});
