import type { Completion } from './dashboard-completion.ts';

/** Completions that a step sampled and learned from. */
export const ownOf = <Row extends Pick<Completion, 'discarded' | 'replayed_from'>>(rows: readonly Row[]): Row[] =>
  learnedFrom(rows).filter(({ replayed_from: from }) => from === undefined);

/** Completions that a step learned from, replayed ones included; dynamic sampling discards others, which are recorded after them. */
export const learnedFrom = <Row extends Pick<Completion, 'discarded'>>(rows: readonly Row[]): Row[] =>
  rows.filter(({ discarded }) => !discarded);

/** Completions by their group, both in their order. */
export function inGroups<Row extends { group: number }>(rows: readonly Row[]): Row[][] {
  const byIndex = new Map<number, Row[]>();
  for (const row of rows) {
    const group = byIndex.get(row.group);
    if (group) group.push(row);
    else byIndex.set(row.group, [row]);
  }
  return [...byIndex.values()];
}

type Ranked = Pick<Completion, 'advantage' | 'reward'>;

/** By advantage, then by reward. */
export const bestFirst = (a: Ranked, b: Ranked): number =>
  b.advantage - a.advantage || least(b.reward) - least(a.reward) || 0;

const least = (value: number | null) => value ?? -Number.MAX_VALUE;
