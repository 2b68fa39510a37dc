import { z } from 'zod';
import { fileAndFunction } from '../text/file-and-function.ts';
import { lengthPenalty, overlongPenalty } from './length-config.ts';
import { loraConfig } from './lora-config.ts';
import { lossProblems } from './loss-problems.ts';
import { PRESET_NAMES, presetHover, withPreset } from './presets.ts';
import { lrSchedulerKwargs, lrSchedulerType, schedulerProblem } from './scheduler-config.ts';
import { completeStages, type StageKind, stagesField, stagesProblem } from './stage-config.ts';

/**
 * The run config (`NAME.grpo.json`): names and defaults are those of TRL 1.16's GRPOConfig in camelCase.
 *
 * This schema is the one source of checks, defaults, types and, through `schemas/grpo.schema.json`, of what the editor shows
 * on hover. Two things differ from TRL: a *step* is one batch of rollouts (`promptsPerStep` x `numGenerations`
 * completions, `numIterations` passes over it), and the fields without a TRL counterpart say what they do here.
 */

/** Where a model may run; `auto` takes the fastest that works. */
export const DEVICES = ['auto', 'cpu', 'webgpu', 'tensorflow'] as const;
export type Device = (typeof DEVICES)[number];

/** Programs that can be told of a run's metrics while it trains. */
const REPORTERS = ['tensorboard', 'trackio'] as const;
export type Reporter = (typeof REPORTERS)[number];

/** Timers count up to 2^31 - 1 ms, and fire at once when they are given more: 24 days, less a grace period. */
const LONGEST_SECONDS = 2_147_000;

const positive = z.number().gt(0);
const nonNegative = z.number().min(0);
const count = z.int().min(1);

/** What a step may come to at most. More is a slip of the keyboard: it would fill the memory of any one machine. */
export const MOST_COMPLETIONS = 2 ** 16;
export const MOST_TOKENS = 2 ** 25;
export const MOST_COMPLETION_LENGTH = 2 ** 20;
const share = z.number().min(0).max(1);
const path = z.string().min(1);

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

