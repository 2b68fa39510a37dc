import { z } from 'zod';
import { metricsRow, runState } from './run-folder.ts';

/** Raised when a message changes its meaning; the trainer says it in its first event. */
export const PROTOCOL_VERSION = 1;

const step = z.int().min(0);
const rewards = z.record(z.string(), z.number().nullable());

/**
 * What a trainer tells its host; with `grpo train --json` the same events, one a line. Numbers are finite or null.
 * A host ignores types that it does not know.
 */
export const trainerEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('start'),
    protocol: z.literal(PROTOCOL_VERSION),
    /** The run folder. */
    run: z.string(),
    name: z.string(),
    device: z.string(),
    maxSteps: step,
    /** The checkpoint's step that the run goes on from; 0 for a new run. */
    resumedFrom: step,
  }),
  /** What the trainer is doing within a step; for a display that should not look stuck. */
  z.object({
    type: z.literal('phase'),
    step,
    phase: z.enum(['load', 'compile', 'rollout', 'score', 'update', 'evaluate', 'save']),
    /** How much of it is done, where that is known: of loading, the weights. */
    share: z.number().min(0).max(1).optional(),
  }),
  z.object({ type: z.literal('step'), step, metrics: metricsRow }),
  /** Mean rewards on the evaluation dataset after `step` steps. */
  z.object({ type: z.literal('eval'), step, reward: z.number().nullable(), rewards }),
  z.object({ type: z.literal('checkpoint'), step, path: z.string() }),
  z.object({ type: z.literal('state'), state: runState, reason: z.string().optional() }),
  z.object({ type: z.literal('log'), level: z.enum(['info', 'warning', 'error']), message: z.string() }),
  /** The last event. `error` is the sentence to show when the outcome is `failed`. */
  z.object({
    type: z.literal('end'),
    outcome: z.enum(['done', 'stopped', 'failed']),
    step,
    checkpoint: z.string().nullable(),
    error: z.string().optional(),
  }),
]);
export type TrainerEvent = z.infer<typeof trainerEvent>;

/**
 * What a host asks of a trainer. `pause` and `stop` take effect after the step (`stop` then writes a checkpoint and ends);
 * `terminate` ends at once, without a checkpoint.
 */
export const hostCommand = z.object({ type: z.enum(['pause', 'resume', 'stop', 'terminate']) });
export type HostCommand = z.infer<typeof hostCommand>;
