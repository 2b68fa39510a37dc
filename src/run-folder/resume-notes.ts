import { changeText } from '../protocol/difference-text.ts';
import type { RunChange, RunInfo } from '../protocol/run-folder.ts';

/** What a reader of a run's log should know of a run that continues with step `next`; nothing of one that starts. */
export function resumeNotes(before: RunInfo, changes: readonly RunChange[], next: number): string[] {
  const notes: string[] = [];
  if (before.step >= next) notes.push(`There is no checkpoint of ${again(next, before.step)} trained again.`);
  if (before.inputs === undefined)
    notes.push(
      'An earlier release started this run and did not record its reward code and dataset: it is not known whether they have changed since.',
    );
  if (changes.length > 0) notes.push(changesNote(changes, next));
  return notes;
}

/** `From step 7 on: learningRate 0.001 → 0.01; rewards/sort.reward.ts has changed.` */
export const changesNote = (changes: readonly RunChange[], step: number): string =>
  `From step ${step} on: ${changes.map(changeText).join('; ')}.`;

const again = (first: number, last: number): string =>
  first === last ? `step ${first}: it is` : `steps ${first} to ${last}: they are`;
