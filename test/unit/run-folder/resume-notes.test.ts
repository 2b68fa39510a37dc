import { expect, test } from 'vitest';
import type { RunInfo } from '../../../src/protocol/run-folder.ts';
import { resumeNotes } from '../../../src/run-folder/resume-notes.ts';

const stoppedAfter = (step: number) => ({ step, inputs: {} }) as RunInfo;

test.each([
  [stoppedAfter(4), 5, []],
  [stoppedAfter(1), 1, ['There is no checkpoint of step 1: it is trained again.']],
  [stoppedAfter(7), 5, ['There is no checkpoint of steps 5 to 7: they are trained again.']],
])('steps without a checkpoint (%#)', (before, next, notes) => {
  expect(resumeNotes(before, [], next)).toEqual(notes);
});
