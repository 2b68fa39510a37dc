import * as z from 'zod';
import { trainerEvent } from '../../protocol/events.ts';

/** Lines of the file in which the Python processes say what happens (python/grpo_lab.py and grpo_lab_host.py). */

/** It trains from here on; what else the event of a session says is known without it. */
const started = z.object({
  type: z.literal('start'),
  device: z.string(),
  versions: z.record(z.string(), z.string()),
  maxSteps: z.int(),
  resumedFrom: z.int(),
});

/** What a process ends of, in Python's words. */
const failure = z.object({
  type: z.literal('failure'),
  /** The exception's class; `Timeout`: a reward took longer than it may; `Unscored`: every completion of a step failed to be scored. */
  class: z.string(),
  message: z.string(),
  rank: z.int(),
  /** The reward function that it happened in, and the line of its file. */
  reward: z.string().optional(),
  place: z.object({ file: z.string(), line: z.int(), column: z.int().optional() }).optional(),
  seconds: z.number().optional(),
});
export type Failure = z.infer<typeof failure>;

const ended = z.object({ type: z.literal('end'), outcome: z.enum(['done', 'stopped']), step: z.int() });

const TOLD_AS_THEY_ARE = ['phase', 'scored', 'step', 'eval', 'checkpoint', 'state', 'log'] as const;
const events = trainerEvent.options.filter((option) =>
  (TOLD_AS_THEY_ARE as readonly string[]).includes(option.shape.type.value),
);
type ToldEvent = Extract<z.infer<typeof trainerEvent>, { type: (typeof TOLD_AS_THEY_ARE)[number] }>;

export type Heard = z.infer<typeof started> | z.infer<typeof ended> | Failure | ToldEvent;

const heard = z.union([started, failure, ended, ...events]);

/** Undefined for half a line, as a full disk leaves it. */
export function parseHeard(line: string): Heard | undefined {
  try {
    const parsed = heard.safeParse(JSON.parse(line));
    return parsed.success ? (parsed.data as Heard) : undefined;
  } catch {
    return undefined;
  }
}
