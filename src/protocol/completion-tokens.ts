// zod/mini, because the dashboard's bundle carries it too.
import * as z from 'zod/mini';

const numbers = z.optional(z.array(z.number()));

/** A completion token by token: every list has a number for each of `ids`. */
export const completionTokens = z.object({
  /** Its place in the step's rollouts file, from 0. */
  row: z.int(),
  ids: z.array(z.int()),
  /** How many characters of the completion are written with it; runs of an earlier release do not say. */
  ends: numbers,
  /** When it was sampled, in nats; null where the policy did not write it. */
  logprobs: z.optional(z.array(z.nullable(z.number()))),
  /** Process supervision. */
  advantages: numbers,
  /** Of the step's update (`UpdatedRow`); not there before it is done. */
  entropies: numbers,
  ratios: numbers,
  learns: numbers,
  kl: numbers,
  /** Of a replayed one: how much it counts. */
  weight: z.optional(z.number()),
});
export type CompletionTokens = z.infer<typeof completionTokens>;
