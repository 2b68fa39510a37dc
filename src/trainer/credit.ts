import type { AdvantageOptions } from '../grpo/advantages.ts';
import { assignCredit, type Credit } from '../grpo/credit.ts';
import type { ProcessStep } from '../grpo/process-advantages.ts';
import { tokenEnds } from '../model/tokenizer/token-ends.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { RewardStep, ScoreTable } from '../protocol/rewards.ts';
import { scoreOf, stepsOf } from '../rewards/score-table.ts';
import type { Rollout, RolloutCompletion } from './rollout.ts';

/** What each completion of a rollout earned; positions are its tokens. */
export function creditOf(
  rollout: Rollout,
  { columns }: ScoreTable,
  groupSize: number,
  options: AdvantageOptions,
  tokenizer: Tokenizer,
): Credit {
  return assignCredit(
    {
      scores: rollout.map((_, row) => columns.map(({ outcomes }) => scoreOf(outcomes[row]))),
      steps: rollout.map((completion, row) => {
        const steps = columns.map(({ outcomes }) => stepsOf(outcomes[row]));
        return steps.some(({ length }) => length > 0) ? inTokens(steps, completion, tokenizer) : steps;
      }),
      lengths: rollout.map(({ ids }) => ids.length),
      weights: columns.map(({ weight }) => weight),
      groupSize,
    },
    options,
  );
}

/** A step ends with the token that writes its last character. */
function inTokens(steps: RewardStep[][], { ids, text }: RolloutCompletion, tokenizer: Tokenizer): ProcessStep[][] {
  const ends = tokenEnds(ids, text, tokenizer);
  return steps.map((own) => {
    let tokens = 0;
    // Steps come in ascending order of their ends.
    return own.map(({ end, score }) => {
      while (tokens < ids.length && (tokens === 0 ? 0 : ends[tokens - 1]!) < end) tokens++;
      return { end: tokens, score };
    });
  });
}
