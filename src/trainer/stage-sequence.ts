import { trainingOrder } from '../data/prompt-order.ts';
import { BadInput, RunFailure } from '../protocol/errors.ts';
import { findingText } from '../protocol/finding.ts';
import type { RunChange } from '../protocol/run-folder.ts';
import { readRollouts } from '../run-folder/rollouts.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import { watchRewards } from './edited-rewards.ts';
import { evaluationOf } from './evaluate.ts';
import type { Progress } from './policy/learner.ts';
import { LocalLearner } from './policy/local-learner.ts';
import type { PreparedRun } from './prepare.ts';
import type { PreparedStage, PreparedStages } from './prepare-stages.ts';
import { persistentScoring } from './scoring.ts';
import type { Stage } from './stage.ts';
import { GrpoStage } from './stages/grpo.ts';
import { RejectionStage } from './stages/rejection.ts';
import { SftStage } from './stages/sft.ts';
import { type FindingContext, findingContext, stepFindings } from './step-findings.ts';
import { stepReport } from './step-report.ts';
import { type Outcome, type TrainOptions, train } from './train.ts';

/** What the stages of a run have in common. */
export interface SequenceContext {
  run: PreparedStages;
  folder: RunFolder;
  /** Records that other rewards are used from a step on. */
  onReopened(step: number): RunChange[];
}

/** A stage while it trains. */
interface RunningStage extends Stage {
  progress: Progress;
}

/** A run's stages one after another, in one folder: each continues with the weights of the one before. */
export class StageSequence {
  readonly #context: SequenceContext;
  #prepared: PreparedStage;
  #learner: LocalLearner;
  #stage: RunningStage;
  /** The checkpoint that has the state in which the stage began or was restored. */
  #resumed: string | undefined;

  private constructor(context: SequenceContext, prepared: PreparedStage, learner: LocalLearner, stage: RunningStage) {
    this.#context = context;
    this.#prepared = prepared;
    this.#learner = learner;
    this.#stage = stage;
  }

  /** The stage of the newest checkpoint, restored from it, or else the first, with its learner. Throws BadInput where it cannot be. */
  static async open(context: SequenceContext, first?: LocalLearner): Promise<StageSequence> {
    const { run, folder } = context;
    const checkpoint = folder.checkpoints().at(-1);
    const prepared = run.stages.find(({ last }) => (checkpoint?.step ?? 0) <= last) ?? run.stages.at(-1)!;
    const learner = first ?? (await startLearner(run, prepared));
    const sequence = new StageSequence(context, prepared, learner, await createStage(context, prepared, learner));
    if (checkpoint) await sequence.#restore(checkpoint.path);
    sequence.#name();
    return sequence;
  }

  /** Finished steps. */
  get step(): number {
    return this.#stage.progress.step;
  }

  /** Takes the run to its last step, or to where it is stopped. */
  async train(
    options: Omit<TrainOptions, 'config' | 'stage' | 'watchRewards' | 'evaluate' | 'resumed'>,
  ): Promise<Outcome> {
    let { before } = options;
    for (;;) {
      const { run, folder, onReopened } = this.#context;
      const { number, kind, first, last, sampling, recorded } = this.#prepared;
      this.#tell(options);
      const own = (before ?? []).filter(({ step }) => step === 0 || step >= first);
      const outcome = await train(this.#stage, folder, {
        ...options,
        ...{ config: { ...run.config, maxSteps: last }, before: own, resumed: this.#resumed },
        ...(this.#several && { stage: number }),
        watchRewards: sampling && watchRewards(sampledRun(sampling, recorded), onReopened),
        evaluate: kind === 'rejection' ? undefined : this.#evaluation(),
      });
      const next = run.stages.find((stage) => stage.number === number + 1);
      if (outcome.outcome === 'stopped' || next === undefined) return outcome;
      if (options.control.stopping) return { ...outcome, outcome: 'stopped' };
      for (const finding of outcome.findings ?? [])
        options.emit({ type: 'log', level: 'warning', message: findingText(finding) });
      await this.#continue(next, outcome.checkpoint ?? undefined);
      before = [];
    }
  }

  get #several(): boolean {
    return this.#context.run.config.stages !== null;
  }

  /** Checkpoints say which stage they are of. */
  #name(): void {
    if (this.#several) this.#stage.progress = { ...this.#stage.progress, stage: this.#prepared.name };
  }

