import type { EncodedPrompt } from '../data/prompts.ts';
import type { Histories } from '../grpo/advantages.ts';
import type { Credit } from '../grpo/credit.ts';
import { rolloutMetrics } from '../grpo/metrics.ts';
import { mean } from '../grpo/statistics.ts';
import { completionIds, onAllTokens, sampledLogProbs, trainedLength } from '../grpo/trajectory.ts';
import { tokenEnds } from '../model/tokenizer/token-ends.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { ScoreTable } from '../protocol/rewards.ts';
import {
  type EvaluatedRow,
  finiteOrNull,
  type MetricsRow,
  type RolloutRow,
  type UpdatedRow,
} from '../protocol/run-folder.ts';
import { describeFailure, detailsOf, recordedFailure, rowFailures, stepsOf } from '../rewards/score-table.ts';
import type { TokenFigures, UpdateResult } from './policy/learner.ts';
import type { Rollout } from './rollout.ts';
import type { Stopwatch } from './stopwatch.ts';

/** Float32, which they are computed in, has seven. */
const LOG_PROB_DIGITS = 6;
/** Of what is only looked at. */
const TOKEN_DIGITS = 5;

/** What was sampled in a step, and what it earned. */
export interface ScoredStep {
  step: number;
  rollout: Rollout;
  table: ScoreTable;
  credit: Credit;
  /** How each group's prompt did in earlier steps, with `baseline: "history"`. */
  histories?: Histories | undefined;
}

/** What a step adds to TRL's `num_tokens`: its prompts, one for each completion, and what the policy wrote. */
export const tokensOf = (rollout: Rollout): number =>
  rollout.reduce((sum, { prompt, trajectory }) => sum + prompt.ids.length + trainedLength(trajectory), 0);

/** The step's line of `metrics.jsonl`. `numTokens` counts prompts and completions since the start of the run. */
export function metricsOf(
  { step, rollout, table, credit }: ScoredStep,
  update: UpdateResult,
  watch: Stopwatch,
  numTokens: number,
): MetricsRow {
  const failures = rowFailures(table);
  const rows = rollout.map(({ trajectory }, row) => ({
    length: trainedLength(trajectory),
    truncated: trajectory.truncated,
    failed: failures[row] !== undefined,
  }));
  const names = table.columns.map(({ name }) => name);
  const row: Record<string, number | null> = {
    // First, so that what a reward function logs never passes for ours.
    ...table.metrics,
    ...table.totals,
    ...rolloutMetrics(names, credit, rows),
    ...stepMetrics(table),
    ...update.metrics,
    num_tokens: numTokens,
    step_time: watch.total,
    'time/rollout': watch.laps.rollout!,
    'time/score': watch.laps.score!,
    // While rewards were waited for, or before the update.
    'time/reference': (watch.laps.reference ?? 0) + update.seconds.reference,
    'time/update': update.seconds.update,
  };
  const finite = Object.entries(row).map(([key, value]) => [key, value === null ? null : finiteOrNull(value)]);
  return { ...Object.fromEntries(finite), step };
}

/** The mean of the steps that a function scored: what trains where its score is always 0. */
const stepMetrics = ({ columns }: ScoreTable): Record<string, number | null> =>
  Object.fromEntries(
    columns.flatMap(({ name, outcomes }) => {
      const scores = outcomes.flatMap((outcome) => stepsOf(outcome).map(({ score }) => score));
      return scores.length > 0 ? [[`process/${name}/mean`, mean(scores)]] : [];
    }),
  );

/** The lines of the step's rollouts file. */
export function rolloutRows(
  { step, rollout, table, credit, histories }: ScoredStep,
  tokenizer: Tokenizer,
): RolloutRow[] {
  // Otherwise a column does not say which completion each value is of.
  const extra = Object.entries(table.extra).filter(([, values]) => values.length === rollout.length);
  const scored = { step, rollout, table, failures: rowFailures(table), scores: credit.scores, rewards: credit.rewards };
  return rollout.map(({ group, prompt, trajectory, text }, row) => {
    const history = histories?.[group - rollout[0]!.group];
    const byToken = credit.byPosition?.[row];
    const rendered = rollout[row - 1]?.group === group ? undefined : renderedPrompt(prompt, tokenizer);
    const recorded = recordedRow(scored, row, {
      earned: { advantage: credit.advantages[row]! },
      more: {
        ...(extra.length > 0 && { extra: Object.fromEntries(extra.map(([name, values]) => [name, values[row]])) }),
        ...(history && { prompt_history: history }),
        ...(byToken && { advantages: Array.from(onAllTokens(trajectory, byToken)) }),
        ...(rendered !== undefined && { rendered_prompt: rendered }),
      },
    });
    return { ...recorded, token_ends: tokenEnds(recorded.completion_ids, text, tokenizer) };
  });
}

