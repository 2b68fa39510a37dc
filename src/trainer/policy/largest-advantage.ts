import type { Experience } from '../../grpo/trajectory.ts';

/** The largest of advantages, one per completion or per token, without its sign; NaN where one is. */
export function largestAdvantageOf(advantages: readonly Experience['advantage'][]): number {
  let most = 0;
  for (const advantage of advantages)
    for (const value of typeof advantage === 'number' ? [advantage] : Array.from(advantage))
      most = Math.max(most, Math.abs(value));
  return most;
}
