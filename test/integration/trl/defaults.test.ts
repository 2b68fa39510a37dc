/** What is left out of an exported script is TRL's default: as TRL says it, and as the runs that our training is checked against had it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { snakeCase } from '../../../src/text/snake-case.ts';
import { trlBatches } from '../../../src/trl/batches.ts';
import { translate } from '../../../src/trl/fields.ts';
import { printedByPython } from '../../helpers/run-python.ts';
import { ROOT, trlMissing } from './python.ts';

const inputs = { model: 'm', dataset: 'd.jsonl', rewards: ['r.reward.ts'] };
const usual = runConfigSchema.parse(inputs) as Record<string, unknown>;

/** Those that the script sets always, and those whose default another field fills in. */
const OTHERWISE = [
  'max_steps',
  'num_train_epochs',
  'epsilon_high',
  'num_generations_eval',
  'ref_model_mixup_alpha',
  'eval_on_start',
  'gradient_checkpointing',
];
/** Null here, and empty there. */
const EMPTY = ['chat_template_kwargs', 'lr_scheduler_kwargs', 'report_to'];

test.skipIf(trlMissing)('the defaults are those of TRL', async () => {
  const code =
    'import dataclasses, json; from trl import GRPOConfig; print(json.dumps({f.name: f.default for f in dataclasses.fields(GRPOConfig)}, default=lambda v: getattr(v, "value", None)))';
  const stdout = await printedByPython(['-c', code]);
  const theirs = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
  const compared = Object.keys(usual).filter((field) => {
    const name = snakeCase(field);
    return name in theirs && !OTHERWISE.includes(name) && !EMPTY.includes(name);
  });
  expect(compared.length).toBeGreaterThan(40);
  const values = (of: (field: string) => unknown) => Object.fromEntries(compared.map((field) => [field, of(field)]));
  expect(values((field) => usual[field])).toEqual(values((field) => theirs[snakeCase(field)]));
});

/** Not arguments of GRPOConfig, or in the script's own units. */
const ELSEWHERE = [
  ...['model', 'promptsPerStep', 'maxSteps', 'lora', 'gradientAccumulationSteps', 'numMiniBatches'],
  'refModelMixupAlpha',
];

const file = join(ROOT, 'test/references/fixtures/grpo-training/cases.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { config: Record<string, unknown> }>;

test.each(Object.entries(cases).filter(([, { config }]) => config.dpoCoef === undefined))(
  '%s: the arguments with which TRL reached the same weights',
  (_, { config }) => {
    const complete = runConfigSchema.parse({ ...inputs, ...config });
    const { args, impossible } = translate(complete);
    expect(impossible).toEqual([]);
    const { updatesPerStep } = trlBatches(complete);
    for (const [field, value] of Object.entries(config)) {
      if (ELSEWHERE.includes(field)) continue;
      const updates = field === 'refModelSyncSteps' ? Number(value) * updatesPerStep : value;
      expect(args[snakeCase(field)] ?? usual[field], field).toEqual(updates);
    }
    if (config.syncRefModel) expect(args.ref_model_mixup_alpha ?? 0.6).toBe(config.refModelMixupAlpha ?? 1);
  },
);
