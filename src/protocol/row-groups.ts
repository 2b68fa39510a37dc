import type { Completion } from './dashboard-completion.ts';

/** Completions by their group, both in their order. */
export function inGroups(rows: readonly Completion[]): Completion[][] {
  const byIndex = new Map<number, Completion[]>();
  for (const row of rows) {
    const group = byIndex.get(row.group);
    if (group) group.push(row);
    else byIndex.set(row.group, [row]);
  }
  return [...byIndex.values()];
}
