import type { LoadedConfig } from '../config/load-config.ts';
import { type RunStage, stagesOf } from '../config/run-stages.ts';
import type { Demonstration } from '../data/demonstrations.ts';
import type { Engine } from '../engine/engine.ts';
import { BadInput } from '../protocol/errors.ts';
import type { Finding } from '../protocol/finding.ts';
import { QUANTIZATIONS } from '../protocol/quantization.ts';
import { samples } from '../protocol/stage-spans.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import type { Checkpoint } from '../run-folder/checkpoints.ts';
import { checkSampling } from './check-sampling.ts';
import { createEngine } from './create-engine.ts';
import type { DemonstrationList } from './demonstration-list.ts';
import { HeldBySpecs } from './held-rewards.ts';
import { loadRows } from './load-rows.ts';
import { loadStart } from './load-start.ts';
import type { StartWeights } from './policy/policy.ts';
import {
  checkUsed,
  type OpenedModel,
  openModel,
  type PreparedRun,
  type PrepareOptions,
  prepareRun,
  promptList,
} from './prepare.ts';
import { promptFindings } from './prompt-findings.ts';
import { decidedIn } from './quantization.ts';
import type { HeldRewards } from './run-rewards.ts';
import { demonstrationsOf, hasOwnRows, loadMix, ownRows } from './stage-data.ts';
import { textOnly } from './text-only.ts';
import { workloadOf } from './workload.ts';

/** A stage of a run with everything loaded and checked that does not come from an earlier one. */
export interface PreparedStage extends RunStage {
  opened: OpenedModel;
  /** The model that it starts from where no earlier stage has trained it. */
  start(): Promise<StartWeights>;
  /** Prompts and rewards of stages that sample. */
  sampling: Pick<PreparedRun, 'prompts' | 'rewards' | 'reopenRewards'> | undefined;
  /** What stages learn from that are supervised; of one that learns from what an earlier stage wrote, once that is there. */
  demonstrations: ((run: string) => Promise<DemonstrationList>) | undefined;
  /** What a `rejection` stage adds. */
  mix: Demonstration[];
  evalPrompts: PreparedRun['evalPrompts'];
  recorded: PreparedRun['recorded'];
}

/** A run of one stage or more, ready to train. */
export interface PreparedStages extends Pick<PreparedRun, 'config' | 'engine' | 'engineReason' | 'findings'> {
  /** Those that are not over at the checkpoint from which the run continues. */
  stages: PreparedStage[];
  /** The run's own rewards, with which held-out completions are scored after every stage. */
  evaluated: { readonly rewards: RewardSet };
  /** Of all stages, as they are now: each function once. */
  readonly rewards: Pick<RewardSet, 'functions' | 'sources' | 'close'>;
}

/** As `prepareRun`, for a config with stages or without. */
export async function prepareStages(loaded: LoadedConfig, options: PrepareOptions): Promise<PreparedStages> {
  const { config, locate } = loaded;
  const planned = stagesOf(loaded);
  if (config.stages === null) return oneStage(planned[0]!, await prepareRun(loaded, options));
  if (options.rollouts !== undefined)
    throw new BadInput(
      'Recorded completions train a run without stages; remove "stages", or --rollouts.',
      locate(['stages']),
    );

  const left = notOver(planned, options.checkpoint?.step ?? 0);
  const openedModels = openModels(left, options.checkpoint);
  const warn = (stage: RunStage, note: string) => options.onWarning?.(`Stage "${stage.name}": ${note}`);
  const runRows = readOnce(() => loadRows(loaded));
  const evaluates = config.rewards.length > 0 && (config.evalDataset !== null || config.evalSplit !== null);
  const heldOut = evaluates ? (await runRows()).heldOut : undefined;
  const findings: Finding[] = [];

  const checked = [];
  for (const [index, stage] of left.entries()) {
    const opened = openedModels[index]!;
    // What is held out is sampled and shown alike after every stage.
    const evalPrompts = heldOut && promptList(heldOut, 'held-out prompt', opened, loaded);
    const { written } = stage;
    const mix = written?.kind === 'rejection' && written.mix ? await loadMix(stage, written.mix) : [];
    const supervised = stage.kind === 'sft' || stage.kind === 'distill';
    if (supervised) {
      const demonstrations = await demonstrationsOf(stage, planned, opened, (note) => warn(stage, note));
      checked.push({ ...stage, opened, evalPrompts, mix, demonstrations, prompts: undefined });
      continue;
    }
    const rows = hasOwnRows(written!) ? await ownRows(stage) : await runRows();
    const prompts = promptList(rows.train, 'prompt', opened, stage.loaded);
    checkUsed(prompts, stage.loaded.config);
    if (stage.kind === 'grpo') checkSampling(stage.loaded, prompts);
    for (const finding of [
      ...textOnly(stage.loaded),
      ...rows.findings,
      ...promptFindings(prompts, evalPrompts, opened.tokenizer, stage.loaded),
    ])
      if (!findings.some(({ evidence }) => evidence === finding.evidence)) findings.push(finding);
    if (stage.loaded.config.rewards.length === 0)
      throw new BadInput(
        `"rewards" is empty, so there is nothing to learn from in the stage "${stage.name}"; name a reward function.`,
        stage.loaded.locate(['rewards']),
      );
    checked.push({ ...stage, opened, evalPrompts, mix, demonstrations: undefined, prompts });
  }

  const { half, largest } = { half: config.fp16, largest: openedModels.map(({ model }) => model) };
  const reference = left.some(({ loaded }) => loaded.config.beta !== 0);
  const workloads = largest.map((model) => workloadOf(model, { trains: true, half, reference }));
  const workload = workloads.reduce((most, other) => (other.gpuBytes > most.gpuBytes ? other : most));
  const { engine, reason } = await createEngine(config, locate, workload);
  const starts = startModels(left, openedModels, engine, options.onLoad);
  await starts[0]!();

  // Last, as worker processes are started: whatever is wrong above leaves none behind.
  const held = new HeldBySpecs(options);
  try {
    const evaluated = await held.of(loaded);
    // A run records the rewards of all its stages.
    for (const stage of planned) if (!left.includes(stage) && samples(stage.kind)) await held.of(stage.loaded);
    const stages: PreparedStage[] = [];
    for (const [index, { prompts, ...stage }] of checked.entries()) {
      const rewards = prompts && (await held.of(stage.loaded));
      const sampling = prompts && rewards && samplingOf(prompts, rewards);
      stages.push({ ...stage, sampling, start: starts[index]!, recorded: undefined });
    }
    return { config, engine, engineReason: reason, findings, stages, evaluated, rewards: held.all };
  } catch (error) {
    await held.all.close();
    throw error;
  }
}

