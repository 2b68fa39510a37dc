import type { JsonLine } from '../files/json-lines.ts';
import type { RolloutRow } from '../protocol/run-folder.ts';
import { groupedRows } from './grouped-rows.ts';

/** Columns with a meaning of their own; validation writes the score a second time, as "reward". */
const KNOWN = new Set(['input', 'output', 'gts', 'score', 'step', 'reward', 'uid', 'request_id']);

/** What reward functions gave beside the score: numbers and truth values by name, which get curves. */
export function extraScores(lines: readonly JsonLine[]): string[] {
  const names = Object.keys(lines[0]?.value ?? {}).filter((name) => !KNOWN.has(name));
  return names.filter((name) => lines.every(({ value }) => scoreOf(value[name]) !== undefined));
}

/** One prompt of the dataset in a step. verl gives its completions one `uid` each, "sample_rollout_output"; older ones write none. */
export function groupKey({ value: { uid, input } }: JsonLine): string {
  const sample = typeof uid === 'string' ? /^(.*)_\d+_\d+$/s.exec(uid)?.[1] : undefined;
  return sample === undefined ? `prompt ${input}` : `sample ${sample}`;
}

/**
 * The rows of a rollouts file. verl writes prompts and completions as text without special tokens, no token ids or lengths, and no advantages:
 * those are computed from the scores.
 */
export function verlRows(step: number, lines: readonly JsonLine[], scores: readonly string[]): RolloutRow[] {
  return groupedRows(
    lines.map((line) => {
      const { input, output, gts, score } = line.value;
      const extra = Object.entries(line.value).filter(([name]) => !KNOWN.has(name) && !scores.includes(name));
      const reward = scoreOf(score) ?? null;
      return {
        step,
        key: groupKey(line),
        prompt: String(input),
        prompt_ids: [],
        completion: String(output),
        completion_ids: [],
        rewards: {
          score: reward,
          ...Object.fromEntries(scores.map((name) => [name, scoreOf(line.value[name]) ?? null])),
        },
        reward,
        advantage: null,
        length: 0,
        truncated: false,
        error: null,
        columns: { gts },
        ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
      };
    }),
    'group',
  );
}

/** Undefined for what is no score; null is one that was not given. */
function scoreOf(value: unknown): number | null | undefined {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' || value === null ? value : undefined;
}
