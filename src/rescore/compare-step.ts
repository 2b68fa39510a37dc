import { type AdvantageOptions, inGroups } from '../grpo/advantages.ts';
import { assignCredit, type Credit } from '../grpo/credit.ts';
import { groupSignals, recordedStats } from '../grpo/signal.ts';
import { isZero, mean } from '../grpo/statistics.ts';
import type { RescoredGroup, RescoredRow, RescoreStep } from '../protocol/rescore.ts';
import type { ScoreTable } from '../protocol/rewards.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import type { RolloutRow } from '../protocol/run-folder.ts';
import { describeFailure, detailsOf, recordedFailure, rowFailures, scoresByRow } from '../rewards/score-table.ts';

/** A recorded completion and its line in the rollouts file, from 0. */
export interface RecordedRow {
  index: number;
  row: RolloutRow;
}

/** A step's completions, group after group. */
export interface RecordedGroups {
  sizes: number[];
  rows: RecordedRow[];
  /** Completions of groups that are not all there, and so cannot be compared. */
  leftOut: number;
}

/**
 * Puts the rows of a rollouts file into groups; all groups of a step have one size, or with `generations` a multiple of the least. Those
 * that were discarded are no part of it, nor are replayed ones, which are of another step.
 */
export function recordedGroups(
  rows: readonly RolloutRow[],
  generations: RunConfig['generations'] = null,
): RecordedGroups {
  const groups = new Map<number, RecordedRow[]>();
  let others = 0;
  rows.forEach((row, index) => {
    if (row.discarded || row.replayed_from !== undefined) {
      others++;
      return;
    }
    const group = groups.get(row.group);
    if (group) group.push({ index, row });
    else groups.set(row.group, [{ index, row }]);
  });
  const largest = Math.max(1, ...[...groups.values()].map(({ length }) => length));
  const isWhole = (size: number) => (generations ? size % generations.min === 0 : size === largest);
  const whole = [...groups.values()].filter(({ length }) => isWhole(length));
  const sizes = whole.map(({ length }) => length);
  return { sizes, rows: whole.flat(), leftOut: rows.length - others - whole.flat().length };
}

/** What functions used up, as results have it: not at all where nothing was counted. */
export const used = (totals: ScoreTable['totals'] = {}): Pick<RescoreStep, 'totals'> =>
  Object.keys(totals).length > 0 ? { totals } : {};

/** What changes when a step's completions get the scores in `table`, which has a row for each. */
export function compareStep(
  step: number,
  { sizes, rows: recorded, leftOut }: RecordedGroups,
  table: ScoreTable,
  options: AdvantageOptions,
): RescoreStep {
  const failures = rowFailures(table);
  const scored = scoresByRow(table.columns, recorded.keys());
  const { scores } = scored;
  const now = assignCredit(
    {
      ...scored,
      // In characters, with the end that training sees as a token: no tokenizer is needed.
      lengths: recorded.map(({ row }) => row.completion.length + 1),
      groupSize: sizes,
      histories: inGroups(recorded, sizes).map(([first]) => first!.row.prompt_history),
    },
    options,
  );

  const rows = recorded.map(({ index, row }, i): RescoredRow => {
    const advantage = { old: row.advantage, new: now.advantages[i]! };
    const names = table.columns.map(({ name }) => name);
    const details = detailsOf(table, i);
    return {
      row: index,
      group: row.group,
      reward: { old: row.reward, new: now.rewards[i]! },
      advantage,
      scores: { old: row.rewards, new: Object.fromEntries(names.map((name, k) => [name, scores[i]![k]!])) },
      flips: changesSign(advantage.old, advantage.new),
      error: failures[i] ? describeFailure(failures[i]) : null,
      ...(failures[i] && { failure: recordedFailure(failures[i]) }),
      ...(details && { details }),
    };
  });
  const groups = compareGroups(recorded, rows, now);
  const isSignal = (which: 'old' | 'new', { signal }: RescoredGroup) => signal[which] === 'signal';
  return {
    type: 'step',
    step,
    completions: rows.length,
    reward: { old: mean(rows.map(({ reward }) => reward.old)), new: mean(now.rewards) },
    changed: rows.filter(({ reward }) => differs(reward.old, reward.new)).length,
    flips: rows.filter(({ flips }) => flips).length,
    failed: failures.filter((failure) => failure !== undefined).length,
    left_out: leftOut,
    ...used(table.totals),
    gained: groups.filter((group) => !isSignal('old', group) && isSignal('new', group)).map(({ group }) => group),
    lost: groups.filter((group) => isSignal('old', group) && !isSignal('new', group)).map(({ group }) => group),
    groups,
    rows,
  };
}

function compareGroups(recorded: RecordedRow[], rows: RescoredRow[], now: Credit): RescoredGroup[] {
  const then = inGroups(
    recorded.map(({ row }) => row),
    now.groups.map(({ size }) => size),
  );
  const thenStats = then.map(recordedStats);
  const flags = (failed: (i: number) => boolean) =>
    recorded.map(({ row }, i) => ({ failed: failed(i), truncated: row.truncated }));
  const old = groupSignals(
    { rewards: recorded.map(({ row }) => row.reward), groups: thenStats },
    flags((i) => recorded[i]!.row.error !== null),
  );
  const signals = groupSignals(
    now,
    flags((i) => rows[i]!.error !== null),
  );
  return then.map((group, index) => ({
    group: group[0]!.group,
    reward: { old: thenStats[index]!.mean, new: now.groups[index]!.mean },
    signal: { old: old[index]!, new: signals[index]! },
  }));
}

/** From above to below zero or back; to or from zero itself is a matter of signal. */
const changesSign = (old: number, now: number): boolean => !isZero(old) && !isZero(now) && old > 0 !== now > 0;

const differs = (old: number | null, now: number | null): boolean =>
  old === null || now === null ? old !== now : !isZero(old - now);
