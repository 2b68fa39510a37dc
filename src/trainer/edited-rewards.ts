import type { RunChange } from '../protocol/run-folder.ts';
import { digestSource } from '../run-folder/file-digest.ts';
import { changesNote } from '../run-folder/resume-notes.ts';
import type { PreparedRun } from './prepare.ts';
import { reopenRewards } from './scoring.ts';
import type { TrainingLoop } from './stage.ts';

/** Called when a pause begins; what it gives is called when that ends, before the step, and tells whether the run continues. */
export type RewardWatch = () => (step: number, loop: Pick<TrainingLoop, 'emit' | 'pause'>) => Promise<boolean>;

/**
 * Someone who pauses a run to edit a reward means the steps that follow: code that was edited meanwhile is loaded, and `onReopened` records it.
 * Code that cannot be loaded pauses the run once more. What was edited before the pause stays as it was loaded.
 */
export function watchRewards(
  run: Pick<PreparedRun, 'rewards' | 'recorded' | 'reopenRewards'>,
  onReopened: (step: number) => RunChange[],
): RewardWatch {
  const onDisk = () => JSON.stringify(run.rewards.sources.map(({ file }) => digestSource(file) ?? null));
  return () => {
    const before = onDisk();
    return async (step, { emit, pause }) => {
      // Recorded completions come with their scores.
      if (run.recorded || onDisk() === before) return true;
      for (let why = await reopenRewards(run); why; why = await reopenRewards(run))
        if (!(await pause(why))) return false;
      const changes = onReopened(step);
      if (changes.length > 0) emit({ type: 'log', level: 'info', message: changesNote(changes, step) });
      return true;
    };
  };
}
