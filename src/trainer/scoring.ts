import { setTimeout as sleep } from 'node:timers/promises';
import { BadInput, type RunFailure } from '../protocol/errors.ts';
import type { ScoreBatch, ScoreTable } from '../protocol/rewards.ts';
import type { RunChange } from '../protocol/run-folder.ts';
import { rowFailures } from '../rewards/score-table.ts';
import type { ScoringAhead } from '../rewards/scoring-ahead.ts';
import { sumOfTotals } from '../rewards/totals.ts';
import { changesNote } from '../run-folder/resume-notes.ts';
import { endOfScoring, failedScores } from './failed-scores.ts';
import type { PreparedRun } from './prepare.ts';
import { type Rollout, type RolloutCompletion, scoreBatch } from './rollout.ts';
import type { TrainingLoop } from './stage.ts';

type ScoredRun = Pick<PreparedRun, 'config' | 'rewards' | 'recorded' | 'reopenRewards' | 'stepsBefore'>;

/** Scores of a rollout's completions that begin while others are still being written. */
export type CompletionsAhead = ScoringAhead<RolloutCompletion>;

export interface ScoringOptions {
  /** They are instead of others, and may all fail. */
  replacing?: boolean | undefined;
  /** What has scored some of them already. */
  ahead?: CompletionsAhead | undefined;
  /** What else there is to compute, for the time that slow rewards are waited for; with others it is not called. */
  meanwhile?: (() => Promise<void>) | undefined;
}

/** How the completions of a run's steps get their scores. */
export interface StepScoring {
  /** Undefined where nothing is gained by it. */
  ahead?(step: number): CompletionsAhead | undefined;
  /** Undefined: the run was stopped in the meantime. */
  score(rollout: Rollout, step: number, loop: TrainingLoop, options?: ScoringOptions): Promise<ScoreTable | undefined>;
}

/** Rewards that take longer than this for a step are called while it is sampled. For others, the messages would cost more than they gain. */
const SLOW_SECONDS = 0.05;

/** Until all that a reward function is asked has left: a large request does so while its worker reads. */
const SENDING_MILLISECONDS = 10;

/** What the reward functions say of each completion, or said when it was recorded; whatever fails. */
export class PlainScoring implements StepScoring {
  readonly #run: ScoredRun;
  /** What they took for the last step. */
  #seconds = 0;

  constructor(run: ScoredRun) {
    this.#run = run;
  }

  ahead(step: number): CompletionsAhead | undefined {
    if (this.#run.recorded || !this.#slow) return undefined;
    return this.#run.rewards.ahead((some) => scoreBatch(some, this.#stateAt(step)));
  }

  async score(
    rollout: Rollout,
    step: number,
    _loop: TrainingLoop,
    { ahead, meanwhile }: ScoringOptions = {},
  ): Promise<ScoreTable> {
    const recorded = this.#run.recorded?.[step - 1]?.scores;
    if (recorded) return recorded;
    const scoring = ahead?.finish(rollout) ?? this.#run.rewards.score(scoreBatch(rollout, this.#stateAt(step)));
    if (meanwhile && this.#slow) {
      // If it fails meanwhile, that is heard below.
      scoring.catch(() => {});
      // The engine blocks the event loop while it runs: answers are read between two of its runs, and after the last.
      await sleep(SENDING_MILLISECONDS);
      await meanwhile();
    }
    const table = await scoring;
    this.#seconds = Math.max(0, ...table.columns.map(({ seconds }) => seconds));
    return table;
  }

  get #slow(): boolean {
    return this.#seconds >= SLOW_SECONDS;
  }

  #stateAt(step: number): ScoreBatch['trainerState'] {
    const { config, stepsBefore = 0 } = this.#run;
    return { globalStep: step - 1 - stepsBefore, maxSteps: config.maxSteps };
  }
}

/**
 * Scores rollouts, and does not train on one of which every completion failed: that is tried once more, then someone has to fix the reward
 * functions, or the run fails. `onReopened` records that the run uses other ones from a step on, and gives what is new about them.
 */
export function persistentScoring(run: ScoredRun, onReopened: (step: number) => RunChange[]): StepScoring {
  const plain = new PlainScoring(run);
  const score: StepScoring['score'] = async (rollout, step, loop, { replacing = false, ...first } = {}) => {
    let totals: ScoreTable['totals'] = {};
    let options: ScoringOptions = first;
    for (let attempt = 1; ; attempt++) {
      loop.emit({ type: 'phase', step, phase: 'score' });
      const scored = await plain.score(rollout, step, loop, options);
      // A second attempt is made on all of them, and what else there was to compute is done.
      options = {};
      // An attempt that failed has cost something, too.
      totals = sumOfTotals([totals, scored.totals]);
      const table = { ...scored, totals };
      const failed = failureOf(table, step, loop);
      if (!failed) return table;
      // They are discarded, as are others without a signal.
      if (replacing) {
        loop.emit({ type: 'log', level: 'warning', message: failed.message });
        return table;
      }
      // A judge that was away, or a machine that was busy, may be back: a second attempt costs less than a run.
      if (attempt === 1 && !loop.stopping) {
        loop.emit({ type: 'log', level: 'warning', message: `${failed.message} Scoring them once more.` });
        continue;
      }
      await loop.save();
      if (loop.stopping) return undefined;
      if (!loop.attended) throw endOfScoring(failed);
      for (let why: BadInput | RunFailure | undefined = failed; why; why = await reopenRewards(run))
        if (!(await loop.pause(why))) return undefined;
      const changes = onReopened(step);
      if (changes.length > 0) loop.emit({ type: 'log', level: 'info', message: changesNote(changes, step) });
      attempt = 0;
    }
  };
  return { ahead: (step) => plain.ahead(step), score };
}

/** Why there is nothing to train on: every completion failed. Of what failed in part, or has no rewards, a warning tells. */
function failureOf(table: ScoreTable, step: number, loop: TrainingLoop): RunFailure | undefined {
  const rows = rowFailures(table);
  const failures = rows.filter((failure) => failure !== undefined);
  const all = failures.length > 0 && failures.length === rows.length;
  const warn = (message: string) => loop.emit({ type: 'log', level: 'warning', message });
  if (!all && hasNoReward(table)) {
    const why = failures.length === 0 ? 'abstained' : 'abstained or failed';
    warn(`No completion of step ${step} has a reward: every reward function ${why}.`);
  }
  if (failures.length === 0) return undefined;
  const failed = failedScores(step, failures, rows.length);
  if (all) return failed;
  warn(failed.message);
  return undefined;
}

/** Whether no function gave a completion a score: such a step teaches nothing. */
const hasNoReward = ({ columns }: ScoreTable): boolean =>
  columns.every(({ outcomes }) => outcomes.every(({ kind }) => kind !== 'score'));

/** Loads the reward functions as their files are now; gives what is wrong with them, if anything is. */
export async function reopenRewards(run: Pick<ScoredRun, 'reopenRewards'>): Promise<BadInput | undefined> {
  try {
    await run.reopenRewards();
    return undefined;
  } catch (error) {
    if (error instanceof BadInput) return error;
    throw error;
  }
}
