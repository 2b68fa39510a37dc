import * as z from 'zod';
import { finding } from './finding.ts';
import { heldOut } from './held-out.ts';
import { problem } from './problem.ts';
import { runDifference } from './run-differences.ts';
import { metricsRow, runState } from './run-folder.ts';
import { schedule } from './schedule.ts';
import { STAGE_KINDS } from './stage-config.ts';

/** Raised when a message changes its meaning; the trainer says it in its first event. */
export const PROTOCOL_VERSION = 1;

const step = z.int().min(0);
const rewards = z.record(z.string(), z.number().nullable());
/** One that is not understood is no reason to miss the event: its sentence is there. */
const shownProblem = problem.optional().catch(undefined);
const shownFindings = z.array(finding).optional().catch(undefined);
const phase = z.enum(['load', 'rollout', 'score', 'update', 'evaluate', 'save']);

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
    /** The checkpoint's step that the run continues from; 0 for a new run. */
    resumedFrom: step,
    /** What it does besides its steps; a trainer of an earlier release does not say. */
    schedule: z.optional(schedule),
    /** What is noticed about its config and prompts. */
    findings: shownFindings,
  }),
  /** A stage of a run of several begins, or goes on: its steps are counted on from those of the stages before. */
  z.object({
    type: z.literal('stage'),
    number: z.int().min(1),
    of: z.int().min(1),
    name: z.string(),
    kind: z.enum(STAGE_KINDS),
    first: step,
    last: step,
  }),
  /** What the trainer is doing within a step; for a display that should not look stuck. */
  z.object({
    type: z.literal('phase'),
    step,
    phase,
    /** How much of it is done, where that is known: of loading, the weights; of an evaluation, the prompts. */
    share: z.number().min(0).max(1).optional(),
  }),
  /** The completions of a step have their rewards: they can be read in the run folder, before the policy is updated. */
  z.object({ type: z.literal('scored'), step, completions: z.int().min(0), reward: z.number().nullable() }),
  z.object({ type: z.literal('step'), step, metrics: metricsRow }),
  /** Mean rewards on the held-out prompts after `step` steps; 0: before the first. */
  z.object({ type: z.literal('eval'), step, reward: z.number().nullable(), rewards }),
  z.object({ type: z.literal('checkpoint'), step, path: z.string() }),
  /**
   * A run that was asked to resume was recorded with other settings than those it would continue with, and nobody has said which to take:
   * the trainer ends without touching it.
   */
  z.object({
    type: z.literal('differences'),
    run: z.string(),
    /** The step that it would continue with. */
    step,
    differences: z.array(runDifference),
    /** Why it cannot continue as it was recorded; null where it can. */
    problem: z.string().nullable(),
  }),
  /** Of a pause that nobody asked for, `reason` is the sentence to show, and `problem` or `findings` the same as data. */
  z.object({
    type: z.literal('state'),
    state: runState,
    reason: z.string().optional(),
    problem: shownProblem,
    findings: shownFindings,
  }),
  z.object({ type: z.literal('log'), level: z.enum(['info', 'warning', 'error']), message: z.string() }),
  /** The last event. `error` is the sentence to show when the outcome is `failed`, `problem` the same as data where it was foreseen. */
  z.object({
    type: z.literal('end'),
    outcome: z.enum(['done', 'stopped', 'failed']),
    step,
    checkpoint: z.string().nullable(),
    error: z.string().optional(),
    problem: shownProblem,
    /** Why nothing was learned, or why `stopOn` ended it, where that is so. */
    findings: shownFindings,
    /** What the run came to on held-out prompts, where that was measured. */
    heldOut: z.optional(heldOut),
  }),
]);
export type TrainerEvent = z.infer<typeof trainerEvent>;

/** The answer to `status`, given at once even while the trainer computes; not an event of the run. */
const trainerStatus = z.object({
  type: z.literal('status'),
  /** `stopping` from the moment that a stop is asked for. */
  state: z.enum(['loading', 'running', 'paused', 'stopping']),
  /** The step that it is in; 0 while it loads. */
  step,
  /** Null while it loads, as is `device`. */
  maxSteps: step.nullable(),
  /** What it is doing within the step; null while it waits for someone to resume it. */
  phase: phase.nullable(),
  /** Since when it has been in this phase; without one, in this state. */
  seconds: z.number().min(0),
  device: z.string().nullable(),
  /** Physical memory that it uses, its reward workers not counted. */
  residentBytes: z.int().min(0),
});
export type TrainerStatus = z.infer<typeof trainerStatus>;

/** All that comes up the channel of a trainer process. */
export const trainerMessage = z.discriminatedUnion('type', [...trainerEvent.options, trainerStatus]);
export type TrainerMessage = z.infer<typeof trainerMessage>;

/**
 * What a host asks of a trainer. `pause` and `stop` take effect after the step (`stop` then writes a checkpoint and ends);
 * `terminate` ends at once, without a checkpoint; `status` is answered at once.
 */
export const hostCommand = z.object({ type: z.enum(['pause', 'resume', 'stop', 'terminate', 'status']) });
export type HostCommand = z.infer<typeof hostCommand>;
