import type { Checkpoints } from './checkpoints.ts';
import { Diverged, divergence } from './policy/diverged.ts';

/** Ends a run whose numbers are not finite: what is still good is saved, and no older checkpoint goes. Other errors are thrown as they are. */
export async function endDiverged(error: unknown, finished: number, checkpoints: Checkpoints): Promise<never> {
  if (!(error instanceof Diverged)) throw error;
  if (error.policy === 'good' && finished > 0) await checkpoints.save({ prune: false });
  // A policy that computes NaN when it is sampled did so when the last step was saved.
  const lost = error.policy === 'lost';
  const last = checkpoints.lastUpTo(lost ? finished - 1 : finished);
  const without = lost && finished > 0 && checkpoints.upToDate ? finished : undefined;
  throw divergence(`Step ${finished + 1}: ${error.message}`, { action: 'resume', step: last?.step ?? 0, without });
}
