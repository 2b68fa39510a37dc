import * as z from 'zod/mini';
import { completionTokens } from './completion-tokens.ts';
import { completion } from './dashboard-completion.ts';
import { rolloutQuery } from './rollout-query.ts';

const step = z.int().check(z.minimum(1));
const index = z.int().check(z.minimum(0));
/** Tells answers to an earlier question from those to the newest. */
const id = z.int();

/** A completion that was searched for. */
const hit = z.object({
  step,
  group: index,
  /** Its place in the step's rollouts file, from 0. */
  row: index,
  /** How many of its group are equal to it, itself included. */
  count: z.int().check(z.minimum(1)),
  /** The prompt on one line. */
  title: z.string(),
  reward: z.nullable(z.number()),
  truncated: z.boolean(),
  failed: z.boolean(),
  in: z.enum(['completion', 'reason', 'error', 'prompt', 'column']),
  /** A piece of the text that was found, with what is searched for in it. */
  excerpt: z.string(),
});
export type Hit = z.infer<typeof hit>;

/** How far a search is, in rollouts files. */
const progress = {
  id,
  searched: index,
  of: index,
  /** Those that could not be read. */
  unreadable: index,
  done: z.boolean(),
};

/** What the host tells the dashboard's Rollouts tab. */
export const rolloutsHostMessages = [
  /** More hits, newest step first; `full`: there are more than are shown. */
  z.object({ type: z.literal('hits'), ...progress, hits: z.array(hit), full: z.boolean() }),
  /** More groups of a prompt, newest step first. */
  z.object({
    type: z.literal('promptGroups'),
    ...progress,
    groups: z.array(z.object({ step, group: index, rows: z.array(completion) })),
  }),
  /** The completions of a group token by token, or why they cannot be shown. */
  z.object({
    ...{ type: z.literal('tokens'), step, group: index, rows: z.array(completionTokens) },
    problem: z.nullable(z.string()),
  }),
] as const;

/** What that asks of the host. */
export const rolloutsMessages = [
  /** Search the rollouts of all steps; ends the search before it. */
  z.object({ type: z.literal('search'), id, query: rolloutQuery }),
  /** Collect every group of a prompt; ends the collection before it. */
  z.object({
    type: z.literal('promptGroups'),
    id,
    prompt: z.union([z.string(), z.array(z.looseObject({ role: z.string() }))]),
  }),
  /** A group's completions token by token. */
  z.object({ type: z.literal('tokens'), step, group: index }),
  /** Nobody waits for what is still being searched. */
  z.object({ type: z.literal('cancel'), what: z.enum(['search', 'promptGroups']) }),
] as const;
