import * as z from 'zod';
import { ERROR_KINDS, type Problem, type SourceLocation } from './errors.ts';
import type { Remedy } from './remedy.ts';

const fromOne = z.int().min(1);
const step = z.int().min(0);

export const sourceLocation = z.object({
  file: z.string(),
  line: fromOne.optional(),
  column: fromOne.optional(),
  row: fromOne.optional(),
  isFolder: z.boolean().optional(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  option: z.string().optional(),
}) satisfies z.ZodType<SourceLocation>;

export const remedy = z.discriminatedUnion('action', [
  z.object({ action: z.literal('get-model') }),
  z.object({ action: z.literal('set-up-trl') }),
  z.object({ action: z.literal('edit'), from: z.string(), to: z.string() }),
  z.object({
    action: z.literal('set'),
    path: z.array(z.union([z.string(), z.number()])),
    value: z.union([
      z.string(),
      z.number(),
      z.boolean(),
      z.custom<object>((value) => typeof value === 'object'),
      z.null(),
    ]),
  }),
  z.object({ action: z.literal('fix-reward') }),
  z.object({ action: z.literal('resume'), step, without: step.optional() }),
]) satisfies z.ZodType<Remedy>;

/** Checks a problem that another process sends; errors.ts says what the fields mean. */
export const problem = z.object({
  message: z.string(),
  output: z.string().optional(),
  kind: z.enum(ERROR_KINDS).optional(),
  place: sourceLocation.optional(),
  remedy: remedy.optional(),
}) satisfies z.ZodType<Problem>;

/** What a command says up its channel when it fails, to a host that started it with one. On stderr it says the same in words. */
export const commandProblem = z.object({ type: z.literal('problem'), problem });
export type CommandProblem = z.infer<typeof commandProblem>;

const countedProgress = z.object({
  type: z.literal('progress'),
  done: z.int().min(0),
  of: z.int().min(0),
  /** A model is loaded first. */
  loads: z.boolean(),
});
export type CountedProgress = z.infer<typeof countedProgress>;

/** What a command says up its channel while it works: how many of how many are done, or what it is doing. */
export const commandProgress = z.union([
  countedProgress,
  z.object({ type: z.literal('progress'), message: z.string() }),
]);
export type CommandProgress = z.infer<typeof commandProgress>;
