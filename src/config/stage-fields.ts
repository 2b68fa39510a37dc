import type * as z from 'zod';
import { type RunConfig, runConfigSchema } from '../protocol/run-config.ts';
import { runConfigFieldNames } from '../protocol/run-config-fields.ts';

/** A stage as the run config writes it. */
export type WrittenStage = NonNullable<RunConfig['stages']>[number];

/** What is wrong with a stage's fields together with the run's: the first issue, at its place in the run config. */
export function stageIssue(config: RunConfig): z.core.$ZodIssue | undefined {
  for (const [index, written] of (config.stages ?? []).entries()) {
    const issue = runConfigSchema.safeParse(stageFields(config, index)).error?.issues[0];
    if (issue) return isOwn(written, issue.path) ? { ...issue, path: ['stages', index, ...issue.path] } : issue;
  }
  return undefined;
}

/** Whether a field is the stage's rather than the run's. */
export const isOwn = (written: WrittenStage, [field]: readonly PropertyKey[]): boolean =>
  field !== undefined && Object.hasOwn(written, field) && written[field as keyof WrittenStage] !== undefined;

/** The run's config with the fields of a stage in place of its own, not parsed yet: these have the form in which they are written. */
export function stageFields(config: RunConfig, index: number): Record<string, unknown> {
  const written = config.stages![index]!;
  const own = Object.entries(written).filter(
    ([name, value]) => value !== undefined && runConfigFieldNames.includes(name),
  );
  // Where a config leaves it open, it follows.
  const follows = config.epsilonHigh === config.epsilon && { epsilonHigh: null };
  const rows = { prompt: null, columns: null, maxRows: null };
  const student = config.stages!.slice(0, index + 1).findLast((stage) => stage.kind === 'distill');
  return {
    ...config,
    ...follows,
    stages: null,
    ...(student && { model: student.model }),
    // What an earlier stage wrote is in our own form.
    ...('from' in written && written.from !== undefined && rows),
    ...(written.kind !== 'grpo' && { numMiniBatches: 1, replay: null }),
    // It takes one prompt after another, and keeps what is good of each: whether groups have a signal does not matter.
    ...(written.kind === 'rejection' && {
      ...{ gradientAccumulationSteps: 1, dynamicSampling: null, generations: null, curriculum: null },
    }),
    // Follows from its own.
    ...('generations' in written && written.generations && { numGenerations: written.generations.min }),
    ...Object.fromEntries(own),
  };
}
