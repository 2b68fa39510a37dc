import { describe, expect, test } from 'vitest';
import { assignCredit } from '../../../src/grpo/credit.ts';
import { PRESET_NAMES, PRESETS, presetHover, presetNotes } from '../../../src/protocol/presets.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { runConfigFieldNames } from '../../../src/protocol/run-config-fields.ts';

const REQUIRED = { model: 'model', dataset: 'data.jsonl', rewards: [] };
const parse = (config: object) => runConfigSchema.parse({ ...REQUIRED, ...config });

describe.each(PRESET_NAMES)('%s', (preset) => {
  const { defaults, scale } = PRESETS[preset];

  test('asks for values that a config can have, and takes its own', () => {
    for (const field of Object.keys({ ...defaults, ...scale })) expect(runConfigFieldNames).toContain(field);
    const config = parse({ preset });
    for (const [field, { value }] of Object.entries(defaults))
      expect({ field, value: config[field as keyof typeof config] }).toEqual({ field, value });
    for (const [field, { value }] of Object.entries(scale))
      expect(runConfigSchema.safeParse({ ...REQUIRED, [field]: value }).success, field).toBe(true);
    // What a run records of it is the same run.
    expect(runConfigSchema.parse(config)).toEqual(config);
  });

  test('shows each value with its source', () => {
    for (const [field, { source }] of Object.entries({ ...defaults, ...scale })) {
      expect(presetHover(preset)).toContain(`\`${field}\`: `);
      expect(presetHover(preset)).toContain(source);
    }
  });
});

test('what a config says wins, and the log lists it', () => {
  const config = parse({ preset: 'dr_grpo', maxCompletionLength: 64, scaleRewards: 'group', promptsPerStep: 128 });
  expect(config).toMatchObject({
    lossType: 'dr_grpo',
    numGenerations: 8,
    maxCompletionLength: 64,
    scaleRewards: 'group',
  });
  expect(presetNotes(config)).toEqual([
    'Preset dr_grpo is changed: maxCompletionLength 64 instead of 3000, scaleRewards group instead of none.',
  ]);
  const { promptsPerStep, maxSteps } = PRESETS.thelmbook.scale;
  const book = presetNotes(
    parse({ preset: 'thelmbook', promptsPerStep: promptsPerStep.value, maxSteps: maxSteps.value }),
  );
  expect(book[0]).toBe('Preset thelmbook: every setting is as it asks for.');
  expect(book[1]).toMatch(/^Preset thelmbook also asks for what is not a setting here: rewards: 0\.2 for each/);
  expect(presetNotes(parse({}))).toEqual([]);
});

test("theLMbook's worked example", () => {
  // Three completions in the right format, one of them with 1.2 for correctness; two have all; one has nothing but its tags.
  const rewards = [2.8, 2.8, 2.0, 0.8];
  const { advantages } = assignCredit(
    {
      scores: rewards.map((reward) => [reward]),
      steps: rewards.map(() => [[]]),
      lengths: [1, 1, 1, 1],
      weights: [1],
      groupSize: 4,
    },
    parse({ preset: 'thelmbook' }),
  );
  const expected = [0.7405, 0.7405, -0.1058, -1.3753];
  advantages.forEach((advantage, i) => {
    expect(advantage).toBeCloseTo(expected[i]!, 3);
  });
});
