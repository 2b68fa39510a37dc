import { mean } from '../../src/grpo/statistics.ts';
import type { EvaluatedCompletion } from '../../src/protocol/dashboard-completion.ts';

/** A held-out prompt's completions at two evaluations. */
export interface HeldOutPrompt {
  group: number;
  before: EvaluatedCompletion[];
  after: EvaluatedCompletion[];
  /** Mean rewards; null where no completion has one. */
  was: number | null;
  is: number | null;
  /** Null where one of them is. */
  gain: number | null;
}

export const ORDERS = {
  worse: 'Largest loss first',
  better: 'Largest gain first',
  order: 'As in the file',
} as const;
export type Order = keyof typeof ORDERS;

/** Prompts that are in both, by their index. */
export function heldOutPrompts(
  before: readonly EvaluatedCompletion[],
  after: readonly EvaluatedCompletion[],
): HeldOutPrompt[] {
  const then = byGroup(before);
  return [...byGroup(after)].flatMap(([group, rows]) => {
    const earlier = then.get(group);
    if (!earlier) return [];
    const was = mean(earlier.map(({ reward }) => reward));
    const is = mean(rows.map(({ reward }) => reward));
    return { group, before: earlier, after: rows, was, is, gain: was === null || is === null ? null : is - was };
  });
}

function byGroup(rows: readonly EvaluatedCompletion[]): Map<number, EvaluatedCompletion[]> {
  const groups = new Map<number, EvaluatedCompletion[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return groups;
}

/** Rewards are sums: differences of rounding are none. */
const SAME = 1e-9;
export const signOf = (gain: number | null): 'up' | 'down' | 'zero' =>
  gain === null || Math.abs(gain) < SAME ? 'zero' : gain > 0 ? 'up' : 'down';

/** Those without a gain are last. */
export function ordered(prompts: readonly HeldOutPrompt[], order: Order): HeldOutPrompt[] {
  const by = (sign: 1 | -1) => (a: HeldOutPrompt, b: HeldOutPrompt) =>
    (a.gain === null ? Infinity : sign * a.gain) - (b.gain === null ? Infinity : sign * b.gain) || a.group - b.group;
  if (order === 'order') return prompts.toSorted((a, b) => a.group - b.group);
  return prompts.toSorted(by(order === 'worse' ? 1 : -1));
}

/** How many got better, worse, and neither. */
export function counted(prompts: readonly HeldOutPrompt[]): Record<'up' | 'down' | 'zero', number> {
  const counts = { up: 0, down: 0, zero: 0 };
  for (const { gain } of prompts) counts[signOf(gain)]++;
  return counts;
}
