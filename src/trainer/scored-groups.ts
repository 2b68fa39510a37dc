import type { ScoreTable } from '../protocol/rewards.ts';
import { inGroups } from '../protocol/row-groups.ts';
import type { Rollout } from './rollout.ts';
import { joinTables, tableOfRows } from './table-rows.ts';

/** Groups of completions with their scores. */
export interface ScoredRollout {
  rollout: Rollout;
  table: ScoreTable;
}

/** One group after another. */
export function groupsOf({ rollout, table }: ScoredRollout): ScoredRollout[] {
  const rows = rollout.map(({ group }, row) => ({ group, row }));
  return inGroups(rows).map((group) => ({
    rollout: group.map(({ row }) => rollout[row]!),
    table: tableOfRows(
      table,
      group.map(({ row }) => row),
    ),
  }));
}

/** Groups as one rollout, counted from `first`. */
export const joined = (groups: readonly ScoredRollout[], first: number): ScoredRollout => ({
  rollout: groups.flatMap(({ rollout }, index) => rollout.map((each) => ({ ...each, group: first + index }))),
  table: joinTables(groups.map(({ table }) => table)),
});
