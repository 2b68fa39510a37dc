import { rolloutMetrics } from '../grpo/metrics.ts';
import { RunFailure } from '../protocol/errors.ts';
import type { TrainerEvent } from '../protocol/events.ts';
import type { ScoreTable } from '../protocol/rewards.ts';
import { finiteOrNull, type MetricsRow, type RolloutRow } from '../protocol/run-folder.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { RunControl } from './control.ts';
import type { Credit } from './credit.ts';
import { Evaluator } from './evaluate.ts';
import { describeFailure, rowFailures } from './failures.ts';
import { Learner } from './learner.ts';
import type { UpdateResult } from './policy.ts';
import type { PreparedRun } from './prepare.ts';
import type { Rollout } from './rollout.ts';
import type { RunFolder } from './run-folder.ts';
import { Stopwatch } from './stopwatch.ts';

export interface TrainOptions {
  control: RunControl;
  emit: (event: TrainerEvent) => void;
  /** The checkpoint to go on from. */
  resumeFrom?: string;
  /** Whether someone is there to fix a reward and resume; if not, a step in which every row fails ends the run. */
  attended: boolean;
}

export type Outcome = { outcome: 'done' | 'stopped'; step: number; checkpoint: string | null };

/**
 * The GRPO loop (DeepSeekMath, arXiv:2402.03300, algorithm 1), one step a turn: sample groups of completions, score them, compare each
 * with its group, move the policy towards the better ones.
 */
export async function train(run: PreparedRun, folder: RunFolder, options: TrainOptions): Promise<Outcome> {
  const { config, model } = run;
  const { control, emit } = options;
  const resumed = options.resumeFrom === undefined ? undefined : readCheckpoint(options.resumeFrom);
  const learner = new Learner(run, resumed?.policy);
  const evaluator = run.evalPrompts && config.evalSteps !== null ? new Evaluator(run) : undefined;

  let finished = resumed?.state.step ?? 0;
  let numTokens = resumed?.state.numTokens ?? 0;
  let checkpoint = options.resumeFrom ?? null;
  let savedStep = resumed?.state.step;

  const save = async () => {
    if (savedStep === finished) return;
    emit({ type: 'phase', step: finished, phase: 'save' });
    const state = { step: finished, numTokens };
    checkpoint = await folder.writeCheckpoint(finished, (to) =>
      writeCheckpoint(to, model, config, learner.policy.state, state),
    );
    savedStep = finished;
    folder.pruneCheckpoints(config.saveTotalLimit);
    emit({ type: 'checkpoint', step: finished, path: checkpoint });
  };

  const setState = (state: 'running' | 'paused' | 'stopping', reason?: string) => {
    folder.update({ state, reason: reason ?? null });
    emit({ type: 'state', state, ...(reason !== undefined && { reason }) });
  };

  const evaluate = async () => {
    if (!evaluator) return;
    emit({ type: 'phase', step: finished, phase: 'evaluate' });
    const { reward, rewards } = await evaluator.evaluate(learner.policy.weights, run.evalPrompts!);
    emit({ type: 'eval', step: finished, reward, rewards });
    return reward;
  };

  /** Scores the rollout. When every row failed, waits for someone to fix the reward functions, or gives up; undefined: stopped meanwhile. */
  const score = async (rollout: Rollout, step: number): Promise<ScoreTable | undefined> => {
    for (;;) {
      emit({ type: 'phase', step, phase: 'score' });
      const table = await learner.score(rollout, step);
      const failures = rowFailures(table, rollout.length);
      if (failures.some((failure) => failure === undefined)) return table;
      const message = `Every completion of step ${step} failed to be scored: ${describeFailure(failures[0]!)}`;
      folder.log(message);
      await save();
      if (!options.attended) throw new RunFailure(`${message}. Fix the reward and go on with --resume.`);
      control.pause();
      setState('paused', message);
      await control.resumed();
      if (control.stopping) return undefined;
      await run.reopenRewards();
      setState('running');
    }
  };

  while (finished < config.maxSteps) {
    if (control.pausing) {
      setState('paused');
      await control.resumed();
      if (!control.stopping) setState('running');
    }
    if (control.stopping) break;

    const step = finished + 1;
    const watch = new Stopwatch();
    emit({ type: 'phase', step, phase: 'rollout' });
    const rollout = await learner.rollout(step);
    watch.lap('rollout');
    const table = await score(rollout, step);
    if (!table) break;
    const credit = learner.credit(rollout, table);
    watch.lap('score');
    emit({ type: 'phase', step, phase: 'update' });
    const update = await learner.update(rollout, credit, step);
    watch.lap('update');

    finished = step;
    numTokens += rollout.reduce((sum, { prompt, ids }) => sum + prompt.ids.length + ids.length, 0);
    const metrics = metricsOf(step, rollout, table, credit, update, watch, numTokens);
    if (config.evalSteps !== null && step % config.evalSteps === 0) metrics.eval_reward = (await evaluate()) ?? null;
    folder.writeRollouts(step, rolloutRows(step, rollout, table, credit));
    folder.appendMetrics(metrics);
    folder.update({ step });
    emit({ type: 'step', step, metrics });
    if (step % config.saveSteps === 0) await save();
  }
  if (control.stopping) setState('stopping');
  await save();
  return { outcome: finished >= config.maxSteps ? 'done' : 'stopped', step: finished, checkpoint };
}

function metricsOf(
  step: number,
  rollout: Rollout,
  table: ScoreTable,
  credit: Credit,
  update: UpdateResult,
  watch: Stopwatch,
  numTokens: number,
): MetricsRow {
  const failures = rowFailures(table, rollout.length);
  const rows = rollout.map(({ ids, truncated }, row) => ({
    length: ids.length,
    truncated,
    failed: failures[row] !== undefined,
  }));
  const names = table.columns.map(({ name }) => name);
  const row = {
    ...rolloutMetrics(names, credit.scores, credit, rows),
    ...update.metrics,
    ...table.metrics,
    num_tokens: numTokens,
    step_time: watch.total,
    'time/rollout': watch.laps.rollout!,
    'time/score': watch.laps.score!,
    'time/reference': update.seconds.reference,
    'time/update': update.seconds.update,
  };
  const finite = Object.entries(row).map(([key, value]) => [key, value === null ? null : finiteOrNull(value)]);
  return { step, ...Object.fromEntries(finite) };
}

function rolloutRows(step: number, rollout: Rollout, table: ScoreTable, credit: Credit): RolloutRow[] {
  const failures = rowFailures(table, rollout.length);
  return rollout.map(({ group, prompt, ids, text, truncated }, row) => {
    const details: NonNullable<RolloutRow['details']> = {};
    for (const { name, outcomes } of table.columns) {
      const outcome = outcomes[row]!;
      if (outcome.kind !== 'score' || (outcome.reason === undefined && outcome.extracted === undefined)) continue;
      const { reason, extracted } = outcome;
      details[name] = { ...(reason !== undefined && { reason }), ...(extracted !== undefined && { extracted }) };
    }
    const failure = failures[row];
    return {
      step,
      group,
      prompt: prompt.prompt,
      prompt_ids: prompt.ids,
      completion: text,
      completion_ids: ids,
      rewards: Object.fromEntries(table.columns.map(({ name }, k) => [name, credit.scores[row]![k]!])),
      reward: credit.rewards[row]!,
      advantage: credit.advantages[row]!,
      length: ids.length,
      truncated,
      error: failure ? describeFailure(failure) : null,
      columns: prompt.columns,
      ...(Object.keys(details).length > 0 && { details }),
    };
  });
}
