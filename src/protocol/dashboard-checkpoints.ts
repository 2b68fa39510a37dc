import * as z from 'zod/mini';
import { askCommand, chatEvent, promptsCommand, stopCommand } from './chat.ts';
import { evaluatedCompletion } from './dashboard-completion.ts';

const step = z.int().check(z.minimum(0));

const savedCheckpoint = z.object({
  step,
  /** On disk, all files together. */
  bytes: z.number(),
  /** When it was saved; ISO 8601. */
  savedAt: z.string(),
  kind: z.enum(['adapter', 'full']),
});
export type SavedCheckpoint = z.infer<typeof savedCheckpoint>;

/** What the host tells the dashboard's Checkpoints tab. */
export const checkpointsHostMessages = [
  z.object({
    type: z.literal('checkpoints'),
    /** Oldest first. */
    saved: z.array(savedCheckpoint),
    /** After which steps completions of held-out prompts were recorded. */
    evaluated: z.array(step),
    /** Whether the workspace is trusted: only then rewards run. */
    trusted: z.boolean(),
  }),
  /** An evaluation's completions in the order of the file, or why they cannot be shown. */
  z.object({
    type: z.literal('evaluation'),
    step,
    rows: z.array(evaluatedCompletion),
    problem: z.nullable(z.string()),
  }),
  /** What the process says that the models are loaded in. */
  z.object({ type: z.literal('chat'), event: chatEvent }),
  /** It was ended, for another checkpoint or because someone asked for it. */
  z.object({ type: z.literal('chatClosed') }),
] as const;

/** What that asks of the host. */
export const checkpointsMessages = [
  // Exports.
  /** Write a checkpoint for other programs: asks for the format, the place, and without a step for the checkpoint. */
  z.object({ type: z.literal('exportCheckpoint'), step: z.optional(z.int().check(z.minimum(0))) }),
  z.object({ type: z.literal('checkpoint'), step, act: z.enum(['openFolder', 'copyPath', 'resume']) }),
  z.object({ type: z.literal('evaluation'), step }),
  /** Load the models of a checkpoint; those of another one go. */
  z.object({ type: z.literal('openChat'), step }),
  z.object({ type: z.literal('closeChat') }),
  z.object({
    type: z.literal('chat'),
    command: z.discriminatedUnion('type', [promptsCommand, askCommand, stopCommand]),
  }),
] as const;
