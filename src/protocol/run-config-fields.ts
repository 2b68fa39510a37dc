import * as z from 'zod';
import { MOST_COMPLETION_LENGTH } from './config-limits.ts';
import { count, nonNegative, positive, share } from './config-values.ts';
import { inputs } from './inputs-config.ts';
import { lengthPenalty, overlongPenalty } from './length-config.ts';
import { loraConfig } from './lora-config.ts';
import { loss } from './loss-config.ts';
import { PRESET_NAMES, presetHover } from './presets.ts';
import { quantizationField } from './quantization.ts';
import { curriculum, dynamicSampling, generations, replay } from './sampling-config.ts';
import { lrSchedulerKwargs, lrSchedulerType } from './scheduler-config.ts';
import { type StageKind, stagesField } from './stage-config.ts';
import { stopOn } from './stop-on.ts';
import { backendFields } from './trl-config.ts';

/**
 * The run config (`NAME.grpo.json`): names and defaults are those of TRL 1.16's GRPOConfig in camelCase.
 *
 * This schema is the one source of checks, defaults, types and, through `schemas/grpo.schema.json`, of what the editor shows
 * on hover. Two things differ from TRL: a *step* is one batch of rollouts (`promptsPerStep` x `numGenerations`
 * completions, `numIterations` passes over it with `numMiniBatches` updates each), and the fields without a TRL counterpart say what they do here.
 */

/** Where the built-in engine may run a model; `auto` takes the fastest that works. */
export const DEVICES = ['auto', 'cpu', 'webgpu', 'tensorflow'] as const;
export type Device = (typeof DEVICES)[number];

/** Programs that can be told of a run's metrics while it trains. */
const REPORTERS = ['tensorboard', 'trackio'] as const;
export type Reporter = (typeof REPORTERS)[number];

const recipe = {
  preset: z
    .enum(PRESET_NAMES)
    .meta({ markdownEnumDescriptions: PRESET_NAMES.map(presetHover) })
    .nullable()
    .default(null)
    .describe(
      "The settings of a paper or a course as defaults of this config: fields that are here win, and the log lists what differs. `grpo presets` prints them all. null: this extension's defaults, which are TRL's.",
    ),
};

const batches = {
  promptsPerStep: count.default(4).describe('Prompts per step; each gets `numGenerations` completions.'),
  numGenerations: z.int().min(2).default(8).describe('Completions per prompt. Rewards are compared within this group.'),
  generations,
  numIterations: count.default(1).describe('Passes over the completions of a step (μ in the GRPO paper).'),
  numMiniBatches: count
    .default(1)
    .describe(
      "Mini-batches of one optimizer update each that a step's completions are shuffled and divided into, in each pass over them. TRL's `steps_per_generation` counts the same in micro-batches: it is this × `gradientAccumulationSteps`.",
    ),
  gradientAccumulationSteps: count
    .default(1)
    .describe(
      'Number of micro-batches that the completions of an update are split into, to save memory; the gradient stays the same.',
    ),
  gradientCheckpointing: z
    .union([z.literal('auto'), z.boolean()])
    .default('auto')
    .describe(
      'Compute the activations of layers a second time for the gradient instead of keeping them: a fraction of the memory for activations, a third more time for an update, the same gradient. auto: only where they would not fit, in which case the log says so. TRL does it unless this is false.',
    ),
  maxSteps: count.default(100).describe('Number of training steps; one step is one batch of rollouts.'),
  numTrainEpochs: positive
    .nullable()
    .default(null)
    .describe(
      'Train for as many steps as it takes to go through the training prompts so many times, instead of `maxSteps`, which wins if both are here; null: `maxSteps`.',
    ),
  dynamicSampling,
  curriculum,
  replay,
  shuffleDataset: z.boolean().default(true).describe('Shuffle the prompts in each epoch.'),
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .default(42)
    .describe(
      'The same seed on the same machine gives the same run; nearly the same on a GPU, which adds in no fixed order.',
    ),
};

const sampling = {
  maxCompletionLength: count
    .max(MOST_COMPLETION_LENGTH)
    .default(512)
    .describe('Maximum completion length in tokens; longer completions are truncated.'),
  minCompletionLength: z
    .int()
    .min(0)
    .default(0)
    .describe('Minimum completion length in tokens; end-of-sequence tokens are not sampled before it.'),
  temperature: positive.default(1).describe('Logits are divided by this, both for sampling and in the loss.'),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Nucleus sampling: sample from the most likely tokens whose probabilities add up to this.'),
  topK: z.int().min(0).default(0).describe('Sample from this many of the most likely tokens; 0: from all.'),
  minP: share
    .nullable()
    .default(null)
    .describe('Exclude tokens less likely than this fraction of the most likely one; null: exclude none.'),
  maskTruncatedCompletions: z.boolean().default(false).describe('Exclude truncated completions from the loss (DAPO).'),
};