const inputs = {
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

const dynamicSampling = z
  .strictObject({
    maxRounds: z
      .int()
      .min(2)
      .default(10)
      .describe('Sample at most so many times for a step; it then has the groups that were found by then.'),
  })
  .describe('How groups without a learning signal are replaced.');

const batches = {
  promptsPerStep: count.default(4).describe('Prompts per step; each gets `numGenerations` completions.'),
  numGenerations: z.int().min(2).default(8).describe('Completions per prompt. Rewards are compared within this group.'),
  numIterations: count.default(1).describe('Passes over the completions of a step (μ in the GRPO paper).'),
  gradientAccumulationSteps: count
    .default(1)
    .describe(
      "Number of micro-batches that a step's completions are split into, to save memory; the gradient stays the same.",
    ),
  maxSteps: count.default(100).describe('Number of training steps; one step is one batch of rollouts.'),
  numTrainEpochs: positive
    .nullable()
    .default(null)
    .describe(
      'Train for as many steps as it takes to go through the training prompts so many times, instead of `maxSteps`, which wins if both are here; null: `maxSteps`.',
    ),
  dynamicSampling: dynamicSampling
    .nullable()
    .default(null)
    .describe(
      'Replace groups without a learning signal by groups of the next prompts, until a step has `promptsPerStep` groups with one (DAPO): {} for at most 10 rounds of sampling; null: keep them.',
    ),
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

const loss = {
  lossType: z
    .enum(['grpo', 'bnpo', 'dapo', 'dr_grpo', 'luspo', 'cispo', 'sapo', 'vespo', 'reinforce', 'ratio'])
    .default('dapo')
    .describe(
      'How the loss is clipped and averaged: grpo per completion, bnpo and dapo per token, dr_grpo by a constant, luspo per completion times its length (its paper sets importanceSamplingLevel to "sequence"), cispo clips importance weights instead, sapo uses a soft gate, vespo weighs completions by how far the policy has moved; reinforce and ratio do not clip and exist for comparison.',
    ),
  epsilon: nonNegative
    .default(0.2)
    .describe('Clip range of the probability ratio below 1 (and above 1 unless epsilonHigh is set).'),
  epsilonHigh: nonNegative
    .nullable()
    .default(null)
    .describe(
      'Clip range above 1; null: same as epsilon. DAPO recommends 0.28. For cispo this is the cap itself, for example 5.',
    ),
  delta: positive
    .nullable()
    .default(null)
    .describe('Upper bound on the ratio before it is multiplied by the advantage; null: none.'),
  importanceSamplingLevel: z
    .enum(['token', 'sequence'])
    .default('token')
    .describe('One probability ratio per token, or one per completion (GSPO).'),
  sapoTemperaturePos: positive.default(1).describe('Gate temperature of sapo for positive advantages.'),
  sapoTemperatureNeg: positive.default(1.05).describe('Gate temperature of sapo for zero and negative advantages.'),
  vespoKPos: nonNegative
    .default(2)
    .describe('Power k of vespo for advantages from 0 up: how little completions count that have become less likely.'),
  vespoLambdaPos: nonNegative
    .default(3)
    .describe('Decay λ of vespo for advantages from 0 up: how little completions count that have become more likely.'),
  vespoKNeg: nonNegative.default(3).describe('Power k of vespo for negative advantages.'),
  vespoLambdaNeg: nonNegative.default(2).describe('Decay λ of vespo for negative advantages.'),
  topEntropyQuantile: share
    .default(1)
    .describe(
      "Share of a micro-batch's tokens that the policy learns from: those at which it is least sure (highest entropy); 1: all. The paper recommends 0.2.",
    ),
  offPolicyMaskThreshold: positive
    .nullable()
    .default(null)
    .describe(
      'Leave a completion with a negative advantage out of the policy loss once its tokens have become less likely than when they were sampled by more than this, in nats and on average (DeepSeek-V3.2); null: none.',
    ),
  beta: nonNegative.default(0).describe('Weight of the KL divergence from the reference model; 0: no reference model.'),
  useBiasCorrectionKl: z
    .boolean()
    .default(true)
    .describe(
      'Multiply the KL term by the probability ratio, which makes its gradient that of the reverse KL (DeepSeek-V3.2; default in TRL). false: the plain k3 estimator of the GRPO paper.',
    ),
  syncRefModel: z
    .boolean()
    .default(false)
    .describe('Copy the trained model into the reference model every `refModelSyncSteps` steps.'),
  refModelMixupAlpha: share
    .default(1)
    .describe(
      'With `syncRefModel`: the new reference is this share of the trained model and the rest of the old reference (TR-DPO); 1: the trained model. TRL: 0.6.',
    ),
  refModelSyncSteps: count.default(512).describe('Steps between updates of the reference model.'),
  dpoCoef: nonNegative
    .default(0)
    .describe(
      "Weight of a preference term (DPO) on the best and the worst completion of each group whose rewards differ; requires `beta` above 0, for its reference. 0: none. Not in TRL's GRPO.",
    ),
  dpoBeta: positive
    .default(0.1)
    .describe('β of the preference term: the larger, the closer a pair is held to the reference.'),
  entropyCoef: z.number().default(0).describe('Weight of the entropy bonus, which keeps completions diverse.'),
  useAdaptiveEntropy: z
    .boolean()
    .default(false)
    .describe(
      'Change the weight of the entropy bonus from update to update, starting from `entropyCoef`: up while the entropy is not above `entropyTarget`, down otherwise; the bonus applies only while it is not above (Skywork-OR1).',
    ),
  entropyCoefMin: z.number().default(0).describe('With `useAdaptiveEntropy`: the lowest weight of the bonus.'),
  entropyCoefMax: z.number().default(1).describe('With `useAdaptiveEntropy`: the highest weight of the bonus.'),
  entropyCoefDelta: nonNegative
    .default(0.005)
    .describe('With `useAdaptiveEntropy`: how much the weight of the bonus changes in an update.'),
  entropyTarget: nonNegative
    .default(0.2)
    .describe(
      'With `useAdaptiveEntropy`: the entropy to keep, in nats per token. Set it close to what the `entropy` curve shows early in training.',
    ),
};

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
  reportTo: z
    .array(z.enum(REPORTERS))
    .default([])
    .describe(
      'Other programs to report metrics to while training: "tensorboard" writes event files into "tensorboard" in the run folder, "trackio" adds the run to trackio through `python`, if that has the package. [] or omitted: none.',
    ),
  device: z
    .enum(DEVICES)
    .default('auto')
    .describe('Where to compute; auto: the fastest available device. `grpo doctor` lists them.'),
  fp16: z
    .boolean()
    .default(false)
    .describe(
      'Mixed precision: float16 matrix products, float32 master weights, dynamic loss scaling as in torch.amp. Requires a WebGPU device with shader-f16: see `grpo doctor`.',
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
  { title: 'Adapter', fields: ['lora'] },
  { title: 'Stages', fields: ['stages'] },
  { title: 'Checkpoints, evaluation and device', fields: Object.keys(outputs) },
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
    stages,
    ...outputs,
  })
  .describe('A GRPO Lab run: what to train, on which prompts, with which rewards, and how.');

/** What a stage of each kind may set. */
export const stageFieldNames: ReadonlyMap<StageKind, readonly string[]> = new Map(
  stages
    .unwrap()
    .unwrap()
    .element.options.map(({ shape }) => [shape.kind.value, Object.keys(shape)]),
);

/** Parses a config object: checks fields one by one and against each other, fills in defaults, resolves short forms. */
export const runConfigSchema = z
  .preprocess(withPreset, runConfigFields)
  .superRefine((config, context) => {
    const fail = (field: keyof typeof config, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (config.minCompletionLength > config.maxCompletionLength)
      fail('minCompletionLength', `must not be above maxCompletionLength (${config.maxCompletionLength})`);
    const completions = config.promptsPerStep * config.numGenerations;
    const tooMany = (field: keyof typeof config, others: string, most: number, what: string) =>
      fail(field, `is too large: ${others} is ${what}, and a step can have at most ${most}`);
    const largest = config.promptsPerStep > config.numGenerations ? 'promptsPerStep' : 'numGenerations';
    const rows = [
      [largest, 'promptsPerStep × numGenerations', completions],
      ['numGenerationsEval', 'numGenerationsEval', config.numGenerationsEval ?? 1],
    ] as const;
    for (const [field, factors, count] of rows) {
      if (count > MOST_COMPLETIONS) tooMany(field, factors, MOST_COMPLETIONS, `${count} completions`);
      else if (count * config.maxCompletionLength > MOST_TOKENS)
        tooMany(field, `${factors} × maxCompletionLength`, MOST_TOKENS, `${count * config.maxCompletionLength} tokens`);
    }
    if (completions % config.gradientAccumulationSteps !== 0)
      fail('gradientAccumulationSteps', `must divide the ${completions} completions of a step into equal parts`);
    const { overlongPenalty: overlong, lengthPenalty: length, maxCompletionLength } = config;
    if (overlong !== null && overlong.cache > maxCompletionLength)
      fail('overlongPenalty', `must have a "cache" that is not above maxCompletionLength (${maxCompletionLength})`);
    if (length !== null && length.target > maxCompletionLength)
      fail('lengthPenalty', `must have a "target" that is not above maxCompletionLength (${maxCompletionLength})`);
    if (config.baseline === 'leave-one-out' || config.baseline === 'history') {
      const refuse = (field: 'scaleRewards' | 'multiObjectiveAggregation', value: string) =>
        fail('baseline', `cannot be "${config.baseline}" with ${field} "${config[field]}"; set ${field} to "${value}"`);
      if (config.scaleRewards === 'batch' || config.scaleRewards === 'adaptive') refuse('scaleRewards', 'none');
      if (config.multiObjectiveAggregation === 'normalize_then_sum')
        refuse('multiObjectiveAggregation', 'sum_then_normalize');
    }
    if (config.scaleRewards === 'adaptive' && config.multiObjectiveAggregation === 'normalize_then_sum')
      fail(
        'scaleRewards',
        'cannot be "adaptive" with multiObjectiveAggregation "normalize_then_sum", which divides by the deviations of each function and of the batch',
      );
    if (config.evalSteps !== null && config.evalDataset === null && config.evalSplit === null)
      fail('evalSteps', 'requires an evalDataset or an evalSplit');
    if (config.evalSplit !== null && config.evalDataset !== null)
      fail('evalSplit', 'cannot be combined with evalDataset; remove one of them');
    if (config.evalSplit !== null && config.evalSplit >= 1 && !Number.isInteger(config.evalSplit))
      fail('evalSplit', 'must be a fraction below 1 or a whole number of rows');
    const { lrSchedulerType: type, lrSchedulerKwargs: options, learningRate } = config;
    const schedule = schedulerProblem(type, options, learningRate);
    if (schedule) {
      // The option itself, where it is there.
      const path = ['lrSchedulerKwargs', ...(schedule.option ? [schedule.option] : [])];
      context.addIssue({ code: 'custom', path, message: schedule.message });
    }
    for (const { field, message } of lossProblems(config)) fail(field, message);
    if (config.difficulty !== null && config.difficulty.min > config.difficulty.max)
      fail('difficulty', 'must have a "min" that is not above its "max"');
    if (config.stages !== null && config.numTrainEpochs !== null)
      fail('numTrainEpochs', 'cannot be combined with "stages"; set "maxSteps" for each of them');
    const problem = config.stages && stagesProblem(config.stages);
    if (problem) context.addIssue({ code: 'custom', path: ['stages', ...problem.path], message: problem.message });
  })
  .transform(({ $schema: _, ...config }) => ({
    ...config,
    // What is not divided is recorded as that.
    scaleRewards:
      config.baseline === 'leave-one-out' || config.baseline === 'history' ? ('none' as const) : config.scaleRewards,
    epsilonHigh: config.epsilonHigh ?? config.epsilon,
    numGenerationsEval: config.numGenerationsEval ?? config.numGenerations,
    ...withStages(config),
  }));

/** With stages, the run has as many steps as they have together; its own `maxSteps` is that of stages that do not say. */
function withStages<Fields extends Pick<z.output<typeof runConfigFields>, 'stages' | 'maxSteps'>>(config: Fields) {
  if (config.stages === null) return { stages: null };
  const complete = completeStages(config.stages, config.maxSteps);
  return { stages: complete, maxSteps: complete.reduce((sum, stage) => sum + stage.maxSteps!, 0) };
}

/** A complete run config: every default filled in. Parsing it again gives the same. */
export type RunConfig = z.output<typeof runConfigSchema>;

/** Names of all fields, in the order of the schema. */
export const runConfigFieldNames: readonly string[] = Object.keys(runConfigFields.shape);
