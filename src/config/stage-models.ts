import type { RunConfig } from '../protocol/run-config.ts';
import { stageSpans } from '../protocol/stage-spans.ts';

/** Where a run config names a model: for the whole run, or for the stage with this index and those after it. */
export type ModelPlace = 'run' | number;

/**
 * The last step that trains the model which is named there: a later `distill` stage brings its own. 0: none does; Infinity: the run has no
 * stages. A run that has got further needs that model no more.
 */
export function lastStepOf({ stages }: Pick<RunConfig, 'stages'>, place: ModelPlace): number {
  if (!stages) return Infinity;
  const own = place === 'run' ? -1 : place;
  const next = stages.findIndex(({ kind }, index) => index > own && kind === 'distill');
  const spans = stageSpans({ stages });
  return next < 0 ? spans.at(-1)!.last : spans[next]!.first - 1;
}
