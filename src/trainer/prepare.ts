import type { LoadedConfig } from '../config/load-config.ts';
import { loadDataset } from '../data/dataset.ts';
import { type EncodedPrompt, encodePrompts } from '../data/prompts.ts';
import { loadRollouts } from '../data/recorded-rollouts.ts';
import type { Engine } from '../engine/engine.ts';
import type { EditedTexts } from '../files/source.ts';
import type { ModelConfig } from '../model/config.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { readModel } from '../model/files/read-model.ts';
import { beyondFloat16 } from '../model/files/safetensors-writer.ts';
import { checkWeights } from '../model/files/weights.ts';
import { loraProblem, unusedInLora } from '../model/lora-targets.ts';
import { loadTokenizer, type Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Weights } from '../model/weights-tree.ts';
import { BadInput } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { openRewards, type RewardSet } from '../rewards/open-rewards.ts';
import { createEngine } from './create-engine.ts';
import { tooManyAtOnce } from './memory-check.ts';
import { startAdapter } from './policy/start-adapter.ts';
import { placeStart } from './policy/start-weights.ts';
import { type RecordedRun, recordedScores, replaySteps } from './recorded-steps.ts';
import { workloadOf } from './workload.ts';

/** A run with everything loaded and checked: from here on, bad input has been ruled out. */
export interface PreparedRun {
  config: RunConfig;
  engine: Engine;
  /** Why it is this one, where the config leaves it open. */
  engineReason: string | undefined;
  model: ModelConfig;
  /** The start model, as `placeStart` puts it. */
  weights: Weights;
  /** Trained in its place with LoRA; on the engine's device. */
  adapter: Weights | undefined;
  tokenizer: Tokenizer;
  eosTokenIds: number[];
  prompts: EncodedPrompt[];
  /** Held-out prompts; undefined without an evaluation dataset. */
  evalPrompts: EncodedPrompt[] | undefined;
  rewards: RewardSet;
  /** Loads the reward functions anew, as their files are now. */
  reopenRewards(): Promise<void>;
  /** Completions to train on instead of sampling. */
  recorded: RecordedRun | undefined;
}

export interface PrepareOptions {
  /** The bundled reward worker. */
  rewardWorker: string;
  /** A rollouts file to train on. */
  rollouts?: string;
  /** Source code that stands in for reward files, until they are loaded again. */
  texts?: EditedTexts;
  /** Gets the share of the model that is read. */
  onLoad?: (share: number) => void;
  /** Gets what reward functions print. */
  onOutput?: (text: string) => void;
  /** Hears of reward functions what is wrong though no completion has failed of it. */
  onWarning?: (message: string) => void;
}

/** Loads what a config names, cheapest checks first. Throws BadInput for the first thing that is wrong. */
export async function prepareRun({ config, locate }: LoadedConfig, options: PrepareOptions): Promise<PreparedRun> {
  const rows = loadDataset(config.dataset, locate(['dataset']));
  const evalRows = config.evalDataset === null ? undefined : loadDataset(config.evalDataset, locate(['evalDataset']));

  const startModel = readModelConfig(config.model);
  checkWeights(config.model, startModel);
  const model = config.lora ? { ...startModel, lora: config.lora } : startModel;
  for (const field of ['numGenerations', 'numGenerationsEval'] as const) {
    const tooMany = tooManyAtOnce(model, config[field], config.maxCompletionLength);
    if (tooMany) throw new BadInput(`${tooMany}; lower "${field}" or "maxCompletionLength".`, locate([field]));
  }
  const problem = loraProblem(model) ?? (config.lora && unusedInLora({ ...startModel, lora: config.lora }));
  if (problem) throw new BadInput(`"lora.${problem.field}" ${problem.message}.`, locate(['lora', problem.field]));
  const tokenizer = loadTokenizer(config.model);
  const eosTokenIds = [...new Set([...model.eosTokenIds, tokenizer.eosTokenId])].filter((id) => id !== undefined);
  const limits = {
    model,
    maxCompletionLength: config.maxCompletionLength,
    templateVariables: config.chatTemplateKwargs,
  };
  const prompts = encodePrompts(rows, config.dataset, tokenizer, limits);
  const evalPrompts = evalRows && encodePrompts(evalRows, config.evalDataset!, tokenizer, limits);

  const steps = options.rollouts === undefined ? undefined : loadRollouts(options.rollouts, config);
  const replayed =
    steps &&
    replaySteps(steps, options.rollouts!, {
      tokenizer,
      eosTokenIds,
      model,
      templateVariables: config.chatTemplateKwargs,
    });
  if (steps && config.maxSteps > steps.length) {
    const message = `The file has rollouts for ${steps.length} of the ${config.maxSteps} steps; set maxSteps to ${steps.length} at most.`;
    throw new BadInput(message, { file: options.rollouts! });
  }
  if (config.rewards.length === 0 && !steps?.[0]?.[0]?.[0]?.rewards) {
    throw new BadInput(
      '"rewards" is empty, so there is nothing to learn from; name a reward function.',
      locate(['rewards']),
    );
  }

  const { engine, reason } = await createEngine(config, locate, workloadOf(model, { trains: true, half: config.fp16 }));
  const { weights: read } = await readModel(config.model, options.onLoad);
  const beyond = config.checkpointDtype === 'float16' && !config.lora ? beyondFloat16(read) : undefined;
  if (beyond) throw new BadInput(beyond, locate(['checkpointDtype']));
  const weights = await placeStart(engine, model, read, { frozen: config.lora !== null });
  const adapter = config.lora ? await engine.upload(startAdapter(model, config.seed, read)) : undefined;
  // Last, as worker processes are started: whatever is wrong above leaves none behind.
  const sources = config.rewards.map(({ file, function: name, weight }, index) => ({
    file,
    weight,
    at: locate(['rewards', index]),
    ...(name !== undefined && { name }),
  }));
  const rewardOptions = {
    workerPath: options.rewardWorker,
    timeoutSeconds: config.rewardTimeoutSeconds,
    rewardEnv: config.rewardEnv,
    ...(config.python !== null && { pythonPath: config.python }),
    ...(options.onOutput && { onOutput: options.onOutput }),
    ...(options.onWarning && { onWarning: options.onWarning }),
  };
  const rewards = await openRewards(sources, { ...rewardOptions, ...(options.texts && { texts: options.texts }) });
  const weightOf = (name: string) => rewards.functions.find((reward) => reward.name === name)?.weight ?? 1;
  const run: PreparedRun = {
    config,
    engine,
    engineReason: reason,
    model,
    weights,
    adapter,
    tokenizer,
    eosTokenIds,
    prompts,
    evalPrompts,
    rewards,
    async reopenRewards() {
      await run.rewards.close();
      run.rewards = await openRewards(sources, rewardOptions);
    },
    recorded: replayed?.map((rollout, index) => ({ rollout, scores: recordedScores(steps![index]!, weightOf) })),
  };
  return run;
}
