import { inGroups } from '../grpo/advantages.ts';
import { GROUP_SIGNALS, groupSignals } from '../grpo/signal.ts';
import { mean, standardDeviation } from '../grpo/statistics.ts';
import { trainedLength } from '../grpo/trajectory.ts';
import type { RewardColumn } from '../protocol/rewards.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { FunctionReport, Spread, StepReport } from '../protocol/step-report.ts';
import { describeFailure, placeOf, rowFailures, scoreOf, stepsOf } from '../rewards/score-table.ts';
import type { ScoredStep } from './records.ts';

/** A step's rollout in figures: what is said of a run before, and while, it trains. */
export function stepReport(
  { rollout, table, credit }: Pick<ScoredStep, 'rollout' | 'table' | 'credit'>,
  { maxCompletionLength: cap }: Pick<RunConfig, 'maxCompletionLength'>,
): StepReport {
  const failures = rowFailures(table);
  const flags = rollout.map(({ trajectory: { truncated } }, row) => ({
    truncated,
    failed: failures[row] !== undefined,
  }));
  const signals = groupSignals(credit, flags);
  const lengths = rollout.map(({ trajectory }) => trainedLength(trajectory));
  const sizes = credit.groups.map(({ size }) => size);
  const groups = inGroups(rollout, sizes);
  return {
    completions: rollout.length,
    groups: {
      count: groups.length,
      signals: Object.fromEntries(
        GROUP_SIGNALS.map((signal) => [signal, signals.filter((other) => other === signal).length]),
      ) as StepReport['groups']['signals'],
      identical: groups.filter((group) => group.every(({ text }) => text === group[0]!.text)).length,
    },
    lengths: {
      min: Math.min(...lengths),
      mean: mean(lengths)!,
      max: Math.max(...lengths),
      cap,
      truncated: flags.filter(({ truncated }) => truncated).length,
      tokens: lengths.reduce((sum, length) => sum + length, 0),
    },
    reward: spreadOf(credit.rewards),
    functions: table.columns.map(functionReport),
  };
}

function functionReport({ name, weight, outcomes }: RewardColumn): FunctionReport {
  const scores = outcomes.map(scoreOf);
  const failed = outcomes.filter((outcome) => outcome.kind === 'failure');
  const first = failed[0];
  const steps = outcomes.flatMap((outcome) => stepsOf(outcome).map(({ score }) => score));
  return {
    ...{ name, weight, ...spreadOf(scores) },
    scored: scores.filter((score) => score !== null).length,
    abstained: outcomes.filter(({ kind }) => kind === 'abstain').length,
    failed: failed.length,
    ...(steps.length > 0 && { steps: spreadOf(steps) }),
    ...(first && { failure: { message: describeFailure({ ...first, name }), place: placeOf(first) } }),
  };
}

function spreadOf(values: readonly (number | null)[]): Spread {
  const known = values.filter((value) => value !== null);
  const some = known.length > 0;
  return {
    mean: mean(known),
    std: standardDeviation(known),
    min: some ? Math.min(...known) : null,
    max: some ? Math.max(...known) : null,
  };
}