  async #restore(checkpoint: string): Promise<void> {
    await this.#stage.restore(checkpoint);
    this.#resumed = checkpoint;
    const { stage: saved, step } = this.#stage.progress;
    const { name } = this.#prepared;
    if (!this.#several && saved === undefined) return;
    if (saved === name) return;
    const was = saved === undefined ? 'a run without stages' : `the stage "${saved}"`;
    const now = this.#several ? `of the stage "${name}"` : 'of a run without stages';
    throw new BadInput(
      `This checkpoint is of ${was}, and step ${step} is now one ${now}; set "stages" as they were, or start a new run.`,
      { file: checkpoint, isFolder: true },
    );
  }

  async #continue(next: PreparedStage, checkpoint: string | undefined): Promise<void> {
    const { progress } = this.#stage;
    const trained = await this.#learner.handOver();
    const learner = await startLearner(this.#context.run, next);
    // Another model begins as it is.
    if (next.kind !== 'distill') learner.continueWith(trained);
    const stage = await createStage(this.#context, next, learner);
    stage.progress = progress;
    [this.#prepared, this.#learner, this.#stage, this.#resumed] = [next, learner, stage, checkpoint];
    this.#name();
  }

  #tell({ emit }: Pick<TrainOptions, 'emit'>): void {
    if (!this.#several) return;
    const { number, name, kind, first, last } = this.#prepared;
    emit({ type: 'stage', number, of: this.#context.run.config.stages!.length, name, kind, first, last });
  }

  #evaluation(): TrainOptions['evaluate'] {
    const { config, evaluated } = this.#context.run;
    const { opened, evalPrompts } = this.#prepared;
    const run = {
      ...{ config, evalPrompts, tokenizer: opened.tokenizer },
      get rewards() {
        return evaluated.rewards;
      },
    };
    return evaluationOf(run, this.#learner);
  }
}

/** What trains in a stage, with the model that it starts from; a new run's first is made before the run has a folder. */
export async function startLearner(
  { engine, stages }: PreparedStages,
  { opened, loaded, kind, start }: PreparedStage = stages[0]!,
): Promise<LocalLearner> {
  const supervised = kind === 'sft' || kind === 'distill';
  const { model, eosTokenIds } = opened;
  return new LocalLearner({ engine, model, eosTokenIds, config: loaded.config, supervised, ...(await start()) });
}

async function createStage(
  context: SequenceContext,
  prepared: PreparedStage,
  learner: LocalLearner,
): Promise<RunningStage> {
  const { folder, onReopened } = context;
  const { opened, loaded, first, last, number, written, sampling, recorded } = prepared;
  const { config } = loaded;
  const stepsBefore = first - 1;
  if (!sampling) {
    const { sequences } = await prepared.demonstrations!(folder.path);
    const rowsOf = trainingOrder(config, sequences.length);
    return new SftStage(learner, (step) => rowsOf(step - stepsBefore).map((row) => sequences[row]!));
  }
  const { prompts } = sampling;
  const { tokenizer } = opened;
  const sampled = { ...{ config, prompts, tokenizer, stepsBefore }, recorded };
  const scored = Object.assign(sampledRun(sampling, recorded), { config, stepsBefore });
  const scoring = persistentScoring(scored, onReopened);
  if (written?.kind === 'rejection') {
    const { threshold, best } = written;
    const files = {
      rollouts: (step: number) => {
        const rows = readRollouts(folder.path, step);
        if (!rows) throw new RunFailure(`The completions of step ${step} are no longer in ${folder.path}.`);
        return rows;
      },
      write: (rows: readonly object[]) => folder.writeStageDataset(number, rows),
    };
    const options = { ...{ first, last, files }, selection: { threshold, best }, mix: prepared.mix };
    return new RejectionStage(sampled, learner, scoring, options);
  }
  // Prompts are measured for it: only once.
  let findings: FindingContext | undefined;
  return new GrpoStage(sampled, learner, scoring, (step) => {
    const { rewards } = sampling;
    findings ??= findingContext({ config, model: opened.model, prompts, rewards }, loaded.locate);
    return stepFindings(stepReport(step, config), findings);
  });
}

/** Rewards that are loaded again are found there. */
function sampledRun(
  sampling: NonNullable<PreparedStage['sampling']>,
  recorded: PreparedRun['recorded'],
): Pick<PreparedRun, 'rewards' | 'reopenRewards' | 'recorded'> {
  return {
    recorded,
    get rewards() {
      return sampling.rewards;
    },
    reopenRewards: () => sampling.reopenRewards(),
  };
}
