import { setImmediate as nextTurn } from 'node:timers/promises';
import { NotFiniteModel } from '../model/finite.ts';
import { BadInput, type RunFailure } from '../protocol/errors.ts';
import type { TrainerEvent } from '../protocol/events.ts';
import type { ScoreTable } from '../protocol/rewards.ts';
import { rowFailures } from '../rewards/score-table.ts';
import { changesNote } from '../run-folder/resume-notes.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import type { RunControl } from './control.ts';
import { Evaluator } from './evaluate.ts';
import { endOfScoring, failedScores } from './failed-scores.ts';
import { Learner } from './learner.ts';
import { type SavedRun, writeCheckpoint } from './policy/checkpoint.ts';
import { Diverged, divergence, lostPolicy } from './policy/diverged.ts';
import { movePolicy, type PolicyState } from './policy/policy-state.ts';
import type { PreparedRun } from './prepare.ts';
import { recordRewards } from './record-rewards.ts';
import { metricsOf, rolloutRows } from './records.ts';
import type { Rollout } from './rollout.ts';
import { Stopwatch } from './stopwatch.ts';

export interface TrainOptions {
  control: RunControl;
  emit: (event: TrainerEvent) => void;
  /** The checkpoint to go on from. */
  resume: (SavedRun & { path: string }) | undefined;
  /** Whether someone is there to fix a reward and resume; if not, a step in which every row fails ends the run. */
  attended: boolean;
}

export type Outcome = { outcome: 'done' | 'stopped'; step: number; checkpoint: string | null };

/**
 * The GRPO loop (DeepSeekMath, arXiv:2402.03300, algorithm 1), one step a turn: sample groups of completions, score them, compare each
 * with its group, move the policy towards the better ones.
 */
