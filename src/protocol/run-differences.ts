import * as z from 'zod';

/** What to do where a run was recorded with other settings than those it would continue with. */
export const DIFFERENCE_CHOICES = ['as-recorded', 'with-changes'] as const;
export type DifferenceChoice = (typeof DIFFERENCE_CHOICES)[number];

/** One thing that is no longer as a run recorded it; null for `from` and `to` where only the content differs. */
export const runDifference = z.object({ what: z.string(), from: z.string().nullable(), to: z.string().nullable() });
export type RunDifference = z.infer<typeof runDifference>;
