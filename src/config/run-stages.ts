import { BadInput } from '../protocol/errors.ts';
import { runConfigSchema } from '../protocol/run-config.ts';
import { type StageSpan, stageSpans } from '../protocol/stage-spans.ts';
import type { LoadedConfig } from './load-config.ts';
import { isOwn, stageFields, type WrittenStage } from './stage-fields.ts';

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

/** The first stage of GRPO, as if it were the run: what is measured without training. Throws BadInput where there is none. */
export function grpoStage(loaded: LoadedConfig): RunStage {
  const stage = stagesOf(loaded).find(({ kind }) => kind === 'grpo');
  if (stage) return stage;
  throw new BadInput(
    'Only stages of kind "grpo" can be measured without training, and the run has none. Start the run: before its first step it opens all models and reads all data.',
    loaded.locate(['stages']),
  );
}