const advantages = {
  scaleRewards: z
    .union([z.enum(['group', 'batch', 'adaptive', 'none']), z.boolean()])
    .default('group')
    .transform((scale) => (scale === true ? 'group' : scale === false ? 'none' : scale))
    .describe(
      'Divide advantages by the standard deviation of the rewards in the group (also true), in the batch, by a mix of both that trusts a group by its number of rows (adaptive), or not at all (also false; Dr. GRPO). Only with the baseline "group"; the other baselines are not divided.',
    ),
  baseline: z
    .enum(['group', 'leave-one-out', 'history', 'none'])
    .default('group')
    .describe(
      'Subtract from each reward the mean of its group; leave-one-out: the mean of the other completions (RLOO); history: the mean of the group and of what the prompt earned in earlier steps; none: nothing (for comparison; learns less well).',
    ),
  multiObjectiveAggregation: z
    .enum(['sum_then_normalize', 'normalize_then_sum'])
    .default('sum_then_normalize')
    .describe('With several rewards: normalize their weighted sum, or normalize each before summing (GDPO).'),
  processRewardWeight: nonNegative
    .nullable()
    .default(null)
    .describe(
      'Of functions that score the steps of a completion: their scores count as outcomes, as those of other functions do, and what their steps bring is multiplied by this and added (DeepSeekMath 4.1.3 beside 4.1.2); null: such a function pays by its steps alone.',
    ),
};

const lengths = { overlongPenalty, lengthPenalty };

const optimizer = {
  learningRate: nonNegative.default(1e-6).describe('Learning rate of AdamW; with a schedule, its peak.'),
  lrSchedulerType,
  lrSchedulerKwargs,
  warmupSteps: nonNegative
    .default(0)
    .describe('Steps over which the learning rate rises from 0; below 1: as a fraction of all steps.'),
  adamBeta1: z.number().min(0).lt(1).default(0.9).describe("AdamW's β₁: decay rate of the mean of gradients."),
  adamBeta2: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe("AdamW's β₂: decay rate of the mean of squared gradients."),
  adamEpsilon: positive.default(1e-8).describe("AdamW's ε: added to the denominator."),
  weightDecay: nonNegative.default(0).describe('Decoupled weight decay of AdamW.'),
  maxGradNorm: nonNegative.default(1).describe('Gradients are clipped to this norm; 0: no clipping.'),
};

const outputs = {
  saveSteps: count.default(500).describe('Write a checkpoint every N steps, and always at the end.'),
  saveTotalLimit: count
    .nullable()
    .default(null)
    .describe('Keep only this many of the newest checkpoints; null: keep all.'),
  checkpointDtype: z
    .enum(['float32', 'float16', 'bfloat16'])
    .default('float32')
    .describe('Data type of the weights in checkpoints.'),
  evalOnStart: z
    .boolean()
    .default(true)
    .describe('Evaluate before the first and after the last step, if there are held-out prompts.'),
  evalSteps: count
    .nullable()
    .default(null)
    .describe('Evaluate on the held-out prompts every N steps as well; null: only as `evalOnStart` says.'),
  evalPrompts: count
    .nullable()
    .default(null)
    .describe('Evaluate on only the first N held-out prompts; null: on all, or without `evalSteps` on at most 64.'),
  numGenerationsEval: count
    .nullable()
    .default(null)
    .describe('Completions per prompt in evaluations; null: same as numGenerations.'),
  stopOn,
  reportTo: z
    .array(z.enum(REPORTERS))
    .default([])
    .describe(
      'Other programs to report metrics to while training: "tensorboard" writes event files into "tensorboard" in the run folder, "trackio" adds the run to trackio through `python`, if that has the package. [] or omitted: none.',
    ),
  device: z
    .enum([...DEVICES, 'cuda'])
    .default('auto')
    .describe(
      'Where to compute; auto: the fastest available device. `grpo doctor` lists them. cuda: an NVIDIA GPU, on which TRL trains (see `backend`); with the backend trl, auto is a GPU if PyTorch has one, else the CPU.',
    ),
  fp16: z
    .boolean()
    .default(false)
    .describe(
      'Mixed precision: float16 matrix products, float32 master weights, dynamic loss scaling as in torch.amp. Requires a WebGPU device with shader-f16, or TRL on a GPU: see `grpo doctor`.',
    ),
};

const stages = stagesField({ inputs, batches, sampling, advantages, loss, optimizer });

/** Fields by what they are about, as views show them. */
export const configSections: readonly { title: string; fields: readonly string[] }[] = [
  { title: 'Preset', fields: Object.keys(recipe) },
  { title: 'Model, data and rewards', fields: Object.keys(inputs).filter((field) => field !== '$schema') },
  { title: 'Steps', fields: Object.keys(batches) },
  { title: 'Sampling', fields: Object.keys(sampling) },
  { title: 'Advantages', fields: Object.keys(advantages) },
  { title: 'Length penalties', fields: Object.keys(lengths) },
  { title: 'Loss', fields: Object.keys(loss) },
  { title: 'Optimizer', fields: Object.keys(optimizer) },
  { title: 'Adapter', fields: ['lora', 'quantization'] },
  { title: 'Stages', fields: ['stages'] },
  { title: 'Checkpoints, evaluation and device', fields: Object.keys(outputs) },
  { title: 'Backend', fields: Object.keys(backendFields) },
];

/** Field order is the order in which an editor offers them. */
export const runConfigFields = z
  .strictObject({
    ...inputs,
    ...recipe,
    ...batches,
    ...sampling,
    ...advantages,
    ...lengths,
    ...loss,
    ...optimizer,
    lora: loraConfig,
    quantization: quantizationField,
    stages,
    ...outputs,
    ...backendFields,
  })
  .describe('A GRPO Lab run: what to train, on which prompts, with which rewards, and how.');

/** What a stage of each kind may set. */
export const stageFieldNames: ReadonlyMap<StageKind, readonly string[]> = new Map(
  stages
    .unwrap()
    .unwrap()
    .element.options.map(({ shape }) => [shape.kind.value, Object.keys(shape)]),
);

/** Names of all fields, in the order of the schema. */
export const runConfigFieldNames: readonly string[] = Object.keys(runConfigFields.shape);
