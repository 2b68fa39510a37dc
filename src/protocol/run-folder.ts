import * as z from 'zod';
import { ERROR_KINDS, type SourceLocation } from './errors.ts';
import { finding } from './finding.ts';
import { heldOut } from './held-out.ts';
import { QUANTIZATIONS } from './quantization.ts';
import type { FailureKind, Prompt, RewardStep } from './rewards.ts';
import type { RunConfig } from './run-config.ts';

/** File names inside a run folder. Everything that is ever shown can be rebuilt from these files alone. */
export const RUN_FILES = {
  info: 'run.json',
  metrics: 'metrics.jsonl',
  rollouts: 'rollouts',
  /** What a step's update computed of each token of its rollout. */
  updates: 'updates',
  /** Completions of held-out prompts, a file for each evaluation. */
  evaluations: 'evaluations',
  checkpoints: 'checkpoints',
  /** Datasets that stages wrote: `stage-2.jsonl`, by the stage's number. */
  stages: 'stages',
  /** Event files, where the config reports to TensorBoard. */
  tensorboard: 'tensorboard',
  /** What people wrote about the run: `run-about.ts`. */
  about: 'about.json',
  /** The source code of the rewards, as the run uses it. */
  rewards: 'rewards',
  log: 'log.txt',
  /** There while a trainer writes the folder: which process that is. */
  lock: 'trainer.lock',
} as const;

/** `step-000010`: the name of step 10's rollouts file (plus `.jsonl`) and checkpoint folder. Steps count from 1; an evaluation before them is of step 0. */
export const stepName = (step: number): string => `step-${String(step).padStart(6, '0')}`;

