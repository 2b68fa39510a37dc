import * as z from 'zod';
import { fileAndFunction } from '../text/file-and-function.ts';
import { count, path, positive, share } from './config-values.ts';

/** Timers count up to 2^31 - 1 ms, and fire at once when they are given more: 24 days, less a grace period. */
const LONGEST_SECONDS = 2_147_000;

/** A reward in its long form. */
export const rewardFields = z.strictObject({
  file: path.describe('A .reward.ts, .reward.js or .py file, relative to this config.'),
  function: z
    .string()
    .min(1)
    .optional()
    .describe('The exported function to use; if omitted, every function that the file exports.'),
  weight: z.number().default(1).describe("The function's score is multiplied by this before the scores are summed."),
});

/** A reward file with the functions to take from it, as the config may write it, and as the trainer gets it. */
export const rewardSpec = z
  .union([
    path
      .regex(/[^#]$/, 'a file, or file#function')
      .describe(
        'A reward file, "rewards/sort.reward.ts" (every exported function) or "rewards/sort.reward.ts#ordering" (one).',
      ),
    rewardFields,
  ])
  .transform((value): RewardSpec => (typeof value === 'string' ? { ...fileAndFunction(value), weight: 1 } : value));

/** Where a reward function is; without `function`, every function that the file exports. */
export interface RewardSpec {
  file: string;
  function?: string | undefined;
  weight: number;
}

/** One file, pattern or folder, or several of them. */
const datasetFiles = z.union([path, z.array(path).min(1)]);

/** How a row of the dataset becomes a prompt: a column's name, or templates over the columns. */
const promptMapping = z.union([
  z.string().min(1).describe('The column that holds the prompt: a text, or a list of chat messages.'),
  z.strictObject({
    system: z.string().min(1).optional().describe('The system message, a Jinja template over the columns.'),
    user: z.string().min(1).describe('The user message, a Jinja template over the columns: "{{ question }}".'),
    prefill: z
      .string()
      .min(1)
      .optional()
      .describe('How the answer begins, such as "<think>\\n": the model continues from there.'),
  }),
  z.strictObject({
    text: z.string().min(1).describe('A plain prompt: a Jinja template over the columns, "Q: {{ question }}\\nA:".'),
  }),
]);
export type PromptMapping = z.output<typeof promptMapping>;

const difficultyFilter = z
  .strictObject({
    file: path
      .optional()
      .describe(
        'The solve rates that `grpo check --difficulty` measured, relative to this config; if omitted, NAME.difficulty.jsonl next to it.',
      ),
    min: share.default(0).describe('Skip prompts that are solved less often than this.'),
    max: share.default(1).describe('Skip prompts that are solved more often than this.'),
  })
  .describe('Which prompts to train on, by the share of completions that solved them.');

/** The fields of a run config that say what is trained, on which prompts, and with which rewards. */
export const inputs = {
  $schema: z.string().optional().describe('The JSON schema that completes and checks this file in an editor.'),
  model: path.describe('The model to train: a Hugging Face folder or a .gguf file, relative to this config.'),
  dataset: datasetFiles.describe(
    'The training prompts: a .jsonl, .json, .csv, .tsv or .parquet file (also with .gz), a list of them, a pattern such as "data/train-*.parquet", or a folder in the layout of the Hugging Face Hub; relative to this config.',
  ),
  evalDataset: datasetFiles
    .nullable()
    .default(null)
    .describe('Held-out prompts, named like `dataset` and mapped by the same `prompt` and `columns`; null: none.'),
  evalSplit: positive
    .nullable()
    .default(null)
    .describe(
      'Hold out part of `dataset` for evaluation, chosen by `seed`: below 1 a fraction of its rows, otherwise a number of them; null: none. Only without `evalDataset`.',
    ),
  prompt: promptMapping
    .nullable()
    .default(null)
    .describe(
      'How a dataset row becomes a prompt: the name of a column ("question"), chat messages whose texts are Jinja templates over the columns ({ "system": "…", "user": "{{ question }}" }), or plain text ({ "text": "Q: {{ question }}\\nA:" }); null: the column "prompt".',
    ),
  columns: z
    .record(z.string().min(1), z.string().min(1))
    .nullable()
    .default(null)
    .describe(
      'Further columns for the rewards and prompt templates, by name: another column or a path into one, such as { "answer": "reward_model.ground_truth" }; null: none.',
    ),
  maxRows: count.nullable().default(null).describe('Use only the first N rows of `dataset`; null: all.'),
  maxPromptLength: count
    .nullable()
    .default(null)
    .describe(
      "Skip prompts of more than N tokens; the log says how many. null: none are skipped, and a prompt that exceeds the model's context is an error.",
    ),
  difficulty: difficultyFilter
    .nullable()
    .default(null)
    .describe('Train only on prompts that the start model solves sometimes; null: on all.'),
  rewards: z.array(rewardSpec).describe('The reward functions. The model learns to maximize their weighted sum.'),
  samples: path
    .nullable()
    .default(null)
    .describe(
      'Sample completions to try the rewards on, relative to this config; null: the .samples.jsonl file of the same name, in "samples" or next to this config.',
    ),
  rewardTimeoutSeconds: positive
    .max(LONGEST_SECONDS)
    .default(10)
    .describe(
      'Wall-clock limit for scoring, in seconds; a function that takes longer is stopped, and its rows count as failed.',
    ),
  python: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'The Python interpreter for .py rewards: a path relative to this config, or a name on the PATH; null: find one automatically.',
    ),
  rewardEnv: z
    .array(z.string().regex(/^[^=]+$/, 'the name of an environment variable'))
    .default([])
    .describe(
      'Names of environment variables to pass to rewards, such as ["OPENAI_API_KEY"]. Otherwise rewards only get what programs, Python and CUDA need: docs/rewards.md lists it.',
    ),
  chatTemplateKwargs: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Extra variables for the chat template, such as { "enable_thinking": false }.'),
};
