import type { MetricsRow } from '../protocol/run-folder.ts';

const EVAL = 'eval_';

/**
 * A row's numbers by the tags that transformers' TensorBoardCallback gives them, so that runs of both can be compared: `train/reward`,
 * `train/rewards/sorted/mean`, `eval/reward`. Missing values are skipped.
 */
export function scalarsOf({ step: _, ...metrics }: MetricsRow): Record<string, number> {
  const known = Object.entries(metrics).filter((entry): entry is [string, number] => entry[1] !== null);
  return Object.fromEntries(known.map(([key, value]) => [tagOf(key), value]));
}

const tagOf = (key: string): string => (key.startsWith(EVAL) ? `eval/${key.slice(EVAL.length)}` : `train/${key}`);

/** The metric of such a tag; undefined for one that transformers does not give to metrics. */
export function metricOf(tag: string): string | undefined {
  if (tag.startsWith('train/')) return tag.slice('train/'.length);
  return tag.startsWith('eval/') ? EVAL + tag.slice('eval/'.length) : undefined;
}