/** The stages that a run which has got so far still trains in: of those before, neither models nor data are needed any more. */
const notOver = (planned: readonly RunStage[], step: number): RunStage[] => {
  const left = planned.filter(({ last }) => step <= last);
  return left.length > 0 ? left : planned.slice(-1);
};

function oneStage(stage: RunStage, run: PreparedRun): PreparedStages {
  const { config, engine, engineReason, findings, model, tokenizer, eosTokenIds, evalPrompts, recorded } = run;
  const { weights, adapter } = run;
  const prepared: PreparedStage = {
    // As many steps as were planned once its prompts were known.
    ...{ ...stage, last: config.maxSteps, loaded: { ...stage.loaded, config } },
    ...{ opened: { model, tokenizer, eosTokenIds }, evalPrompts, recorded, mix: [], demonstrations: undefined },
    // Itself: it is where rewards that are loaded again are found.
    sampling: run,
    start: async () => ({ weights, adapter }),
  };
  return {
    ...{ config, engine, engineReason, findings, stages: [prepared], evaluated: run },
    rewards: {
      get functions() {
        return run.rewards.functions;
      },
      get sources() {
        return run.rewards.sources;
      },
      close: () => run.rewards.close(),
    },
  };
}

/**
 * Each model is opened once for each of the settings that it is checked with. What `"quantization": "auto"` comes to is one for all stages that
 * train the same model, since they hand its adapter on: what it was before the checkpoint, or else the smallest of theirs.
 */
function openModels(planned: readonly RunStage[], checkpoint: Checkpoint | undefined): OpenedModel[] {
  const continued = checkpoint && planned.find(({ last }) => checkpoint.step <= last)?.loaded.config.model;
  const before = checkpoint && decidedIn(checkpoint.path);
  const known = new Map<string, OpenedModel>();
  const opened = planned.map(({ loaded }) => {
    const { model } = loaded.config;
    const one = openModel(loaded, { same: known.get(model), decided: model === continued ? before : undefined });
    known.set(model, one);
    return one;
  });
  return planned.map(({ loaded }, index) => {
    const own = opened[index]!;
    const isSame = (other: number) => planned[other]!.loaded.config.model === loaded.config.model;
    const quantization = QUANTIZATIONS.findLast((each) =>
      opened.some(({ model }, other) => isSame(other) && model.quantization === each),
    );
    return own.model.quantization === quantization ? own : openModel(loaded, { same: own, decided: { quantization } });
  });
}

/** Those of the run are read at once, another model when its stage begins. A `distill` stage reads its own: training changes weights in place. */
function startModels(
  planned: readonly RunStage[],
  opened: readonly OpenedModel[],
  engine: Engine,
  onLoad: PrepareOptions['onLoad'],
): (() => Promise<StartWeights>)[] {
  const byModel = new Map<string, () => Promise<StartWeights>>();
  return planned.map(({ kind, loaded }, index) => {
    const { model } = loaded.config;
    const known = kind === 'distill' ? undefined : byModel.get(model);
    const start = known ?? readOnce(() => loadStart(engine, opened[index]!.model, loaded, { onLoad }));
    byModel.set(model, start);
    return start;
  });
}

function readOnce<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read();
    return reading;
  };
}

/** As a PreparedRun has them: found there when they are loaded again. */
function samplingOf(prompts: PreparedRun['prompts'], held: HeldRewards): NonNullable<PreparedStage['sampling']> {
  return {
    prompts,
    get rewards() {
      return held.rewards;
    },
    reopenRewards: () => held.reopenRewards(),
  };
}
