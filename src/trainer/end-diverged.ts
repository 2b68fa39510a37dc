import { RunFailure } from '../protocol/errors.ts';
import type { Checkpoints } from './checkpoints.ts';
import { Diverged } from './policy/diverged.ts';

/** Ends a run whose numbers are not finite: what is still good is saved, and no older checkpoint goes. Other errors are thrown as they are. */
export async function endDiverged(error: unknown, finished: number, checkpoints: Checkpoints): Promise<never> {
  if (!(error instanceof Diverged)) throw error;
  if (error.policy === 'good' && finished > 0) await checkpoints.save({ prune: false });
  // A policy that computes NaN when it is sampled did so when the last step was saved.
  const lost = error.policy === 'lost';
  const last = checkpoints.lastUpTo(lost ? finished - 1 : finished);
  const first = lost && finished > 0 && checkpoints.upToDate ? `delete the checkpoint of step ${finished} and ` : '';
  const remedy = last ? `resume from step ${last.step} (--resume --with-changes)` : 'start again';
  throw new RunFailure(`Step ${finished + 1}: ${error.message} Then ${first}${remedy}.`);
}
