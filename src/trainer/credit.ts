import type { AdvantageOptions, Histories } from '../grpo/advantages.ts';
import { assignCredit, type Credit } from '../grpo/credit.ts';
import type { ProcessStep } from '../grpo/process-advantages.ts';
import { completionIds, type Experience, onAllTokens, trainedLength, trainedMask } from '../grpo/trajectory.ts';
import { tokenEnds } from '../model/tokenizer/token-ends.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { RewardStep, ScoreTable } from '../protocol/rewards.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { scoresByRow } from '../rewards/score-table.ts';
import type { Rollout, RolloutCompletion } from './rollout.ts';

/** What each completion of a rollout earned; positions are the tokens that the policy drew. `histories`: of each group's prompt. */
export function creditOf(
  rollout: Rollout,
  table: ScoreTable,
  groupSize: number,
  options: AdvantageOptions,
  tokenizer: Tokenizer,
  histories?: Histories,
): Credit {
  const scored = scoresByRow(table.columns, rollout.keys());
  const steps = rollout.map((completion, row) => {
    const own = scored.steps[row]!;
    return own.some(({ length }) => length > 0) ? inTokens(own, completion, tokenizer) : own;
  });
  const lengths = rollout.map(({ trajectory }) => trainedLength(trajectory));
  return assignCredit({ ...scored, steps, lengths, groupSize, histories }, options);
}

/** A step ends with the token that writes its last character; its end counts the tokens up to there that the policy drew. */
function inTokens(
  steps: RewardStep[][],
  { trajectory, text }: RolloutCompletion,
  tokenizer: Tokenizer,
): ProcessStep[][] {
  const ids = completionIds(trajectory);
  const ends = tokenEnds(ids, text, tokenizer);
  const mask = trainedMask(trajectory);
  return steps.map((own) => {
    let [tokens, trained] = [0, 0];
    // Steps come in ascending order of their ends.
    return own.map(({ end, score }) => {
      while (tokens < ids.length && (tokens === 0 ? 0 : ends[tokens - 1]!) < end) trained += mask[tokens++]!;
      return { end: trained, score };
    });
  });
}

/** The rollout as the policy learns from it. */
export function experiencesOf(
  rollout: Rollout,
  { advantages, byPosition }: Pick<Credit, 'advantages' | 'byPosition'>,
  { maskTruncatedCompletions }: Pick<RunConfig, 'maskTruncatedCompletions'>,
): Experience[] {
  return rollout.map(({ prompt, trajectory }, row) => {
    const ids = completionIds(trajectory);
    const masked = trajectory.truncated && maskTruncatedCompletions;
    return {
      promptIds: prompt.ids,
      completionIds: ids,
      mask: masked ? new Uint8Array(ids.length) : trainedMask(trajectory),
      advantage: byPosition ? onAllTokens(trajectory, byPosition[row]!) : advantages[row]!,
    };
  });
}