/** The step of such a name, or undefined when it is not one. */
export function stepOfName(name: string): number | undefined {
  const match = /^step-(\d{6,})(\.jsonl)?$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

/** `running`, `paused` and `stopping` are those of a live trainer; with no trainer alive they mean that it was killed. */
export const runState = z.enum(['running', 'paused', 'stopping', 'done', 'stopped', 'failed']);
export type RunState = z.infer<typeof runState>;

/** A reward function of a run. A config may name a file for all that it exports: this is what was found in it. */
const runReward = z.object({ name: z.string(), file: z.string(), weight: z.number() });
export type RunReward = z.infer<typeof runReward>;

/** A file that a run reads, by its content. */
const fileDigest = z.object({
  file: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** What was hashed: every byte, or of large weights the beginning, the end and blocks in between (src/run-folder/file-digest.ts). */
  covers: z.enum(['all', 'sample']),
});
export type FileDigest = z.infer<typeof fileDigest>;

/** A list where it has several files. */
const datasetDigest = z.union([fileDigest, z.array(fileDigest)]);

/** What a model's files make of its tokenizer. */
const tokenizerDigest = z.object({
  /** The model's folder, or .gguf file. */
  file: z.string(),
  /** The class of transformers that makes the rules; absent where tokenizer.json is taken as it is. */
  class: z.string().optional(),
  /** Of all that decides on tokens and texts (src/model/tokenizer/tokenizer-digest.ts). */
  sha256: z.string(),
  /** That of tokenizer.json as it is, where the class makes another. */
  asItIs: z.string().optional(),
});
export type TokenizerDigest = z.infer<typeof tokenizerDigest>;

/** What a run reads besides its rewards. */
const runInputs = z.object({
  dataset: datasetDigest,
  evalDataset: datasetDigest.nullable(),
  /** Recorded completions that it trains on (`--rollouts`). */
  rollouts: fileDigest.nullable(),
  /** The files of the start model. */
  model: z.array(fileDigest),
  /** Datasets and models of stages; not there in a run without stages, or where they have none. */
  stages: z.array(fileDigest).optional(),
  /** Of the start model, then of those of stages; earlier releases did not record them, and TRL has its own. */
  tokenizer: z.array(tokenizerDigest).optional(),
});
export type RunInputs = z.infer<typeof runInputs>;

/** A reward file, or a module of the user's that one imports, as a run uses it. */
const rewardSource = z.object({
  /** Its path from the config's folder, with forward slashes: the same file is called the same in every run of the config. */
  name: z.string(),
  file: z.string(),
  sha256: z.string(),
  /** Where the run folder keeps its text: a path from there, with forward slashes. */
  copy: z.string(),
});
export type RewardSource = z.infer<typeof rewardSource>;

/** Something about a run that has not been the same for all of its steps. */
const runChange = z.object({
  /** The first step with it. */
  step: z.int().min(1),
  /** When it was noticed; ISO 8601, UTC. */
  at: z.string(),
  /** Its place in `run.json`: `config.learningRate`, `inputs.dataset`, `rewardSources.rewards/sort.reward.ts`, `device`. */
  field: z.string(),
  /** Null where there was, or is, none. */
  from: z.unknown(),
  to: z.unknown(),
});
export type RunChange = z.infer<typeof runChange>;

/** Of a run that another program trained, and that `grpo import` made a run folder of. */
const importedRun = z.object({
  /** The program: "TRL", "verl" or "prime-rl". */
  from: z.string(),
  /** What that has written. */
  folder: z.string(),
  /** What that does not tell, and how the training script would: a sentence each. */
  missing: z.array(z.string()),
});
export type ImportedRun = z.infer<typeof importedRun>;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Not checked further, as another release has other fields; all readers go through these lists. */
const config = z.custom<RunConfig>((value) => {
  if (!isObject(value)) return false;
  const lists = ['rewards', 'stages'].map((name) => (value as Record<string, unknown>)[name]);
  return lists.every((list) => list === undefined || list === null || (Array.isArray(list) && list.every(isObject)));
});

/** `run.json`: what was run, on what, and how far it got. */
export const runInfo = z.object({
  version: z.literal(1),
  name: z.string(),
  configFile: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  updatedAt: z.string(),
  state: runState,
  /** Why it paused or failed. */
  reason: z.string().nullable(),
  /** Of a run that failed, what kind of failure it was, where it has a kind. */
  failure: z.enum(ERROR_KINDS).optional().catch(undefined),
  /** The last finished step; 0 before the first. */
  step: z.int().min(0),
  seed: z.number(),
  /** What computes, such as "cpu"; null until that is known. */
  device: z.string().nullable(),
  /** Of the product, the runtime and the engines, by name. */
  versions: z.record(z.string(), z.string()),
  /** Runs of an earlier release do not say. */
  rewards: z.array(runReward).optional(),
  /** Resolved; as it is now. Not checked again, so that runs of another release stay readable. */
  config,
  /** As it was at step 1, where `config` is no longer that. */
  startConfig: config.optional(),
  // What follows is not there in runs of release 0.1.
  inputs: runInputs.optional(),
  rewardSources: z.array(rewardSource).optional(),
  /** In the order in which they were made. */
  changes: z.array(runChange).optional(),
  /** Of a run that ended: why nothing was learned, where that is so, and what it came to on held-out prompts. */
  findings: z.array(finding).optional().catch(undefined),
  heldOut: z.optional(heldOut).catch(undefined),
  /** Tokens that the model's context leaves for a completion of the longest prompt. */
  completionRoom: z.int().optional().catch(undefined),
  /** What the layers of the model under an adapter are kept in, where that is not float32. */
  quantization: z.enum(QUANTIZATIONS).optional().catch(undefined),
  /** That layers' activations are computed a second time for the gradient. */
  recomputed: z.boolean().optional().catch(undefined),
  imported: importedRun.optional(),
});
export type RunInfo = z.infer<typeof runInfo>;

/**
 * One line of `metrics.jsonl`: `step`, TRL's keys, and ours under `time/`. Values that are not finite are null. The row of step 0, if there is one,
 * has what was measured on held-out prompts before the first step, and nothing else.
 */
export const metricsRow = z.object({ step: z.int().min(0) }).catchall(z.number().nullable());
export type MetricsRow = z.infer<typeof metricsRow>;

/** JSON has no NaN and no Infinity. */
export const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** A reward function's failure on a completion, as records keep it. */
export interface RecordedFailure {
  /** The function that failed. */
  name: string;
  /** Runs of an earlier release do not say. */
  kind?: FailureKind | undefined;
  message: string;
  place?: SourceLocation | undefined;
}

/** One completion in `rollouts/step-000001.jsonl`; `--rollouts` reads the same rows back. */
export interface RolloutRow {
  step: number;
  /** Index of the prompt's group within the step, from 0. */
  group: number;
  prompt: Prompt;
  /** The text of `prompt_ids`, special tokens included, in the first row of a group; undefined if it equals `prompt`. */
  rendered_prompt?: string;
  prompt_ids: number[];
  completion: string;
  /** All tokens after the prompt. */
  completion_ids: number[];
  /** Each function's score; null where it abstained or failed. */
  rewards: Record<string, number | null>;
  /** Weighted sum of the rewards; null when every function abstained or failed. */
  reward: number | null;
  /** Under process supervision that of the first token: what all steps earned together. */
  advantage: number;
  /** With `baseline: "history"`: the mean of what the prompt earned in earlier steps, and how many rows it counts for; none the first time. */
  prompt_history?: { rows: number; mean: number };
  /** Tokens that the policy wrote; 0 where that is not known, as in imported runs. */
  length: number;
  truncated: boolean;
  /** With `dynamicSampling`: its group had no signal and was replaced by another; the step did not learn from it. */
  discarded?: true;
  /** With `replay`: the step that sampled it, and gave it its rewards and its advantage; this one learned from it again. */
  replayed_from?: number;
  /** The first failure on this row in words, with file and line; null when there was none. */
  error: string | null;
  /** The same as data. */
  failure?: RecordedFailure;
  /** The dataset's other columns. */
  columns?: Record<string, unknown>;
  /** Reasons and extracted answers, by function, where a reward gave them. */
  details?: Record<string, { reason?: string; extracted?: string }>;
  /** What Python rewards gave TRL's `log_extra`, by column. */
  extra?: Record<string, unknown>;
  /** Process supervision: the advantage of each of `completion_ids`; 0 where the policy did not write it. */
  advantages?: number[];
  /** Process supervision: the steps that functions scored, by function; each ends before character `end` (UTF-16 units). */
  steps?: Record<string, RewardStep[]>;
  /** Who wrote `completion_ids`, part by part, where it was not the policy alone: `trained` parts are the policy's. */
  segments?: { tokens: number; trained: boolean }[];
  /** Log-probability of each of `completion_ids` when it was sampled, in nats at the run's temperature; null where the policy did not write it. */
  logprobs?: (number | null)[];
  /** For each of `completion_ids`, how many characters (UTF-16 units) of `completion` are written when it is: tokens that share a character end together. */
  token_ends?: number[];
}

/**
 * A completion in `updates/step-000001.jsonl`, in the order of the rollouts file: figures of each of `completion_ids` in the last pass of the
 * step's update, before its optimizer step. Without fields where the update left the completion out, because its group has no signal.
 */
export interface UpdatedRow {
  /** Of a replayed completion: what its advantage was multiplied with. */
  weight?: number;
  /** Entropy of the policy's next-token distribution, in nats. */
  entropies?: number[];
  /** With `numIterations` or `numMiniBatches` above 1: how much more likely the token is than under the policy that sampled. */
  ratios?: number[];
  /** With `topEntropyQuantile`: 1 on the tokens that learn, 0 on the others. */
  learns?: number[];
  /** With `beta`: k3 estimate of KL(policy ‖ reference), in nats. */
  kl?: number[];
}

/**
 * One completion of a held-out prompt in `evaluations/step-000010.jsonl`, by the policy after 10 steps. `group` is the prompt's index among
 * the held-out ones: the same in every evaluation of a run, and sampled from the same random numbers.
 */
export type EvaluatedRow = Omit<
  RolloutRow,
  'rendered_prompt' | 'advantage' | 'advantages' | 'prompt_history' | 'extra'
>;
