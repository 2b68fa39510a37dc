import { BadInput, type RunFailure } from '../protocol/errors.ts';
import type { ScoreTable } from '../protocol/rewards.ts';
import type { RunChange } from '../protocol/run-folder.ts';
import { rowFailures } from '../rewards/score-table.ts';
import { sumOfTotals } from '../rewards/totals.ts';
import { changesNote } from '../run-folder/resume-notes.ts';
import { endOfScoring, failedScores } from './failed-scores.ts';
import type { PreparedRun } from './prepare.ts';
import { type Rollout, scoreBatch } from './rollout.ts';
import type { TrainingLoop } from './stage.ts';
import type { Score } from './stages/grpo.ts';

type ScoredRun = Pick<PreparedRun, 'config' | 'rewards' | 'recorded' | 'reopenRewards' | 'stepsBefore'>;

/** What the reward functions say of each completion, or said when it was recorded. */
export async function scoreRollout(run: ScoredRun, rollout: Rollout, step: number): Promise<ScoreTable> {
  const trainerState = { globalStep: step - 1 - (run.stepsBefore ?? 0), maxSteps: run.config.maxSteps };
  return run.recorded?.[step - 1]?.scores ?? (await run.rewards.score(scoreBatch(rollout, trainerState)));
}

/**
 * Scores rollouts, and does not train on one of which every completion failed: that is tried once more, then someone has to fix the reward
 * functions, or the run fails. `onReopened` records that the run uses other ones from a step on, and gives what is new about them.
 */
export function persistentScoring(run: ScoredRun, onReopened: (step: number) => RunChange[]): Score {
  return async (rollout, step, loop, replacing = false) => {
    let totals: ScoreTable['totals'] = {};
    for (let attempt = 1; ; attempt++) {
      loop.emit({ type: 'phase', step, phase: 'score' });
      const scored = await scoreRollout(run, rollout, step);
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
