import { COUNTING_OPTIONS } from '../grpo/schedule.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { snakeCase } from '../text/snake-case.ts';
import { trlBatches } from './batches.ts';
import { optionArgs } from './options.ts';
import type { PythonValue } from './python-value.ts';

/** What TRL's GRPOTrainer makes of a field of a run config. */
export interface Translated {
  /** Arguments of GRPOConfig, where they are not its defaults. */
  args?: Record<string, PythonValue> | undefined;
  /** A sentence about what is not quite the same. */
  approximated?: string | undefined;
  /** A sentence about what TRL cannot do. */
  impossible?: string | undefined;
}

type Translate = (config: RunConfig) => Translated;
export type Field = keyof RunConfig;

/** The data files have it: rows, held-out ones, and their prompts. */
const inData: Translate = () => ({});
/** The script has it, in other places than GRPOConfig. */
const inScript: Translate = () => ({});
/** Says nothing about what is trained. */
const notNeeded: Translate = () => ({});

/** TRL's argument of the same meaning, in snake_case; `usual` is TRL's default. */
const same =
  <Name extends Field>(field: Name, usual: RunConfig[Name] & PythonValue): Translate =>
  (config) => {
    const value = config[field] as RunConfig[Name] & PythonValue;
    return value === usual ? {} : { args: { [snakeCase(field)]: value } };
  };

/** A number of steps: TRL's are optimizer updates. */
const inUpdates =
  (field: 'saveSteps', usual: number): Translate =>
  (config) => {
    const updates = config[field] * trlBatches(config).updatesPerStep;
    return updates === usual ? {} : { args: { [snakeCase(field)]: updates } };
  };

/** What TRL does not have; `off` is the value with which it is not used. */
const missing =
  <Name extends Field>(field: Name, off: RunConfig[Name], why: string): Translate =>
  (config) =>
    config[field] === off ? {} : { impossible: `"${field}": ${why}` };

/** Some losses count what is learned from at once for itself, so that dividing a step into more parts changes it. */
function byPart({ lossType, topEntropyQuantile, trl }: RunConfig): string | undefined {
  if (trl === null) return undefined;
  const { processes, perDeviceTrainBatchSize: size } = trl;
  const changes = `what is learned is another when a step is divided into more parts`;
  if (lossType === 'bnpo' && (processes > 1 || size !== null))
    return `"lossType": "bnpo" averages over what a process learns from at once, so ${changes}.`;
  if (topEntropyQuantile < 1 && size !== null)
    return `"topEntropyQuantile" chooses among the tokens that are learned from at once, so ${changes}.`;
  return undefined;
}

const TRL_LOSSES = ['grpo', 'bnpo', 'dapo', 'dr_grpo', 'luspo', 'cispo', 'sapo', 'vespo'];

