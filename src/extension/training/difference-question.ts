import { differenceText } from '../../protocol/difference-text.ts';
import type { DifferenceChoice } from '../../protocol/run-differences.ts';
import type { Differences } from '../workspace/active-training.ts';

/** What to ask before a run is resumed with other settings than it was recorded with; the dialog itself offers to cancel. */
export interface DifferenceQuestion {
  text: string;
  detail: string;
  answers: { label: string; choice: DifferenceChoice | 'new-run' }[];
}

/** `name`: the run's. */
export function differenceQuestion({ differences: all, step, problem }: Differences, name: string): DifferenceQuestion {
  const changed = { label: `Continue with Changes from Step ${step}`, choice: 'with-changes' } as const;
  const another = { label: 'New Run from This Checkpoint', choice: 'new-run' } as const;
  const asItWas = { label: 'Continue as Recorded', choice: 'as-recorded' } as const;
  const list = all.map((difference) => `• ${differenceText(difference)}`).join('\n');
  const why = problem === null ? '' : `\n\nIt cannot continue as recorded. ${problem}`;
  return {
    text: `${name} was recorded with different settings.`,
    detail: `${list}${why}`,
    // Before the first checkpoint, a new run is one from the start.
    answers: [...(problem === null ? [asItWas] : []), changed, ...(step > 1 ? [another] : [])],
  };
}
