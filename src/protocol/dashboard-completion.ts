import * as z from 'zod/mini';
import type { EvaluatedRow, RolloutRow } from './run-folder.ts';

/** What a completion as a view shows it lacks: what its line has for each token. */
type PerToken = 'prompt_ids' | 'completion_ids' | 'logprobs' | 'token_ends';

interface Exact {
  /** The JSON texts of the prompt and of those columns that JavaScript has not got exactly. */
  exact?: Record<string, string>;
}

/** A line of a rollouts file without what it has for each token. */
export type Completion = Omit<RolloutRow, PerToken> & Exact;

/** A line of an evaluation's file, the same way. */
export type EvaluatedCompletion = Omit<EvaluatedRow, PerToken> & Exact;

const isCompletion = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'group' in value && 'completion' in value;

export const completion = z.custom<Completion>(isCompletion);
export const evaluatedCompletion = z.custom<EvaluatedCompletion>(isCompletion);
