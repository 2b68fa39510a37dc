import { differenceText, valueText } from '../protocol/difference-text.ts';
import type { RunDifference } from '../protocol/run-differences.ts';
import type { RunChange, RunInfo } from '../protocol/run-folder.ts';

/** What a reader of a run's log should know of a run that goes on with step `next`; nothing of one that starts. */
export function resumeNotes(before: RunInfo, changes: readonly RunChange[], next: number): string[] {
  const notes: string[] = [];
  if (before.step >= next)
    notes.push(`No checkpoint has ${steps(next, before.step)}: training continues from the one before.`);
  if (before.inputs === undefined)
    notes.push(
      'An earlier release started this run and did not record its reward code and dataset: it is not known whether they have changed since.',
    );
  if (changes.length > 0) notes.push(changesNote(changes, next));
  return notes;
}

/** `From step 7 on: learningRate 0.001 → 0.01; rewards/sort.reward.ts has changed.` */
export const changesNote = (changes: readonly RunChange[], step: number): string =>
  `From step ${step} on: ${changes.map((change) => differenceText(differenceOf(change))).join('; ')}.`;

/** A change as a person reads it: of files, only that they have changed. */
function differenceOf({ field, from, to }: RunChange): RunDifference {
  const file = /^(?:inputs|rewardSources)\.(.*)$/.exec(field)?.[1];
  if (file !== undefined) return { what: file, from: null, to: null };
  return { what: field.replace(/^config\./, ''), from: valueText(from), to: valueText(to) };
}

const steps = (first: number, last: number): string => (first === last ? `step ${first}` : `steps ${first} to ${last}`);
