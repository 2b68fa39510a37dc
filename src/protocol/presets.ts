/** A value that a source names, and where it does. */
interface Asked {
  value: string | number | boolean | Record<string, number>;
  source: string;
}

/** Fields of a run config. */
type Fields = Record<string, Asked>;

export interface Preset {
  title: string;
  /** The work itself. */
  url: string;
  /** What it takes for defaults in a run config that names it. */
  defaults: Fields;
  /** What it asks for that follows from its machines and data: listed, not taken. */
  scale: Fields;
  /** What it asks for that no field can say. */
  beyond: readonly string[];
}

const from =
  (work: string) =>
  (value: Asked['value'], place: string): Asked => ({ value, source: `${work}, ${place}` });

const book = from('theLMbook');
const math = from('DeepSeekMath');
const dapo = from('DAPO');
const drGrpo = from('Dr. GRPO');
const gspo = from('GSPO');
const scaleRl = from('ScaleRL (arXiv:2510.13786)');
const cispo = from('MiniMax-M1');
const sapo = from('SAPO');
const cs336 = from('CS336 assignment 5');

/** The settings of the field's papers and courses by name. */
export const PRESETS = {
  thelmbook: {
    title: 'GRPO from scratch, The Hundred-Page Language Models Book',
    url: 'https://github.com/aburkov/theLMbook',
    defaults: {
      numGenerations: book(12, 'training_config: num_generations'),
      maxCompletionLength: book(400, 'training_config: max_completion_length'),
      numIterations: book(1, 'training_config: mu, updates for each batch'),
      lossType: book('grpo', 'grpo_loss: a mean over each completion, then over completions'),
      scaleRewards: book('group', 'grpo_loss: the sample deviation of the group plus 1e-4'),
      epsilon: book(0.1, 'training_config: epsilon'),
      beta: book(0.04, 'training_config: beta'),
      useBiasCorrectionKl: book(false, 'grpo_loss: the plain k3 estimator'),
      syncRefModel: book(true, 'train_with_grpo: each outer iteration copies the policy into the reference'),
      refModelSyncSteps: book(500, 'training_config: num_steps, the steps of an outer iteration'),
      learningRate: book(5e-6, 'training_config: learning_rate'),
      lrSchedulerType: book('constant', 'train_with_grpo: AdamW without a schedule'),
      weightDecay: book(0.01, "train_with_grpo: PyTorch's default for AdamW"),
      maxGradNorm: book(0.1, 'train_with_grpo: clip_grad_norm_'),
    },
    scale: {
      promptsPerStep: book(7, 'training_config: batch_size'),
      maxSteps: book(500, 'training_config: num_iterations × num_steps'),
    },
    beyond: [
      'rewards: 0.2 for each of the four tags of <reasoning>…</reasoning> and <answer>…</answer>, and 2.0 for the exact answer (1.5 for one that is equal as a number)',
      'a new optimizer for each outer iteration',
    ],
  },
  deepseekmath: {
    title: 'DeepSeekMath, which introduced GRPO',
    url: 'https://arxiv.org/abs/2402.03300',
    defaults: {
      numGenerations: math(64, '§4.2'),
      maxCompletionLength: math(1024, '§4.2'),
      numIterations: math(1, '§4.2: a single update after each exploration stage'),
      lossType: math('grpo', 'eq. 3'),
      scaleRewards: math('group', '§4.1.2'),
      beta: math(0.04, '§4.2'),
      useBiasCorrectionKl: math(false, 'eq. 4: the plain k3 estimator'),
      learningRate: math(1e-6, '§4.2'),
    },
    scale: { promptsPerStep: math(16, '§4.2: a batch of 1024 completions') },
    beyond: ['a learned reward model'],
  },
  dapo: {
    title: 'DAPO: decoupled clip and dynamic sampling',
    url: 'https://arxiv.org/abs/2503.14476',
    defaults: {
      numGenerations: dapo(16, '§4.1'),
      maxCompletionLength: dapo(20480, '§4.1: 16,384 tokens and 4,096 of soft punishment'),
      maskTruncatedCompletions: dapo(true, '§3.4: overlong filtering'),
      numMiniBatches: dapo(16, '§4.1: 16 updates in each step, of 512 completions each'),
      dynamicSampling: dapo({ maxRounds: 10 }, '§3.2: dynamic sampling; the limit is that of its code'),
      lossType: dapo('dapo', '§3.3: token-level loss'),
      scaleRewards: dapo('group', 'eq. 9'),
      epsilon: dapo(0.2, '§4.1'),
      epsilonHigh: dapo(0.28, '§4.1: clip-higher'),
      beta: dapo(0, '§2.3'),
      learningRate: dapo(1e-6, '§4.1'),
      lrSchedulerType: dapo('constant_with_warmup', '§4.1'),
      warmupSteps: dapo(20, '§4.1: 20 rollout steps'),
    },
    scale: { promptsPerStep: dapo(512, '§4.1') },
    beyond: [],
  },
  dr_grpo: {
    title: 'Dr. GRPO: Understanding R1-Zero-Like Training',
    url: 'https://arxiv.org/abs/2503.20783',
    defaults: {
      numGenerations: drGrpo(8, 'train_zero_math.py: num_samples'),
      maxCompletionLength: drGrpo(3000, 'train_zero_math.py: generate_max_length'),
      lossType: drGrpo('dr_grpo', '§3.2: no mean over a completion, whose length would be a bias'),
      scaleRewards: drGrpo('none', '§3.2: no deviation, which would favor easy and hard prompts'),
      beta: drGrpo(0, 'train_zero_math.py: beta'),
      learningRate: drGrpo(1e-6, 'train_zero_math.py: learning_rate'),
      lrSchedulerType: drGrpo('constant', 'train_zero_math.py: lr_scheduler'),
    },
    scale: { promptsPerStep: drGrpo(128, 'train_zero_math.py: rollout_batch_size') },
    beyond: [],
  },
  gspo: {
    title: 'GSPO: group sequence policy optimization',
    url: 'https://arxiv.org/abs/2507.18071',
    defaults: {
      numMiniBatches: gspo(4, '§5.1: each batch of rollouts is divided into four mini-batches'),
      lossType: gspo('grpo', 'eq. 5'),
      importanceSamplingLevel: gspo('sequence', 'eq. 7'),
      scaleRewards: gspo('group', 'eq. 6'),
      epsilon: gspo(3e-4, '§5.1'),
      epsilonHigh: gspo(4e-4, '§5.1'),
      beta: gspo(0, "as in TRL's reproduction of the paper"),
    },
    scale: {},
    beyond: [],
  },
  cispo: {
    title: 'CISPO (MiniMax-M1), with the settings of ScaleRL',
    url: 'https://arxiv.org/abs/2506.13585',
    defaults: {
      numGenerations: scaleRl(16, "as in TRL's reproduction"),
      lossType: cispo('cispo', '§3.1, eq. 4'),
      epsilonHigh: scaleRl(5, "as in TRL's reproduction: the cap of the weight"),
      scaleRewards: scaleRl('batch', "as in TRL's reproduction"),
      beta: cispo(0, '§3.1: no KL penalty'),
    },
    scale: {},
    beyond: [],
  },
  sapo: {
    title: 'SAPO: soft adaptive policy optimization',
    url: 'https://arxiv.org/abs/2511.20347',
    defaults: {
      lossType: sapo('sapo', 'a soft gate instead of clipping'),
      sapoTemperaturePos: sapo(1, 'τ of positive advantages'),
      sapoTemperatureNeg: sapo(1.05, 'τ of negative advantages'),
      scaleRewards: sapo('group', 'advantages as in GRPO'),
    },
    scale: {},
    beyond: [],
  },
  cs336: {
    title: 'CS336 (Stanford, Spring 2025), assignment 5',
    url: 'https://github.com/stanford-cs336/assignment5-alignment',
    defaults: {
      numGenerations: cs336(8, 'group_size'),
      minCompletionLength: cs336(4, 'sampling_min_tokens'),
      maxCompletionLength: cs336(1024, 'sampling_max_tokens'),
      temperature: cs336(1, 'sampling_temperature'),
      numIterations: cs336(1, 'epochs_per_rollout_batch'),
      numMiniBatches: cs336(1, 'rollout_batch_size ÷ train_batch_size, which are the same'),
      lossType: cs336('reinforce', 'loss_type: reinforce_with_baseline, a mean over each completion'),
      baseline: cs336('group', 'loss_type: reinforce_with_baseline'),
      scaleRewards: cs336('group', 'use_std_normalization'),
      beta: cs336(0, 'no KL penalty'),
      learningRate: cs336(1e-5, 'learning_rate'),
      lrSchedulerType: cs336('constant', 'AdamW without a schedule'),
      adamBeta2: cs336(0.95, 'betas'),
      weightDecay: cs336(0, 'weight_decay'),
      maxGradNorm: cs336(1, 'clip value'),
    },
    scale: {
      promptsPerStep: cs336(32, 'rollout_batch_size ÷ group_size'),
      maxSteps: cs336(200, 'n_grpo_steps'),
    },
    beyond: ['1e-6 added to the deviation (advantage_eps), here 1e-4 as in TRL', 'sampling stops at "</answer>"'],
  },
} satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

