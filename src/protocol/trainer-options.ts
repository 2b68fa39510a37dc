import * as z from 'zod';
import { DIFFERENCE_CHOICES } from './run-differences.ts';

/** What a trainer process takes, as JSON in its argument. */
export const trainerOptions = z.object({
  configFile: z.string(),
  /** `field=value` overrides of config fields. */
  set: z.array(z.string()).exactOptional(),
  /** The run folder, instead of one under `.grpo/runs`. */
  out: z.string().exactOptional(),
  /** Continue the run in `out`, or the config's newest one. */
  resume: z.boolean().exactOptional(),
  /** What to do where that run was recorded with other settings than today's; without it, that is bad input. */
  differences: z.enum(DIFFERENCE_CHOICES).exactOptional(),
  /** Pause a new run before its first update if nothing can be learned from the first step; someone has to decide then. */
  checkFirst: z.boolean().exactOptional(),
});
export type TrainerOptions = z.infer<typeof trainerOptions>;
