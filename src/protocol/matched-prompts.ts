import { mean } from '../grpo/statistics.ts';
import { decimalsFor, signOf } from '../text/numbers.ts';
import type { EvaluatedCompletion } from './dashboard-completion.ts';
import { promptTitle } from './message-text.ts';
import type { Prompt } from './rewards.ts';
import { inGroups } from './row-groups.ts';

/** What one side has of a prompt. */
export interface PromptSide {
  /** From highest to lowest reward; without a reward last. */
  completions: EvaluatedCompletion[];
  /** Their mean; null where none has one. */
  reward: number | null;
  /** The dataset's other columns. */
  columns: Record<string, unknown>;
}

/** A held-out prompt, and what each side answered. */
export interface MatchedPrompt {
  key: string;
  prompt: Prompt;
  /** The prompt on one line. */
  title: string;
  /** Undefined where a side does not have the prompt. */
  sides: (PromptSide | undefined)[];
}

/**
 * Prompts of several evaluations with what each of them has, in the order of the first that has them. By the prompt itself: datasets may
 * differ, or be in another order. One that a dataset has twice is matched in order.
 */
export function matchPrompts(evaluations: readonly (readonly EvaluatedCompletion[])[]): MatchedPrompt[] {
  const prompts = new Map<string, MatchedPrompt>();
  for (const [side, rows] of evaluations.entries()) {
    const seen = new Map<string, number>();
    for (const group of inGroups(rows)) {
      const { prompt } = group[0]!;
      const text = JSON.stringify(prompt);
      const times = (seen.get(text) ?? 0) + 1;
      seen.set(text, times);
      const key = `${text} ${times}`;
      const matched = prompts.get(key) ?? {
        key,
        prompt,
        title: promptTitle(prompt),
        sides: evaluations.map(() => undefined),
      };
      prompts.set(key, matched);
      matched.sides[side] = sideOf(group);
    }
  }
  return [...prompts.values()];
}

function sideOf(group: readonly EvaluatedCompletion[]): PromptSide {
  const completions = group.toSorted((a, b) => (b.reward ?? -Infinity) - (a.reward ?? -Infinity));
  return { completions, reward: mean(group.map(({ reward }) => reward)), columns: group[0]!.columns ?? {} };
}

/** By how much one side's reward is above the first one's; null where one of them has none. */
export function gainOf({ sides }: MatchedPrompt, side: number): number | null {
  const [before, after] = [sides[0]?.reward, sides[side]?.reward];
  return typeof before === 'number' && typeof after === 'number' ? after - before : null;
}

/** How many decimals their rewards have in a list, so that numbers are below each other. */
export const decimalsOf = (prompts: readonly MatchedPrompt[]): number =>
  Math.max(2, decimalsFor(prompts.flatMap(({ sides }) => sides.map((side) => side?.reward ?? null))));

/** How many prompts got better, worse, and neither; those without a gain are not counted. */
export function countGains(prompts: readonly MatchedPrompt[], side: number): Record<ReturnType<typeof signOf>, number> {
  const counts = { up: 0, down: 0, zero: 0 };
  for (const prompt of prompts) {
    const gain = gainOf(prompt, side);
    if (gain !== null) counts[signOf(gain)]++;
  }
  return counts;
}

export const PROMPT_SORTS = {
  order: 'Dataset order',
  '-gain': 'Largest gain first',
  gain: 'Largest loss first',
} as const;

/** Prompts without a gain come last. */
export function sortPrompts(
  prompts: readonly MatchedPrompt[],
  sort: keyof typeof PROMPT_SORTS,
  side: number,
): MatchedPrompt[] {
  if (sort === 'order') return [...prompts];
  const sign = sort === 'gain' ? 1 : -1;
  const place = (prompt: MatchedPrompt) => sign * (gainOf(prompt, side) ?? sign * Infinity);
  return prompts.toSorted((a, b) => {
    const [x, y] = [place(a), place(b)];
    return x === y ? 0 : x - y;
  });
}
