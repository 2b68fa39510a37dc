import { type PromptOrder, promptSequence, trainingOrder } from '../../data/prompt-order.ts';
import type { Finding } from '../../protocol/finding.ts';
import type { ScoreTable } from '../../protocol/rewards.ts';
import type { RolloutRow } from '../../protocol/run-folder.ts';
import { sumOfTotals } from '../../rewards/totals.ts';
import { creditOf, experiencesOf, sequencesOf } from '../credit.ts';
import { miniBatches } from '../mini-batches.ts';
import type { Learner, Progress } from '../policy/learner.ts';
import type { PreparedRun } from '../prepare.ts';
import { PromptCurriculum } from '../prompt-curriculum.ts';
import { PromptDraw, readPosition, savePosition } from '../prompt-draw.ts';
import { metricsOf, rolloutRows, type ScoredStep, tokensOf, updatedRow } from '../records.ts';
import { groupSizes, type Rollout } from '../rollout.ts';
import type { ScoredRollout } from '../scored-groups.ts';
import type { ScoringOptions, StepScoring } from '../scoring.ts';
import type { Stage, StepRecord, TrainingLoop } from '../stage.ts';
import { Stopwatch } from '../stopwatch.ts';
import { GroupSampler } from './group-sampler.ts';
import { LengthRewards } from './length-rewards.ts';
import { PromptMemory } from './prompt-memory.ts';
import { ReplayMemory, withReplayed } from './replay-memory.ts';

/** What a step reads of its run: nothing of where the policy computes. */
type GrpoRun = Pick<PreparedRun, 'config' | 'prompts' | 'tokenizer' | 'recorded' | 'stepsBefore'>;

/**
 * Group Relative Policy Optimization (DeepSeekMath, arXiv:2402.03300, algorithm 1). Steps count from 1, and each depends on nothing but
 * its number, the policy, and what the stage's memory keeps; with dynamic sampling, also on how many prompts were drawn before.
 */
export class GrpoStage implements Stage {
  progress: Progress = { step: 0, numTokens: 0 };
  readonly #run: GrpoRun;
  readonly #learner: Learner;
  readonly #sampler: GroupSampler;
  readonly #promptsOf: PromptOrder;
  /** What chooses the prompts in place of their order, where the config asks for it. */
  readonly #curriculum: PromptCurriculum | undefined;
  /** How many prompts the steps have drawn, where dynamic sampling makes it more than their number says. */
  #drawn = 0;
  readonly #scoring: StepScoring;
  readonly #findings: (scored: ScoredStep) => Finding[];
  /** Of earlier rewards, where the baseline asks for it. */
  readonly #memory: PromptMemory | undefined;
  readonly #lengths: LengthRewards;
  /** What the step's rewards have used up so far, those of completions that were replaced included. */
  #used: Record<string, number> = {};
  /** Of earlier groups, where some are replayed. */
  readonly #replay: ReplayMemory | undefined;

