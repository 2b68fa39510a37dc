import type { CompletionsOf, EvaluatedOf, RunHistory } from '../../../src/doctor/run-history.ts';
import { mean, standardDeviation } from '../../../src/grpo/statistics.ts';
import type { Completion, EvaluatedCompletion } from '../../../src/protocol/dashboard-completion.ts';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import type { MetricsRow } from '../../../src/protocol/run-folder.ts';

/** What a test says of a completion; the rest follows. */
export type Given = Partial<Completion> & { rewards: Record<string, number | null> };

/** A run of `steps` steps: `completion(step, group, index)` is one of 4 groups of 4. Its metrics are computed from its completions. */
export function recorded(
  steps: number,
  completion: (step: number, group: number, index: number) => Given,
  more: Partial<Omit<RunHistory, 'metrics'>> & { metrics?: (step: number) => Omit<MetricsRow, 'step'> } = {},
): { history: RunHistory; completionsOf: CompletionsOf } {
  const names = Object.keys(completion(1, 0, 0).rewards);
  const functions = more.functions ?? names.map((name) => ({ name, file: `${name}.reward.ts`, weight: 1 }));
  const weightOf = (name: string) => functions.find((each) => each.name === name)?.weight ?? 1;
  const rows = new Map<number, Completion[]>();
  const metrics = new MetricColumns();
  for (let step = 1; step <= steps; step++) {
    const those = Array.from({ length: 16 }, (_, row): Completion => {
      const group = Math.floor(row / 4);
      const given = completion(step, group, row % 4);
      const scores = Object.entries(given.rewards).flatMap(([name, score]) =>
        score === null ? [] : weightOf(name) * score,
      );
      return {
        ...{ step, group, prompt: `Question ${step} ${group}?`, completion: `Answer ${row}`, advantage: 0 },
        ...{ length: 4, truncated: false, error: null },
        reward: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0),
        ...given,
      };
    });
    rows.set(step, those);
    const rewards = those.map(({ reward }) => reward);
    const ofFunctions = names.flatMap((name) => {
      const scores = those.map((row) => row.rewards[name] ?? null);
      return [
        [`rewards/${name}/mean`, mean(scores)] as const,
        [`rewards/${name}/std`, standardDeviation(scores)] as const,
      ];
    });
    metrics.push({
      ...{ step, reward: mean(rewards), reward_std: standardDeviation(rewards), ...Object.fromEntries(ofFunctions) },
      'completions/mean_length': mean(those.map(({ length }) => length)),
      ...more.metrics?.(step),
    });
  }
  return {
    history: { config: { rewards: [], ...more.config }, functions, metrics },
    completionsOf: async (step) => rows.get(step) ?? [],
  };
}

/** Evaluations of 16 held-out prompts, two completions each, by step: `score(step, prompt)` is what they get. */
export const evaluated =
  (
    score: (step: number, prompt: number) => number,
    prompt = (index: number) => `Held-out question ${index}?`,
  ): EvaluatedOf =>
  async (step) =>
    Array.from({ length: 32 }, (_, row): EvaluatedCompletion => {
      const group = row >> 1;
      const reward = score(step, group);
      return {
        ...{ step, group, prompt: prompt(group), completion: 'Answer', rewards: { correct: reward }, reward },
        ...{ length: 4, truncated: false, error: null },
      };
    });

/** A number between −1 and 1 that looks random, and is the same in every run of a test. */
export const noise = (...seeds: number[]): number => Math.sin(seeds.reduce((sum, seed) => 31.7 * sum + seed, 7) * 1e4);
