import { type PromptOrder, trainingOrder } from '../../data/prompt-order.ts';
import { NotFiniteModel } from '../../model/not-finite.ts';
import type { Finding } from '../../protocol/finding.ts';
import type { ScoreTable } from '../../protocol/rewards.ts';
import { creditOf, experiencesOf } from '../credit.ts';
import { lostPolicy } from '../policy/diverged.ts';
import type { Learner, PolicySampler, Progress } from '../policy/learner.ts';
import type { PreparedRun } from '../prepare.ts';
import { metricsOf, rolloutRows, type ScoredStep, tokensOf, updatedRow } from '../records.ts';
import { type Rollout, sampleRollout } from '../rollout.ts';
import type { Stage, StepRecord, TrainingLoop } from '../stage.ts';
import { Stopwatch } from '../stopwatch.ts';
import { LengthRewards } from './length-rewards.ts';
import { PromptMemory } from './prompt-memory.ts';

/** What a step reads of its run: nothing of where the policy computes. */
type GrpoRun = Pick<PreparedRun, 'config' | 'prompts' | 'tokenizer' | 'recorded' | 'stepsBefore'>;

/** The scores of a step's completions; undefined: the run was stopped in the meantime. */
export type Score = (rollout: Rollout, step: number, loop: TrainingLoop) => Promise<ScoreTable | undefined>;

/**
 * Group Relative Policy Optimization (DeepSeekMath, arXiv:2402.03300, algorithm 1). Steps count from 1, and each depends on nothing but
 * its number, the policy, and what the stage's memory keeps.
 */
export class GrpoStage implements Stage {
  progress: Progress = { step: 0, numTokens: 0 };
  readonly #run: GrpoRun;
  readonly #learner: Learner;
  readonly #sampler: PolicySampler;
  readonly #promptsOf: PromptOrder;
  readonly #score: Score;
  readonly #findings: (scored: ScoredStep) => Finding[];
  /** Of earlier rewards, where the baseline asks for it. */
  readonly #memory: PromptMemory | undefined;
  readonly #lengths: LengthRewards;

  /** `findings`: what a step's completions show of the run. */
  constructor(run: GrpoRun, learner: Learner, score: Score, findings: (scored: ScoredStep) => Finding[] = () => []) {
    this.#run = run;
    this.#learner = learner;
    this.#sampler = learner.sampler(run.config.numGenerations);
    this.#promptsOf = trainingOrder(run.config, run.prompts.length);
    this.#score = score;
    this.#findings = findings;
    this.#lengths = new LengthRewards(run.config);
    if (run.config.baseline === 'history') this.#memory = new PromptMemory();
  }

  async step(loop: TrainingLoop): Promise<StepRecord | undefined> {
    const { config, tokenizer } = this.#run;
    const step = this.progress.step + 1;
    const watch = new Stopwatch();

    // Sample a batch of prompts, and for each of them G completions from the policy: o_i ~ π_θold(· | q).
    loop.emit({ type: 'phase', step, phase: 'rollout' });
    const rollout = await this.#sample(step);
    watch.lap('rollout');

    // Compute the rewards r_i of each completion, those on its length included.
    const given = await this.#score(rollout, step, loop);
    if (!given) return undefined;
    const table = this.#lengths.addedTo(given, rollout);

    // Compute the advantage Â_i,t of each token from its completion's rewards relative to the group's.
    const histories = this.#memory?.historiesOf(rollout, config.numGenerations);
    const credit = creditOf(rollout, table, config.numGenerations, config, tokenizer, histories);
    watch.lap('score');

    // They can be read while the policy is updated, and somebody may stop the run because of what they show.
    const scored = { step, rollout, table, credit, histories };
    const rows = rolloutRows(scored, tokenizer);
    if (!(await loop.scored({ step, rows, findings: () => this.#findings(scored) }))) return undefined;
    watch.resume();

    // Update the policy μ times (`numIterations`) to maximize the GRPO objective.
    loop.emit({ type: 'phase', step, phase: 'update' });
    const update = await this.#learner.update(experiencesOf(rollout, credit, config));
    // Now and then, the reference follows the policy: π_ref ← α π_θ + (1 − α) π_ref.
    if (config.syncRefModel && (step - this.#before) % config.refModelSyncSteps === 0)
      await this.#learner.syncReference();
    watch.lap('update');
    if (update.overflow) loop.emit({ type: 'log', level: 'info', message: overflowNote(step, update.overflow) });

    const lengthMetrics = this.#lengths.metrics;
    this.#lengths.adapt(rollout);
    this.#memory?.remember(rollout, credit, config.numGenerations);
    this.progress = { ...this.progress, step, numTokens: this.progress.numTokens + tokensOf(rollout) };
    return {
      metrics: { ...metricsOf(scored, update, watch, this.progress.numTokens), ...lengthMetrics },
      ...(update.tokens && { update: update.tokens.map(updatedRow) }),
    };
  }

  async save(folder: string): Promise<void> {
    await this.#learner.save(folder, this.progress);
    this.#memory?.save(folder);
    this.#lengths.save(folder);
  }

  async restore(folder: string): Promise<void> {
    this.#memory?.restore(folder);
    this.#lengths.restore(folder);
    this.progress = await this.#learner.restore(folder);
  }

  /** The steps of the stages before it, which are counted on. */
  get #before(): number {
    return this.#run.stepsBefore ?? 0;
  }

  /** A group of completions for each of the step's prompts, sampled or as recorded. */
  async #sample(step: number): Promise<Rollout> {
    const { config, prompts, tokenizer, recorded } = this.#run;
    if (recorded) return recorded[step - 1]!.rollout;
    const chosen = this.#promptsOf(step - this.#before).map((row) => prompts.at(row));
    try {
      return await sampleRollout(this.#sampler, tokenizer, chosen, config.maxCompletionLength, ['rollout', step]);
    } catch (error) {
      throw error instanceof NotFiniteModel ? lostPolicy(this.#learner.updates, config) : error;
    }
  }
}

/** For the log. */
export function overflowNote(step: number, { skipped, lossScale }: { skipped: number; lossScale: number }): string {
  const updates = skipped === 1 ? 'one update' : `${skipped} updates`;
  return `Gradients of step ${step} overflowed float16: skipped ${updates}, the loss scale is now ${lossScale}.`;
}