  /** `findings`: what a step's completions show of the run. */
  constructor(
    run: GrpoRun,
    learner: Learner,
    scoring: StepScoring,
    findings: (scored: ScoredStep) => Finding[] = () => [],
  ) {
    this.#run = run;
    this.#learner = learner;
    this.#sampler = new GroupSampler(run, learner, {
      ahead: (step) => scoring.ahead?.(step),
      scores: (rollout, step, loop, ahead) => this.#scores(rollout, step, loop, { replacing: true, ahead }),
      haveSignal: (step, scored) => this.#credited(step, scored).credit.groups.map(({ informative }) => informative),
    });
    this.#promptsOf = trainingOrder(run.config, run.prompts.length);
    const { curriculum } = run.config;
    if (curriculum) this.#curriculum = new PromptCurriculum({ ...run.config, curriculum }, run.prompts);
    this.#scoring = scoring;
    this.#findings = findings;
    this.#lengths = new LengthRewards(run.config);
    if (run.config.baseline === 'history') this.#memory = new PromptMemory();
    if (run.config.replay) this.#replay = new ReplayMemory(run.config, run.config.replay);
  }

  async step(loop: TrainingLoop): Promise<StepRecord | undefined> {
    const { config, tokenizer } = this.#run;
    const step = this.progress.step + 1;
    const watch = new Stopwatch();
    this.#used = {};

    // Sample a batch of prompts, and for each of them G completions from the policy: o_i ~ π_θold(· | q).
    loop.emit({ type: 'phase', step, phase: 'rollout' });
    const draw = this.#draw(step);
    const prompts = draw?.take(config.promptsPerStep) ?? this.#promptsOf(step - this.#before);
    const ahead = this.#scoring.ahead?.(step);
    const sampled = await this.#sampler.sample(step, prompts, ahead);
    watch.lap('rollout');

    // Compute the rewards r_i of each completion, those on its length included; slow ones have begun with the first that ended. While they are
    // waited for, compute π_ref(o_i | q), if all of these completions are learned from, and no others, whatever they earn.
    let reference: number[][] | undefined;
    const meanwhile = async () => {
      watch.lap('score');
      reference = await this.#learner.reference(sequencesOf(sampled));
      watch.lap('reference');
    };
    const scores = await this.#scores(sampled, step, loop, { ahead, ...(this.#learnsFromAll && { meanwhile }) });
    if (!scores) return undefined;
    watch.lap('score');

    // Add completions to groups that teach nothing, then replace those by other prompts, if the config asks for it.
    const during = { step, loop, watch };
    const growth = this.#sampler.growth(during);
    const first = growth ? await growth.grow({ rollout: sampled, table: scores }) : { rollout: sampled, table: scores };
    if (!first) return undefined;
    const collected =
      draw && config.dynamicSampling
        ? await this.#sampler.replaced(first, draw, growth, during)
        : { ...first, metrics: {} };
    if (!collected) return undefined;
    const { rollout, discarded } = collected;
    const table = { ...collected.table, totals: this.#used };

    // Compute the advantage Â_i,t of each token from its completion's rewards relative to the group's.
    const scored = this.#credited(step, { rollout, table });
    const { credit } = scored;
    watch.lap('score');

    // They can be read while the policy is updated, and somebody may stop the run because of what they show.
    const rows = rolloutRows(scored, tokenizer);
    const replayed = this.#replay?.draw(step, 1 + (discarded?.rollout ?? rollout).at(-1)!.group);
    const completions = {
      rows,
      ...(replayed && { replayed: replayed.rows }),
      ...(discarded && { discarded: this.#discardedRows(step, discarded) }),
    };
    if (!(await loop.scored({ step, ...completions, findings: () => this.#findings(scored) }))) return undefined;
    watch.resume();

    // Update the policy μ times (`numIterations`), with each mini-batch if there are several, to maximize the GRPO objective.
    loop.emit({ type: 'phase', step, phase: 'update' });
    const own = experiencesOf(rollout, credit, config);
    const learned = replayed ? withReplayed(own, replayed) : own;
    const options = { miniBatches: miniBatches(learned.length, step, config), reference };
    const update = await this.#learner.update(learned, options);
    // Now and then, the reference follows the policy: π_ref ← α π_θ + (1 − α) π_ref.
    if (config.syncRefModel && (step - this.#before) % config.refModelSyncSteps === 0)
      await this.#learner.syncReference();
    watch.lap('update');
    if (update.overflow) loop.emit({ type: 'log', level: 'info', message: overflowNote(step, update.overflow) });

    const lengthMetrics = this.#lengths.metrics;
    this.#lengths.adapt(rollout);
    this.#memory?.remember(rollout, credit, groupSizes(rollout));
    this.#replay?.remember(step, rollout, rows, own);
    if (draw && this.#goesOn) this.#drawn = draw.position;
    const tokens = tokensOf(rollout) + tokensOf(discarded?.rollout ?? []);
    this.progress = { ...this.progress, step, numTokens: this.progress.numTokens + tokens };
    const metrics = metricsOf(scored, update, watch, this.progress.numTokens);
    return {
      metrics: {
        ...(draw && this.#curriculum?.metrics(draw)),
        ...growth?.metrics,
        ...collected.metrics,
        ...metrics,
        ...lengthMetrics,
      },
      ...(update.tokens && { update: update.tokens.map(updatedRow) }),
    };
  }

  async save(folder: string): Promise<void> {
    await this.#learner.save(folder, this.progress);
    this.#memory?.save(folder);
    this.#replay?.save(folder);
    this.#lengths.save(folder);
    if (this.#goesOn) savePosition(folder, this.#drawn);
  }

  async restore(folder: string): Promise<void> {
    this.#memory?.restore(folder);
    this.#replay?.restore(folder);
    this.#lengths.restore(folder);
    this.progress = await this.#learner.restore(folder);
    this.#drawn = readPosition(folder) ?? (this.progress.step - this.#before) * this.#run.config.promptsPerStep;
  }

  /** The steps of the stages before it, which are counted on. */
  get #before(): number {
    return this.#run.stepsBefore ?? 0;
  }

  /** Whether a step has a reference, and learns from what it samples first, and from nothing else. */
  get #learnsFromAll(): boolean {
    const { beta, dynamicSampling, generations, replay } = this.#run.config;
    return beta !== 0 && !dynamicSampling && !generations && !replay;
  }

  /** Whether a step draws from where the one before stopped. */
  get #goesOn(): boolean {
    return this.#run.config.dynamicSampling !== null && !this.#curriculum;
  }

  /** Undefined: a step takes the prompts that its number says. */
  #draw(step: number): PromptDraw | undefined {
    if (this.#curriculum) return this.#curriculum.draw(step - this.#before);
    if (!this.#goesOn) return undefined;
    const { config, prompts } = this.#run;
    const options = { seed: config.seed, rows: prompts.length, shuffle: config.shuffleDataset };
    return new PromptDraw(promptSequence(options), { rows: options.rows, position: this.#drawn });
  }

  /** Undefined: the run was stopped. */
  async #scores(
    rollout: Rollout,
    step: number,
    loop: TrainingLoop,
    options: ScoringOptions,
  ): Promise<ScoreTable | undefined> {
    const given = await this.#scoring.score(rollout, step, loop, options);
    this.#used = sumOfTotals([this.#used, given?.totals]);
    return given && this.#lengths.addedTo(given, rollout);
  }

  /** What completions earned, seen from what the memory has of earlier steps. */
  #credited(step: number, { rollout, table }: ScoredRollout): ScoredStep {
    const { config, tokenizer } = this.#run;
    const sizes = groupSizes(rollout);
    const histories = this.#memory?.historiesOf(rollout, sizes);
    const credit = creditOf(rollout, table, sizes, config, tokenizer, histories);
    return { step, rollout, table, credit, histories };
  }

  #discardedRows(step: number, scored: ScoredRollout): RolloutRow[] {
    const rows = rolloutRows(this.#credited(step, scored), this.#run.tokenizer);
    return rows.map((row) => ({ ...row, discarded: true }));
  }
}

/** For the log. */
export function overflowNote(step: number, { skipped, lossScale }: { skipped: number; lossScale: number }): string {
  const updates = skipped === 1 ? 'one update' : `${skipped} updates`;
  return `Gradients of step ${step} overflowed float16: skipped ${updates}, the loss scale is now ${lossScale}.`;
}
