import type { LoadedConfig } from '../config/load-config.ts';
import type { DatasetRow } from '../data/dataset.ts';
import { plannedSteps, trainingOrder, usedRows } from '../data/prompt-order.ts';
import type { Engine } from '../engine/engine.ts';
import type { EditedTexts } from '../files/source.ts';
import type { ModelConfig } from '../model/config.ts';
import { loadTokenizer, type Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Weights } from '../model/weights-tree.ts';
import { BadInput } from '../protocol/errors.ts';
import type { Finding } from '../protocol/finding.ts';
import { lengthRewardsOf } from '../protocol/length-config.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import type { Checkpoint } from '../run-folder/checkpoints.ts';
import { checkSampling } from './check-sampling.ts';
import { checkedModel, type ModelUse } from './checked-model.ts';
import { createEngine } from './create-engine.ts';
import { loadRows } from './load-rows.ts';
import { loadStart } from './load-start.ts';
import { promptFindings } from './prompt-findings.ts';
import { endTokens, PromptList } from './prompt-list.ts';
import { decidedIn } from './quantization.ts';
import { hasRewards, loadReplay, type RecordedRun, recordedRun } from './recorded-steps.ts';
import { checkRecurrence } from './recurring-prompts.ts';
import { type RewardHost, rewardOpener } from './run-rewards.ts';
import { textOnly } from './text-only.ts';
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
  prompts: PromptList;
  /** Held-out prompts; undefined without any. */
  evalPrompts: PromptList | undefined;
  rewards: RewardSet;
  /** Loads the reward functions again, as their files are now. */
  reopenRewards(): Promise<void>;
  /** Of the stages before it, in a run of several: steps are counted through all of them. */
  stepsBefore?: number;
  /** Completions to train on instead of sampling. */
  recorded: RecordedRun | undefined;
  /** What is noticed about the prompts. */
  findings: Finding[];
}

export interface PrepareOptions extends RewardHost {
  /** A rollouts file to train on. */
  rollouts?: string;
  /** Source code to use instead of reward files', until they are loaded again. */
  texts?: EditedTexts;
  /** Gets the share of the model that is read. */
  onLoad?: (share: number) => void;
  /** The model is only sampled from. */
  onlySamples?: boolean;
  /** What the training continues from. */
  checkpoint?: Checkpoint | undefined;
}

/** A model that is checked, but not read. */
export type OpenedModel = Pick<PreparedRun, 'model' | 'tokenizer' | 'eosTokenIds'>;

/** `same`: the same model as it was opened before. */
export function openModel(
  loaded: LoadedConfig,
  { same, ...use }: { same?: OpenedModel | undefined } & ModelUse = {},
): OpenedModel {
  const model = checkedModel(loaded, use);
  const tokenizer = same?.tokenizer ?? loadTokenizer(loaded.config.model);
  return { model, tokenizer, eosTokenIds: endTokens(model, tokenizer) };
}

/** Rows as prompts of a model. `what` they are, for messages. */
export function promptList(
  rows: DatasetRow[],
  what: string,
  { model, tokenizer }: OpenedModel,
  { config, locate }: LoadedConfig,
): PromptList {
  const { maxCompletionLength, maxPromptLength, chatTemplateKwargs: templateVariables } = config;
  const limits = { model, maxCompletionLength, maxPromptLength, templateVariables };
  return new PromptList(rows, tokenizer, limits, { what, at: locate(['maxPromptLength']) });
}

/** Throws BadInput for the first of the prompts that a training uses which the model cannot take. */
export function checkUsed(prompts: PromptList, config: RunConfig): void {
  // A curriculum may come to any.
  if (config.curriculum) {
    prompts.check(Array.from({ length: prompts.length }, (_, index) => index));
    return;
  }
  // As many per step as it can come to draw.
  const promptsPerStep = config.promptsPerStep * (config.dynamicSampling?.maxRounds ?? 1);
  const order = trainingOrder({ ...config, promptsPerStep }, prompts.length);
  prompts.check(usedRows(order, config.maxSteps, prompts.length));
}

/** Loads what a config names, cheapest checks first. Throws BadInput for the first thing that is wrong. */
export async function prepareRun(loaded: LoadedConfig, options: PrepareOptions): Promise<PreparedRun> {
  const { locate } = loaded;
  const rows = await loadRows(loaded);

  const { onlySamples = false, checkpoint } = options;
  const opened = openModel(loaded, { onlySamples, decided: checkpoint && decidedIn(checkpoint.path) });
  const { model, tokenizer, eosTokenIds } = opened;
  const prompts = promptList(rows.train, 'prompt', opened, loaded);
  const config = { ...loaded.config, maxSteps: plannedSteps(loaded.config, prompts.length) };
  checkUsed(prompts, config);
  checkSampling(loaded, prompts, options.rollouts);
  const evalPrompts = rows.heldOut && promptList(rows.heldOut, 'held-out prompt', opened, loaded);

  const { rollouts } = options;
  const replay = rollouts === undefined ? undefined : loadReplay(rollouts, { config, tokenizer, eosTokenIds, model });
  checkRecurrence(config, prompts, replay, locate(['baseline']));
  if (config.rewards.length === 0 && !(replay && hasRewards(replay))) {
    const message = '"rewards" is empty, so there is nothing to learn from; name a reward function.';
    throw new BadInput(message, locate(['rewards']));
  }

  const workload = workloadOf(model, { trains: !onlySamples, half: config.fp16, reference: config.beta !== 0 });
  const { engine, reason } = await createEngine(config, locate, workload);
  const { weights, adapter } = await loadStart(engine, model, loaded, options);

  // Last, as worker processes are started: whatever is wrong above leaves none behind.
  const openRewards = rewardOpener(loaded, options);
  const rewards = await openRewards(options.texts);
  const taken = lengthRewardsOf(config).find((name) => rewards.functions.some((reward) => reward.name === name));
  if (taken !== undefined) {
    await rewards.close();
    const field = taken === 'overlong_penalty' ? 'overlongPenalty' : 'lengthPenalty';
    const message = `"${field}" adds the reward "${taken}", and one of the reward functions is called that, too; rename the function.`;
    throw new BadInput(message, locate([field]));
  }
  const weightOf = (name: string) => rewards.functions.find((reward) => reward.name === name)?.weight ?? 1;
  const run: PreparedRun = {
    ...{ config, engine, engineReason: reason, model, weights, adapter },
    ...{ tokenizer, eosTokenIds, prompts, evalPrompts, rewards },
    findings: replay
      ? []
      : [...textOnly(loaded), ...rows.findings, ...promptFindings(prompts, evalPrompts, tokenizer, loaded)],
    recorded: replay && recordedRun(replay, weightOf),
    async reopenRewards() {
      await run.rewards.close();
      run.rewards = await openRewards();
    },
  };
  return run;
}
