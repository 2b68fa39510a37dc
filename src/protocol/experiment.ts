import * as z from 'zod';
import { runConfigFields } from './run-config-fields.ts';

/**
 * The experiment file (`NAME.experiment.json`): one run config, in what its runs differ, and the seeds that each is trained with. This schema
 * is the source of checks and types and, through `schemas/experiment.schema.json`, of what the editor shows on hover.
 */

const name = z.string().min(1);

/** Values of config fields by their paths, such as `lora.r`: as `--set path=value` has them. */
const overrides = z.record(name, z.unknown());
export type Overrides = z.output<typeof overrides>;

const axis = z.union([z.array(z.unknown()), z.record(name, overrides)]);

export const experimentFields = z.strictObject({
  $schema: z.string().optional().describe('The JSON schema that completes and checks this file in an editor.'),
  base: name.describe('The run config that every run starts from, relative to this file.'),
  set: overrides
    .default({})
    .describe(
      'Fields that all runs have instead of the run config\'s, such as { "maxSteps": 50, "lora.r": 8 }: a path as in `grpo train --set`, and its value.',
    ),
  vary: z
    .record(name, axis)
    .optional()
    .describe(
      'In what the runs differ; every combination is trained. A field of the run config with a list of its values, "learningRate": [1e-4, 1e-3], or a name of yours with settings that each change several fields, "method": { "GRPO": {}, "Dr. GRPO": { "lossType": "dr_grpo", "scaleRewards": "none" } }. If omitted, the run config alone is trained, with each seed.',
    ),
  seeds: z
    .array(runConfigFields.shape.seed.unwrap())
    .min(1)
    .describe(
      'Every setting is trained once with each of these seeds; the table has the mean and the deviation over them.',
    ),
  metrics: z
    .record(name, name)
    .default({})
    .describe(
      'Columns that the table has beside the reward: a heading of yours, and the metric of `metrics.jsonl` below it, such as { "tokens": "completions/mean_length" }. Of metrics of held-out prompts (eval_…) the last value counts, of others the mean of the last 10 steps.',
    ),
});
export const experimentFieldNames = Object.keys(experimentFields.shape);
