import * as z from 'zod';
import { count, positive } from './config-values.ts';

/** Other prompts in place of those without a learning signal. */
export const dynamicSampling = z
  .strictObject({
    maxRounds: z
      .int()
      .min(2)
      .default(10)
      .describe('Sample at most so many times for a step; it then has the groups that were found by then.'),
  })
  .nullable()
  .default(null)
  .describe(
    'Replace groups without a learning signal by groups of the next prompts, until a step has `promptsPerStep` groups with one (DAPO): {} for at most 10 rounds of sampling; null: keep them.',
  );

/** One group's completions, as many as it takes. */
export const generations = z
  .strictObject({
    min: z.int().min(2).describe('Completions that each prompt gets at first; in place of `numGenerations`.'),
    max: z.int().min(2).describe('Completions that a prompt gets at most: a multiple of `min`.'),
  })
  .nullable()
  .default(null)
  .describe(
    'Sample `min` completions of each prompt, and while they have no learning signal as many again, up to `max`: { "min": 4, "max": 16 }. In place of `numGenerations`, which is then the `min`; null: the same number for all.',
  );

/** Which prompts a step takes, by their measured solve rates. */
export const curriculum = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z
        .literal('easy-first')
        .describe('From the easiest prompts, of which there are more and more: competence-based curriculum.'),
      pace: z
        .number()
        .gt(0)
        .max(1)
        .default(0.5)
        .describe('After this part of the steps, prompts are taken from all of them.'),
    }),
    z.strictObject({
      kind: z
        .literal('learnability')
        .describe('At random, each by p · (1 − p) of its solve rate p: most often those solved half the time.'),
    }),
  ])
  .nullable()
  .default(null)
  .describe(
    'Choose prompts by the solve rates that `grpo check --difficulty` measured and `difficulty` names: easy ones first, { "kind": "easy-first", "pace": 0.5 }, or those that can be learned from, { "kind": "learnability" }. null: one after another.',
  );

/** Groups of earlier steps, learned from again. */
export const replay = z
  .strictObject({
    share: positive
      .max(1)
      .default(0.25)
      .describe('Replay at most so many groups in a step: as a share of `promptsPerStep`.'),
    capacity: count
      .default(64)
      .describe('Keep at most so many groups with a signal; the oldest make place for new ones.'),
    maxWeight: positive
      .default(2)
      .describe(
        'A replayed completion counts by how much more likely it is now than when it was sampled, and at most this.',
      ),
  })
  .nullable()
  .default(null)
  .describe(
    'Learn in each step also from some groups of earlier steps that had a learning signal, off-policy: with the ratio to the policy that sampled them and a truncated importance weight. {}: the defaults; null: only from what the step sampled. Not in TRL.',
  );
