import { MOST_COMPLETION_LENGTH, MOST_TOKENS } from '../protocol/config-limits.ts';
import type { RunConfig } from '../protocol/run-config.ts';

/** Hardly any completion is cut off when this share of them is. */
const FEW = 0.1;
/** Where none ended, how long they would be is not known: try this many times as much, and at least this many tokens. */
const TRY = { factor: 4, tokens: 256 };
/** Memory and time grow with it: at most this many times as much at once. */
const MOST_FACTOR = 16;
/** A little more is not worth a change. */
const WORTH_IT = 1.25;

/** How long completions were, of which some were cut off. */
export interface CutLengths {
  /** The most tokens that one may have. */
  cap: number;
  /** The share of completions that were cut off there. */
  truncated: number;
  /** Mean number of tokens, of completions that were cut off too. */
  mean: number;
}

/**
 * A `maxCompletionLength`, a power of two or all that `room` leaves, at which few completions are cut off; undefined where there is no room
 * for one that is worth it. Of a model whose `room` is not known, one that is not far from what there is. It assumes that they end at any token with the same probability, estimated from those that did end
 * (an exponential distribution, censored at the cap).
 */
export function longerCompletions(
  { cap, truncated, mean }: CutLengths,
  config: Partial<Pick<RunConfig, 'promptsPerStep' | 'numGenerations'>>,
  room: number | undefined,
): number | undefined {
  const wanted =
    truncated === 1
      ? Math.max(TRY.factor * cap, room === undefined ? 0 : TRY.tokens)
      : Math.min((-Math.log(FEW) * mean) / (1 - truncated), MOST_FACTOR * cap);
  const doubled = powerOfTwo(Math.max(wanted, 2 * cap), Math.ceil);
  const allowed = Math.floor(MOST_TOKENS / ((config.promptsPerStep ?? 1) * (config.numGenerations ?? 1)));
  const most = Math.min(room ?? Number.POSITIVE_INFINITY, allowed, MOST_COMPLETION_LENGTH);
  const round = powerOfTwo(most, Math.floor);
  const possible = doubled <= most ? doubled : round >= 2 * cap ? round : most;
  return possible >= WORTH_IT * cap ? possible : undefined;
}

const powerOfTwo = (tokens: number, rounded: (exponent: number) => number): number => 2 ** rounded(Math.log2(tokens));
