import * as z from 'zod/mini';

/** What the host tells the dashboard's Checkpoints tab. */
export const checkpointsHostMessages = [] as const;

/** What that asks of the host. */
export const checkpointsMessages = [
  // Exports.
  /** Write a checkpoint for other programs: asks for the format, the place, and without a step for the checkpoint. */
  z.object({ type: z.literal('exportCheckpoint'), step: z.optional(z.int().check(z.minimum(0))) }),
] as const;