/** A prompt as the model got it, with its special tokens; undefined where that is just its text. */
function renderedPrompt({ prompt, text, ids }: EncodedPrompt, tokenizer: Tokenizer): string | undefined {
  if (typeof prompt !== 'string') return text ?? tokenizer.decode(ids);
  const decoded = tokenizer.decode(ids);
  // Not every tokenizer gives back each space: what tells is a token that it has added.
  return decoded.length > prompt.length && decoded.includes(prompt) ? decoded : undefined;
}

/** A line of the step's file of updates: empty where nothing was computed of the completion. */
export const updatedRow = ({ entropies, ratios, learns, kl, weight }: Partial<TokenFigures> = {}): UpdatedRow => ({
  ...(weight !== undefined && { weight: Number(weight.toPrecision(TOKEN_DIGITS)) }),
  ...(entropies && { entropies: rounded(entropies) }),
  ...(ratios && { ratios: rounded(ratios) }),
  ...(learns && { learns: Array.from(learns) }),
  ...(kl && { kl: rounded(kl) }),
});

const rounded = (values: Float32Array): number[] =>
  Array.from(values, (value) => Number(value.toPrecision(TOKEN_DIGITS)));

/** Completions with their scores, row by row. */
interface ScoredRows {
  step: number;
  rollout: Rollout;
  table: ScoreTable;
  failures: ReturnType<typeof rowFailures>;
  /** `scores[row][function]`; null where the function abstained or failed. */
  scores: readonly (readonly (number | null)[])[];
  /** Each row's weighted sum of scores; null without any. */
  rewards: readonly (number | null)[];
}

/** The lines of an evaluation's file. */
export function evaluatedRows(evaluated: Omit<ScoredRows, 'failures'>): EvaluatedRow[] {
  const scored = { ...evaluated, failures: rowFailures(evaluated.table) };
  return scored.rollout.map((_, row) => recordedRow(scored, row, { earned: {}, more: {} }));
}

/** What records keep of a completion; `earned` and `more` are what only training adds. */
function recordedRow<Earned extends object, More extends object>(
  { step, rollout, table, failures, scores, rewards }: ScoredRows,
  row: number,
  { earned, more }: { earned: Earned; more: More },
): EvaluatedRow & Earned & More {
  const { group, prompt, trajectory, text } = rollout[row]!;
  const { segments, truncated } = trajectory;
  const logProbs = sampledLogProbs(trajectory);
  const details = detailsOf(table, row);
  const failure = failures[row];
  const steps = table.columns.flatMap(({ name, outcomes }) => {
    const own = stepsOf(outcomes[row]);
    return own.length > 0 ? [[name, own] as const] : [];
  });
  return {
    step,
    group,
    prompt: prompt.prompt,
    prompt_ids: prompt.ids,
    completion: text,
    completion_ids: completionIds(trajectory),
    rewards: Object.fromEntries(table.columns.map(({ name }, k) => [name, scores[row]![k]!])),
    reward: rewards[row]!,
    ...earned,
    length: trainedLength(trajectory),
    truncated,
    error: failure ? describeFailure(failure) : null,
    ...(failure && { failure: recordedFailure(failure) }),
    columns: prompt.columns,
    ...(details && { details }),
    ...more,
    ...(steps.length > 0 && { steps: Object.fromEntries(steps) }),
    ...(segments.length > 1 && {
      segments: segments.map(({ ids, trained }) => ({ tokens: ids.length, trained })),
    }),
    ...(logProbs && { logprobs: logProbs.map((value) => value && Number(value.toPrecision(LOG_PROB_DIGITS))) }),
  };
}
