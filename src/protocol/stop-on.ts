import * as z from 'zod';

/** Findings that a run can stop at: those of src/doctor that its curves show, without a look at completions. */
export const STOP_KINDS = [
  ...(['nan', 'all-truncated', 'no-signal', 'learning-rate'] as const),
  ...(['kl-runaway', 'entropy-collapse', 'length-collapse', 'length-explosion', 'plateau'] as const),
] as const;

export const stopOn = z
  .array(z.enum(STOP_KINDS))
  .default([])
  .describe(
    'Stop, with a checkpoint, once the run doctor warns of one of these; with someone at the dashboard, pause and ask. docs/doctor.md says what each means. []: never.',
  );