export async function train(run: PreparedRun, folder: RunFolder, options: TrainOptions): Promise<Outcome> {
  const { config, engine, model } = run;
  const { control, emit, resume, attended } = options;
  const learner = new Learner(run, resume?.policy);
  const evaluator = run.evalPrompts && config.evalSteps !== null ? new Evaluator(run) : undefined;

  let finished = resume?.state.step ?? 0;
  let numTokens = resume?.state.numTokens ?? 0;
  let checkpoint = resume?.path ?? null;
  let savedStep = resume?.state.step;

  const save = async ({ prune = true } = {}) => {
    if (savedStep === finished) return;
    emit({ type: 'phase', step: finished, phase: 'save' });
    const state = { step: finished, numTokens };
    const policy = await movePolicy(learner.policy.state, (weights) => engine.download(weights));
    checkpoint = await folder.writeCheckpoint(finished, (to) => writeCheckpoint(to, model, config, policy, state));
    savedStep = finished;
    if (prune) folder.pruneCheckpoints(config.saveTotalLimit);
    emit({ type: 'checkpoint', step: finished, path: checkpoint });
  };

  const setState = (state: 'running' | 'paused' | 'stopping', why?: BadInput | RunFailure) => {
    folder.update({ state, reason: why?.message ?? null });
    emit({ type: 'state', state, ...(why && { reason: why.message, problem: why.problem }) });
  };

  /** Waits until the run is resumed or stopped. */
  const pause = async (why?: BadInput | RunFailure) => {
    control.pause();
    setState('paused', why);
    await control.resumed();
    if (!control.stopping) setState('running');
  };

  /** Ends a run whose numbers are not finite: what is still good is saved, and no older checkpoint goes. */
  const diverged = async (error: unknown): Promise<never> => {
    const lost = error instanceof NotFiniteModel;
    if (!lost && !(error instanceof Diverged)) throw error;
    if (!lost && error.policyIsGood && finished > 0) await save({ prune: false });
    const message = lost ? lostPolicy(learner.policy.state.updates, config) : error.message;
    // A policy that computes NaN when it is sampled did so when the last step was saved.
    const last = folder.checkpoints().findLast(({ step }) => !lost || step < finished);
    const without = lost && finished > 0 && savedStep === finished ? finished : undefined;
    throw divergence(`Step ${finished + 1}: ${message}`, { action: 'resume', step: last?.step ?? 0, without });
  };

  /** Scores the rollout. When every row failed twice, waits for someone to fix the reward functions, or gives up; undefined: stopped meanwhile. */
  const score = async (rollout: Rollout, step: number): Promise<ScoreTable | undefined> => {
    for (let attempt = 1; ; attempt++) {
      emit({ type: 'phase', step, phase: 'score' });
      const table = await learner.score(rollout, step);
      const failures = rowFailures(table).filter((failure) => failure !== undefined);
      const all = failures.length === rollout.length;
      const warn = (message: string) => emit({ type: 'log', level: 'warning', message });
      if (!all && hasNoReward(table))
        warn(
          `No completion of step ${step} has a reward: every reward function ${failures.length === 0 ? 'abstained' : 'abstained or failed'}.`,
        );
      if (failures.length === 0) return table;
      const failed = failedScores(step, failures, rollout.length);
      if (!all) {
        warn(failed.message);
        return table;
      }
      // A judge that was away, or a machine that was busy, may be back: a second attempt costs less than a run.
      if (attempt === 1 && !control.stopping) {
        warn(`${failed.message} Scoring them once more.`);
        continue;
      }
      await save();
      if (control.stopping) return undefined;
      if (!attended) throw endOfScoring(failed);
      for (let why: BadInput | RunFailure | undefined = failed; why; why = await reopenRewards(run)) {
        await pause(why);
        if (control.stopping) return undefined;
      }
      const changes = recordRewards(folder, run.rewards, step);
      if (changes.length > 0) emit({ type: 'log', level: 'info', message: changesNote(changes, step) });
      attempt = 0;
    }
  };

  while (finished < config.maxSteps) {
    // The engine blocks the event loop while it runs: signals and messages are heard here.
    await nextTurn();
    if (control.pausing) await pause();
    if (control.stopping) break;

    const step = finished + 1;
    const watch = new Stopwatch();
    emit({ type: 'phase', step, phase: 'rollout' });
    const rollout = await learner.rollout(step).catch(diverged);
    watch.lap('rollout');
    const table = await score(rollout, step);
    if (!table) break;
    const credit = learner.credit(rollout, table);
    watch.lap('score');
    emit({ type: 'phase', step, phase: 'update' });
    const update = await learner.update(rollout, credit, step).catch(diverged);
    watch.lap('update');
    const { skipped } = update;
    if (skipped > 0) emit({ type: 'log', level: 'info', message: leftOut(step, skipped, learner.policy.state) });

    finished = step;
    numTokens += rollout.reduce((sum, { prompt, ids }) => sum + prompt.ids.length + ids.length, 0);
    const metrics = metricsOf({ step, rollout, table, credit }, update, watch, numTokens);
    if (evaluator && step % config.evalSteps! === 0) {
      emit({ type: 'phase', step, phase: 'evaluate' });
      const { reward, rewards } = await evaluator.evaluate(await learner.policy.weights(), run.evalPrompts!);
      emit({ type: 'eval', step, reward, rewards });
      metrics.eval_reward = reward;
    }
    folder.writeRollouts(step, rolloutRows({ step, rollout, table, credit }));
    folder.appendMetrics(metrics);
    folder.update({ step });
    emit({ type: 'step', step, metrics });
    if (step % config.saveSteps === 0) await save();
  }
  if (control.stopping) setState('stopping');
  await save();
  return { outcome: finished >= config.maxSteps ? 'done' : 'stopped', step: finished, checkpoint };
}

/** Whether no function gave a completion a score: such a step teaches nothing. */
const hasNoReward = ({ columns }: ScoreTable): boolean =>
  columns.every(({ outcomes }) => outcomes.every(({ kind }) => kind !== 'score'));

function leftOut(step: number, updates: number, { lossScale }: PolicyState): string {
  const what = updates === 1 ? 'one update was' : `${updates} updates were`;
  return `Gradients of step ${step} left the range of float16: ${what} left out, and the loss is scaled by ${lossScale!.scale} from now on.`;
}

/** Loads the reward functions as their files are now; gives what is wrong with them, if anything is. */
async function reopenRewards(run: PreparedRun): Promise<BadInput | undefined> {
  try {
    await run.reopenRewards();
    return undefined;
  } catch (error) {
    if (error instanceof BadInput) return error;
    throw error;
  }
}
