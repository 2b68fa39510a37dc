import { computeAdvantages } from '../grpo/advantages.ts';
import type { RolloutRow } from '../protocol/run-folder.ts';

/** A row before its group is known; `advantage` is null where none was logged. */
export interface UngroupedRow extends Omit<RolloutRow, 'group' | 'advantage'> {
  advantage: number | null;
  /** Equal in the rows of a group. */
  key: string;
}

/** Rows in any order, group by group (`scaleRewards`: of the advantages that were not logged): trainers reorder them to give their processes equally long ones. */
export function groupedRows(rows: readonly UngroupedRow[], scaleRewards: 'group' | 'none'): RolloutRow[] {
  const groups = grouped(rows, ({ key }) => key);
  const ordered = groups.flat();
  const { advantages } = computeAdvantages(
    ordered.map(({ reward }) => [reward]),
    [1],
    groups.map((group) => group.length),
    { scaleRewards, multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' },
  );
  const numberOf = new Map(groups.flatMap((group, index) => group.map((row) => [row, index] as const)));
  return ordered.map((row, index) => {
    const { key: _, advantage, step, ...rest } = row;
    return { step, group: numberOf.get(row)!, ...rest, advantage: advantage ?? advantages[index]! };
  });
}

/** How many completions a prompt has: what most groups have. */
export function usualSize(keys: readonly string[]): number {
  const sizes = grouped(keys, (key) => key).map(({ length }) => length);
  const times = grouped(sizes, (size) => size).sort((a, b) => b.length - a.length);
  return times[0]?.[0] ?? 1;
}

/** In the order in which their first ones come. */
function grouped<T>(values: readonly T[], keyOf: (value: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return [...groups.values()];
}
