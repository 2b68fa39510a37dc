import type { z } from 'zod';
import { type RunConfig, runConfigFieldNames, runConfigSchema } from '../protocol/run-config.ts';
import { type StageSpan, stageSpans } from '../protocol/stage-spans.ts';
import type { LoadedConfig } from './load-config.ts';

/** A stage as the run config writes it. */
export type WrittenStage = NonNullable<RunConfig['stages']>[number];
export type WrittenStageOf<Kind extends WrittenStage['kind']> = Extract<WrittenStage, { kind: Kind }>;

/** A stage of a run, and what it is trained with. */
export interface RunStage extends StageSpan {
  /** Undefined of a run without stages, which is one of GRPO. */
  written: WrittenStage | undefined;
  /** The run's config with the fields of the stage in place of its own: `maxSteps` are the stage's, and so are the places of its fields. */
  loaded: LoadedConfig;
}

/** The stages of a run in their order; of one without any, the run itself. */
export function stagesOf(loaded: LoadedConfig): RunStage[] {
  const { config } = loaded;
  const { stages } = config;
  if (stages === null)
    return [{ number: 1, name: 'grpo', kind: 'grpo', first: 1, last: config.maxSteps, written: undefined, loaded }];
  return stageSpans(config).map((span, index) => {
    const written = stages[index]!;
    const locate: LoadedConfig['locate'] = (path) =>
      loaded.locate(isOwn(written, path) ? ['stages', index, ...path] : path);
    const own = runConfigSchema.parse(stageFields(config, index));
    return { ...span, written, loaded: { ...loaded, config: own, locate } };
  });
}

/** What is wrong with a stage's fields together with the run's: the first issue, at its place in the run config. */
export function stageIssue(config: RunConfig): z.core.$ZodIssue | undefined {
  for (const [index, written] of (config.stages ?? []).entries()) {
    const issue = runConfigSchema.safeParse(stageFields(config, index)).error?.issues[0];
    if (issue) return isOwn(written, issue.path) ? { ...issue, path: ['stages', index, ...issue.path] } : issue;
  }
  return undefined;
}

const isOwn = (written: WrittenStage, [field]: readonly PropertyKey[]): boolean =>
  field !== undefined && Object.hasOwn(written, field) && written[field as keyof WrittenStage] !== undefined;

/** Not parsed yet: the fields of a stage have the form in which they are written. */
function stageFields(config: RunConfig, index: number): Record<string, unknown> {
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
    ...(written.kind === 'rejection' && { gradientAccumulationSteps: 1 }),
    ...Object.fromEntries(own),
  };
}
