import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { bestFirst } from '../../src/protocol/row-groups.ts';
import { mergeEqual } from './model.ts';

/** A group of the prompt, at a step in which it was drawn. */
export interface PromptStep {
  step: number;
  group: number;
  /** From best to worst. */
  completions: Completion[];
  mean: number | null;
  /** Share of the completions that reach the threshold. */
  solved: number;
}

/** Without a threshold: the highest reward of all, as `grpo check --difficulty` has it; null where nothing was earned. */
export function defaultThreshold(rows: readonly Completion[]): number | null {
  const rewards = rows.flatMap(({ reward }) => (reward === null ? [] : [reward]));
  if (rewards.length === 0) return null;
  const [most, least] = rewards.reduce(
    ([high, low], reward) => [Math.max(high, reward), Math.min(low, reward)],
    [-Infinity, Infinity],
  );
  return most === least && most <= 0 ? null : most;
}

/** In the order of the steps. */
export function promptSteps(
  groups: readonly { step: number; group: number; rows: readonly Completion[] }[],
  threshold: number | null,
): PromptStep[] {
  return groups
    .map(({ step, group, rows }): PromptStep => {
      const rewards = rows.flatMap(({ reward }) => (reward === null ? [] : [reward]));
      const solved = threshold === null ? 0 : rewards.filter((reward) => reward >= threshold).length;
      return {
        ...{ step, group, completions: rows.toSorted(bestFirst), solved: solved / rows.length },
        mean: rewards.length === 0 ? null : rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length,
      };
    })
    .sort((a, b) => a.step - b.step || a.group - b.group);
}

/** How many of the completions are different texts. */
export const differentTexts = (completions: readonly Completion[]): number =>
  new Set(mergeEqual(completions).map(({ completion }) => completion.completion)).size;
