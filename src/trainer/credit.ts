import { type AdvantageOptions, type Advantages, computeAdvantages } from '../grpo/advantages.ts';
import { processAdvantages } from '../grpo/process-advantages.ts';
import type { Tokenizer } from '../model/tokenizer.ts';
import type { RewardColumn, RewardOutcome, ScoreTable } from '../protocol/rewards.ts';
import type { Rollout, RolloutCompletion } from './rollout.ts';

/** What each completion earned, as a policy update needs it. */
export interface Credit extends Advantages {
  /** `scores[row][function]`; null where the function abstained or failed. */
  scores: (number | null)[][];
  /** Per completion: one advantage for all its tokens, or one per token where a function scored its steps. */
  credits: (number | Float32Array)[];
}

/** Turns scores into advantages. A function that scores the steps of completions pays per token, the others per completion. */
export function assignCredit(
  rollout: Rollout,
  { columns }: ScoreTable,
  groupSize: number,
  options: AdvantageOptions,
  tokenizer: Tokenizer,
): Credit {
  const scores = rollout.map((_, row) => columns.map(({ outcomes }) => scoreOf(outcomes[row]!)));
  const weights = columns.map(({ weight }) => weight);
  const whole = computeAdvantages(scores, weights, groupSize, options);
  const stepwise = columns.filter(({ outcomes }) => outcomes.some((outcome) => stepsOf(outcome).length > 0));
  if (stepwise.length === 0) return { ...whole, scores, credits: whole.advantages };

  const outcomeScores = scores.map((row) => row.map((score, k) => (stepwise.includes(columns[k]!) ? null : score)));
  const outcome = computeAdvantages(outcomeScores, weights, groupSize, options);
  const credits = rollout.map(({ ids }, row) => new Float32Array(ids.length).fill(outcome.advantages[row]!));
  for (const column of stepwise) addStepCredit(credits, rollout, column, groupSize, tokenizer);
  return { ...whole, scores, credits };
}

function addStepCredit(
  credits: Float32Array[],
  rollout: Rollout,
  { outcomes, weight }: RewardColumn,
  groupSize: number,
  tokenizer: Tokenizer,
): void {
  for (let start = 0; start < rollout.length; start += groupSize) {
    const group = rollout.slice(start, start + groupSize);
    const steps = group.map((completion, i) =>
      stepsOf(outcomes[start + i]!).map(({ end, score }) => ({ end: tokensUntil(completion, end, tokenizer), score })),
    );
    const perToken = processAdvantages(
      steps,
      group.map(({ ids }) => ids.length),
    );
    perToken.forEach((advantages, i) => {
      const credit = credits[start + i]!;
      for (let token = 0; token < credit.length; token++) credit[token]! += weight * advantages[token]!;
    });
  }
}

/** How many tokens it takes to write the completion's first `end` characters. */
function tokensUntil({ ids }: RolloutCompletion, end: number, tokenizer: Tokenizer): number {
  let tokens = 0;
  while (tokens < ids.length && tokenizer.decode(ids.slice(0, tokens), { skipSpecialTokens: true }).length < end)
    tokens++;
  return tokens;
}

export const scoreOf = (outcome: RewardOutcome): number | null => (outcome.kind === 'score' ? outcome.score : null);
const stepsOf = (outcome: RewardOutcome) => (outcome.kind === 'score' ? (outcome.steps ?? []) : []);
