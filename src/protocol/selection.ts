import { keptOf, type Selection } from '../grpo/rejection.ts';
import type { Completion } from './dashboard-completion.ts';
import type { RunConfig } from './run-config.ts';
import { spanAt, stageSpans } from './stage-spans.ts';

/** What the rejection stage that took a step keeps of a group; undefined for a step of another stage. */
export function selectionAt({ stages }: Partial<Pick<RunConfig, 'stages'>>, step: number): Selection | undefined {
  const span = spanAt(stageSpans({ stages }), step);
  const stage = span && stages?.[span.number - 1];
  return stage?.kind === 'rejection' ? { threshold: stage.threshold, best: stage.best } : undefined;
}

type Sampled = Pick<Completion, 'completion' | 'reward' | 'length' | 'truncated'>;

/** Those of a group, in the order of its file, that are kept. */
export function keptRows<Row extends Sampled>(group: readonly Row[], selection: Selection): Set<Row> {
  const candidates = group.map(({ completion: text, reward, length, truncated }) => ({
    ...{ text, reward, length, truncated },
  }));
  return new Set(keptOf(candidates, selection).map((row) => group[row]!));
}
