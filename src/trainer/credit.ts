import type { AdvantageOptions, GroupSize, Histories } from '../grpo/advantages.ts';
import { assignCredit, type Credit } from '../grpo/credit.ts';
import { type PreferencePair, preferencePairs } from '../grpo/preference.ts';
import type { ProcessStep } from '../grpo/process-advantages.ts';
import {
  completionIds,
  type Experience,
  onAllTokens,
  sampledLogProbs,
  trainedLength,
  trainedMask,
} from '../grpo/trajectory.ts';
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
  groupSize: GroupSize,
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

/** The rollout as token ids. */
export const sequencesOf = (rollout: Rollout): Pick<Experience, 'promptIds' | 'completionIds'>[] =>
  rollout.map(({ prompt, trajectory }) => ({ promptIds: prompt.ids, completionIds: completionIds(trajectory) }));

/** The rollout as the policy learns from it. */
export function experiencesOf(
  rollout: Rollout,
  { advantages, byPosition, rewards }: Pick<Credit, 'advantages' | 'byPosition' | 'rewards'>,
  config: Pick<RunConfig, 'maskTruncatedCompletions' | 'offPolicyMaskThreshold' | 'dpoCoef'>,
): Experience[] {
  const { maskTruncatedCompletions, offPolicyMaskThreshold, dpoCoef } = config;
  const sampled = offPolicyMaskThreshold === null ? undefined : knownLogProbs(rollout);
  const counts = rollout.map(({ trajectory }) => !(trajectory.truncated && maskTruncatedCompletions));
  const ranked = rollout.map(({ group }, row) => ({ group, reward: rewards[row]!, counts: counts[row]! }));
  const halves = halvesOf(dpoCoef === 0 ? [] : preferencePairs(ranked));
  return sequencesOf(rollout).map((sequence, row) => {
    const { trajectory } = rollout[row]!;
    const preference = halves.get(row);
    return {
      ...sequence,
      mask: counts[row] ? trainedMask(trajectory) : new Uint8Array(sequence.completionIds.length),
      advantage: byPosition ? onAllTokens(trajectory, byPosition[row]!) : advantages[row]!,
      ...(preference && { preference }),
      ...(sampled && { sampledLogProbs: sampled[row]! }),
    };
  });
}

type Half = NonNullable<Experience['preference']>;

/** By row of the rollout. */
function halvesOf(pairs: readonly PreferencePair[]): Map<number, Half> {
  const halves = new Map<number, Half>();
  for (const [pair, { chosen, rejected }] of pairs.entries())
    halves.set(chosen, { pair, chosen: true }).set(rejected, { pair, chosen: false });
  return halves;
}

/** As they were when tokens were drawn, 0 on what the policy did not write; undefined unless all are known. */
function knownLogProbs(rollout: Rollout): number[][] | undefined {
  const known = rollout.flatMap(({ trajectory }) => {
    const own = sampledLogProbs(trajectory);
    return own ? [own.map((logProb) => logProb ?? 0)] : [];
  });
  return known.length === rollout.length ? known : undefined;
}