/** What an editor shows of it: each value with its source. */
export function presetHover(name: PresetName): string {
  const { title, url, defaults, scale, beyond }: Preset = PRESETS[name];
  const lines = (fields: Fields) =>
    Object.entries(fields).map(([field, { value, source }]) => `- \`${field}\`: ${valueText(value)} (${source})`);
  const asked = [...lines(scale), ...beyond.map((other) => `- ${other}`)];
  const also = asked.length === 0 ? [] : ['', 'It also asks for what this config does not take from it:', '', ...asked];
  return [`[${title}](${url})`, '', ...lines(defaults), ...also].join('\n');
}

/** The config object with the defaults of the preset that it names, where it does not say otherwise. */
export function withPreset(config: unknown): unknown {
  return typeof config === 'object' && config !== null ? { ...presetDefaults(config), ...config } : config;
}

/** What the preset that a config names sets where the config does not; empty without one. */
export function presetDefaults(config: { preset?: unknown }): Record<string, Asked['value']> {
  const name = PRESET_NAMES.find((known) => known === config.preset);
  const defaults = Object.entries<Asked>(name ? PRESETS[name].defaults : {});
  return Object.fromEntries(defaults.map(([field, { value }]) => [field, value]));
}

/** Where a run differs from what its preset asks for, and what no config can say; undefined without a preset. */
export interface PresetDifferences {
  name: PresetName;
  title: string;
  changed: { field: string; asked: Asked['value']; is: unknown }[];
  beyond: readonly string[];
}

