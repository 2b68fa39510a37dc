import type { Run } from '../../run-folder/read-run.ts';

/** In which order runs are shown, by what the view's menu says. */
export const RUN_ORDERS = {
  newest: 'Newest',
  best: 'Best Reward',
  name: 'Name',
} as const;
export type RunOrder = keyof typeof RUN_ORDERS;

export const isRunOrder = (value: unknown): value is RunOrder => typeof value === 'string' && value in RUN_ORDERS;

/** `runs` come newest first, which decides between equals. Rewards on held-out prompts are above those of training: they are no one scale. */
export function sortRuns(runs: readonly Run[], order: RunOrder): Run[] {
  switch (order) {
    case 'newest':
      return [...runs];
    case 'best':
      return runs.toSorted((a, b) => rank(b) - rank(a) || (b.measure?.reward ?? 0) - (a.measure?.reward ?? 0));
    case 'name':
      return runs.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    default:
      return order satisfies never;
  }
}

const rank = ({ measure }: Run): number => (measure === undefined ? 0 : measure.kind === 'training' ? 1 : 2);

type Status = Run['status'];

/** Runs under a heading of the view. */
export interface RunGroup {
  title: string;
  runs: Run[];
}

const ENDED: { title: string; status: Status }[] = [
  { title: 'Interrupted', status: 'interrupted' },
  { title: 'Failed', status: 'failed' },
  { title: 'Stopped', status: 'stopped' },
  { title: 'Done', status: 'done' },
];

/**
 * Pinned runs above the others, then those in training; ended ones by state where the newest are looked for, else in one list, as the best
 * or the name is looked for among all. Groups may be empty.
 */
export function groupRuns(runs: readonly Run[], order: RunOrder): RunGroup[] {
  const sorted = sortRuns(runs, order);
  const pinned = sorted.filter(({ about }) => about.pinned);
  const others = sorted.filter(({ about }) => !about.pinned);
  const hasEnded = ({ status }: Run) => ENDED.some((group) => group.status === status);
  const ended = others.filter(hasEnded);
  return [
    { title: 'Pinned', runs: pinned },
    { title: 'Running', runs: others.filter((run) => !hasEnded(run)) },
    ...(order === 'newest'
      ? ENDED.map(({ title, status }) => ({ title, runs: ended.filter((run) => run.status === status) }))
      : [{ title: 'Ended', runs: ended }]),
  ];
}