/** Every field of a run config; a field that is added must say here what TRL makes of it. */
export const TRL_FIELDS: Record<Field, Translate> = {
  model: ({ model }) =>
    /\.gguf$/i.test(model)
      ? {
          impossible:
            '"model": TRL loads Hugging Face folders, and this is a .gguf file; name the folder that it was made from.',
        }
      : {},
  ...{ dataset: inData, evalDataset: inData, evalSplit: inData, prompt: inData, columns: inData, maxRows: inData },
  ...{ maxPromptLength: inData, difficulty: inData, evalPrompts: inData },
  ...{ rewards: inScript, rewardEnv: inScript, python: notNeeded, samples: notNeeded },
  rewardTimeoutSeconds: ({ rewards }) =>
    rewards.some(({ file }) => file.endsWith('.py'))
      ? {
          approximated:
            '"rewardTimeoutSeconds": TRL calls Python rewards in its own process, without a limit; TypeScript rewards have it.',
        }
      : {},
  chatTemplateKwargs: ({ chatTemplateKwargs }) =>
    Object.keys(chatTemplateKwargs).length > 0
      ? { args: { chat_template_kwargs: chatTemplateKwargs as Record<string, PythonValue> } }
      : {},
  // Its settings are in the config already.
  preset: notNeeded,
  // What they come to together is in batches.ts.
  ...{ promptsPerStep: inScript, gradientAccumulationSteps: inScript, maxSteps: inScript, numTrainEpochs: inScript },
  // TRL's default is to do it.
  gradientCheckpointing: ({ gradientCheckpointing }) =>
    gradientCheckpointing === false ? { args: { gradient_checkpointing: false } } : {},
  numGenerations: same('numGenerations', 8),
  numIterations: same('numIterations', 1),
  numMiniBatches: (config) =>
    Number.isInteger(trlBatches(config).microBatch)
      ? {}
      : {
          impossible:
            '"numMiniBatches": TRL needs mini-batches of equal size; take a divisor of the completions of a step.',
        },
  generations: missing('generations', null, 'TRL samples the same number of completions for every prompt.'),
  curriculum: missing('curriculum', null, 'TRL takes one prompt after another.'),
  replay: missing('replay', null, 'TRL does not learn again from groups of earlier steps.'),
  dynamicSampling: missing('dynamicSampling', null, 'TRL does not replace groups without a learning signal.'),
  shuffleDataset: same('shuffleDataset', true),
  seed: (config) => ({
    ...same('seed', 42)(config),
    approximated: '"seed": TRL draws other random numbers, so its runs agree with ours within the noise of seeds only.',
  }),
  maxCompletionLength: same('maxCompletionLength', 512),
  // Among generation_kwargs: see options.ts.
  minCompletionLength: inScript,
  temperature: same('temperature', 1),
  topP: same('topP', 1),
  topK: same('topK', 0),
  minP: same('minP', null),
  maskTruncatedCompletions: same('maskTruncatedCompletions', false),
  scaleRewards: (config) =>
    config.scaleRewards === 'adaptive'
      ? {
          impossible:
            '"scaleRewards": TRL divides by the deviation of the group or of the batch, not by a mix ("adaptive").',
        }
      : same('scaleRewards', 'group')(config),
  baseline: ({ baseline }) =>
    baseline === 'group'
      ? {}
      : { impossible: `"baseline": TRL's GRPOTrainer subtracts the mean of the group, not "${baseline}".` },
  multiObjectiveAggregation: same('multiObjectiveAggregation', 'sum_then_normalize'),
  processRewardWeight: missing('processRewardWeight', null, 'TRL has no advantages for the steps of a completion.'),
  // A reward function of TRL's own: see rewards.ts.
  overlongPenalty: inScript,
  lengthPenalty: missing('lengthPenalty', null, 'TRL has no length penalty whose weight adapts.'),
  lossType: (config) =>
    TRL_LOSSES.includes(config.lossType)
      ? same('lossType', 'dapo')(config)
      : { impossible: `"lossType": TRL has no "${config.lossType}", which is for comparison only.` },
  epsilon: same('epsilon', 0.2),
  epsilonHigh: ({ epsilon, epsilonHigh }) => (epsilonHigh === epsilon ? {} : { args: { epsilon_high: epsilonHigh } }),
  delta: same('delta', null),
  importanceSamplingLevel: same('importanceSamplingLevel', 'token'),
  sapoTemperaturePos: same('sapoTemperaturePos', 1),
  sapoTemperatureNeg: same('sapoTemperatureNeg', 1.05),
  vespoKPos: same('vespoKPos', 2),
  vespoLambdaPos: same('vespoLambdaPos', 3),
  vespoKNeg: same('vespoKNeg', 3),
  vespoLambdaNeg: same('vespoLambdaNeg', 2),
  topEntropyQuantile: same('topEntropyQuantile', 1),
  offPolicyMaskThreshold: same('offPolicyMaskThreshold', null),
  beta: same('beta', 0),
  useBiasCorrectionKl: same('useBiasCorrectionKl', true),
  syncRefModel: (config) =>
    config.syncRefModel && config.lora !== null
      ? { impossible: '"syncRefModel": TRL cannot update the reference model of an adapter.' }
      : same('syncRefModel', false)(config),
  refModelMixupAlpha: (config) => (config.syncRefModel ? same('refModelMixupAlpha', 0.6)(config) : {}),
  refModelSyncSteps: (config) =>
    config.syncRefModel
      ? { args: { ref_model_sync_steps: config.refModelSyncSteps * trlBatches(config).updatesPerStep } }
      : {},
  dpoCoef: missing('dpoCoef', 0, "TRL's GRPO has no preference term."),
  dpoBeta: notNeeded,
  entropyCoef: same('entropyCoef', 0),
  useAdaptiveEntropy: same('useAdaptiveEntropy', false),
  entropyCoefMin: same('entropyCoefMin', 0),
  entropyCoefMax: same('entropyCoefMax', 1),
  entropyCoefDelta: same('entropyCoefDelta', 0.005),
  entropyTarget: same('entropyTarget', 0.2),
  learningRate: same('learningRate', 1e-6),
  lrSchedulerType: same('lrSchedulerType', 'linear'),
  lrSchedulerKwargs: (config) => {
    const updates = trlBatches(config).updatesPerStep;
    const entries = Object.entries(config.lrSchedulerKwargs).map(([name, value]) => [
      snakeCase(name),
      (COUNTING_OPTIONS as readonly string[]).includes(name) ? Number(value) * updates : value,
    ]);
    return entries.length > 0 ? { args: { lr_scheduler_kwargs: Object.fromEntries(entries) } } : {};
  },
  warmupSteps: (config) => {
    const { warmupSteps } = config;
    // Below 1 it is a fraction of all steps, there too.
    const updates = warmupSteps < 1 ? warmupSteps : warmupSteps * trlBatches(config).updatesPerStep;
    return updates === 0 ? {} : { args: { warmup_steps: updates } };
  },
  adamBeta1: same('adamBeta1', 0.9),
  adamBeta2: same('adamBeta2', 0.999),
  adamEpsilon: same('adamEpsilon', 1e-8),
  weightDecay: same('weightDecay', 0),
  maxGradNorm: same('maxGradNorm', 1),
  // PEFT's LoraConfig: see train-script.ts.
  lora: inScript,
  quantization: missing(
    'quantization',
    null,
    'TRL quantizes with bitsandbytes, on an NVIDIA GPU and to other numbers: set "trl.quantization" in its place.',
  ),
  stages: missing('stages', null, 'TRL has a trainer for each way of training; export a config for each stage.'),
  saveSteps: inUpdates('saveSteps', 500),
  saveTotalLimit: same('saveTotalLimit', null),
  checkpointDtype: ({ checkpointDtype }) =>
    checkpointDtype === 'float32'
      ? {}
      : { approximated: '"checkpointDtype": TRL writes checkpoints in the number format that it trains in, float32.' },
  // With held-out prompts alone: see evaluation.ts.
  ...{ evalOnStart: inScript, evalSteps: inScript, numGenerationsEval: inScript },
  stopOn: ({ stopOn }) =>
    stopOn.length > 0
      ? { approximated: '"stopOn": a script on its own is not watched, and takes all of its steps.' }
      : {},
  reportTo: ({ reportTo }) => (reportTo.length > 0 ? { args: { report_to: [...reportTo] } } : {}),
  fp16: same('fp16', false),
  ...{ device: inScript, backend: notNeeded },
  trl: (config) => ({ args: optionArgs(config), approximated: byPart(config) }),
};

/** What TRL makes of a config: arguments in the order of the fields, and sentences. */
export interface Translation {
  args: Record<string, PythonValue>;
  approximated: string[];
  impossible: string[];
}

/** The first field of which TRL cannot do what it says, and all sentences about such fields; undefined: there is none. */
export function refusal(config: RunConfig): { field: Field; sentences: string[] } | undefined {
  const refused = (Object.keys(TRL_FIELDS) as Field[]).flatMap((field) => {
    const { impossible } = TRL_FIELDS[field](config);
    return impossible === undefined ? [] : [{ field, impossible }];
  });
  return refused[0] && { field: refused[0].field, sentences: refused.map(({ impossible }) => impossible) };
}

export function translate(config: RunConfig): Translation {
  const fields = (Object.keys(TRL_FIELDS) as Field[]).map((field) => TRL_FIELDS[field](config));
  return {
    args: Object.assign({}, ...fields.map(({ args }) => args)),
    approximated: fields.flatMap(({ approximated }) => approximated ?? []),
    impossible: fields.flatMap(({ impossible }) => impossible ?? []),
  };
}