export function presetDifferences(config: { preset: PresetName | null }): PresetDifferences | undefined {
  const { preset: name } = config;
  if (name === null) return undefined;
  const { title, defaults, scale, beyond }: Preset = PRESETS[name];
  const values = config as Record<string, unknown>;
  const changed = Object.entries({ ...defaults, ...scale })
    .filter(([field, { value }]) => JSON.stringify(values[field]) !== JSON.stringify(value))
    .map(([field, { value }]) => ({ field, asked: value, is: values[field] }));
  return { name, title, changed, beyond };
}

/** The differences for a log: a sentence each. */
export function presetNotes(config: { preset: PresetName | null }): string[] {
  const differences = presetDifferences(config);
  if (!differences) return [];
  const { name, changed, beyond } = differences;
  const asked = changed
    .map(({ field, asked, is }) => `${field} ${valueText(is)} instead of ${valueText(asked)}`)
    .join(', ');
  return [
    changed.length === 0 ? `Preset ${name}: every setting is as it asks for.` : `Preset ${name} is changed: ${asked}.`,
    ...(beyond.length === 0 ? [] : [`Preset ${name} also asks for what is not a setting here: ${beyond.join('; ')}.`]),
  ];
}

/** As people write it in a config, a text without its quotes. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && value !== 0 && value < 1e-3 ? value.toExponential() : JSON.stringify(value);
}
