import { setImmediate as turn } from 'node:timers/promises';
import { RUN_FILE } from '../files/open-file.ts';
import { readTextLater } from '../files/text.ts';
import type { Histogram, StepRewards } from '../protocol/dashboard-overview.ts';
import { rolloutsFile } from './rollouts.ts';

/** With more values than that, a histogram has ranges of them. */
const MOST_VALUES = 64;
/** So many lines are parsed before others get their turn: a file may have thousands. */
const LINES_AT_ONCE = 64;

/** How the rewards of a step's completions are distributed. Throws where the file cannot be read. */
export async function readStepRewards(run: string, step: number): Promise<StepRewards> {
  const lines = (await readTextLater(rolloutsFile(run, step), RUN_FILE)).split('\n');
  const reward: number[] = [];
  const functions = new Map<string, number[]>();
  let completions = 0;
  for (const [i, line] of lines.entries()) {
    if (i % LINES_AT_ONCE === LINES_AT_ONCE - 1) await turn();
    const row = parsed(line);
    if (!row || row.discarded || row.replayed_from !== undefined) continue;
    completions += 1;
    if (typeof row.reward === 'number') reward.push(row.reward);
    for (const [name, score] of Object.entries(row.rewards ?? {})) {
      const scores = functions.get(name) ?? [];
      functions.set(name, scores);
      if (typeof score === 'number') scores.push(score);
    }
  }
  const byName = [...functions].map(([name, scores]) => [name, histogram(scores)]);
  return { step, completions, reward: histogram(reward), functions: Object.fromEntries(byName) };
}

interface Line {
  reward?: unknown;
  rewards?: object | null;
  discarded?: unknown;
  replayed_from?: unknown;
}

/** Undefined for a torn last line, and for what is no completion. */
function parsed(line: string): Line | undefined {
  if (line === '') return undefined;
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === 'object' && row !== null && 'completion' in row ? (row as object) : undefined;
  } catch {
    return undefined;
  }
}

/** The values that occur, or, of too many, ranges of equal width between the least and the greatest. */
export function histogram(values: readonly number[]): Histogram {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size > MOST_VALUES) return ranges(counts);
  const sorted = [...counts].sort(([a], [b]) => a - b);
  return {
    values: Float64Array.from(sorted, ([value]) => value),
    counts: Float64Array.from(sorted, ([, count]) => count),
  };
}

function ranges(counts: ReadonlyMap<number, number>): Histogram {
  let low = Infinity;
  let high = -Infinity;
  for (const value of counts.keys()) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const width = (high - low) / MOST_VALUES;
  const totals = new Float64Array(MOST_VALUES);
  for (const [value, count] of counts) totals[Math.min(MOST_VALUES - 1, Math.floor((value - low) / width))]! += count;
  return { values: Float64Array.from(totals, (_, i) => low + (i + 0.5) * width), counts: totals };
}
