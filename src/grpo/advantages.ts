/**
 * From rewards to advantages (DeepSeekMath, arXiv:2402.03300, section 4.1.2; Dr. GRPO, arXiv:2503.20783; GDPO for
 * `normalize_then_sum`; baselines.ts for others than the group's mean). The same numbers as TRL 1.16, except where a comment says otherwise.
 */
import { aboveOthers, historyBaseline, type PromptHistory, shrunkDeviation } from './baselines.ts';
import { isZero, mean, standardDeviation } from './statistics.ts';

/** How rewards become advantages; the fields are named as in a run config. */
export interface AdvantageOptions {
  scaleRewards: 'group' | 'batch' | 'adaptive' | 'none';
  multiObjectiveAggregation: 'sum_then_normalize' | 'normalize_then_sum';
  baseline: 'group' | 'leave-one-out' | 'history' | 'none';
  /** Of functions that score steps; null or not there: they pay by steps alone, with their own weight. */
  processRewardWeight?: number | null | undefined;
}

/** How many completions groups have: all the same, or each its own (`generations`). */
export type GroupSize = number | readonly number[];

/** One prompt's completions, compared with each other. */
export interface GroupStats {
  /** How many completions it has. */
  size: number;
  /** Mean of the group's rewards; null when no row of it was scored. */
  mean: number | null;
  /** Sample standard deviation of the group's rewards; null with fewer than two scored rows. */
  std: number | null;
  /** Whether the group has a learning signal; if not, its advantages are 0 or meaningless. */
  informative: boolean;
}

export interface Advantages {
  /** Weighted sum of each row's scores; null when every function abstained or failed. */
  rewards: (number | null)[];
  /** One advantage per row; all its tokens share it (outcome supervision). */
  advantages: number[];
  groups: GroupStats[];
}

/** Keeps the quotient finite where all rewards are equal; TRL's value. */
const STD_EPSILON = 1e-4;

/**
 * `scores[row][function]` (null: abstained or failed), `groupSize` consecutive rows for each prompt; one weight per function.
 *
 * A row's sum skips functions without a score; the other weights stay as they are. A row without any score is excluded from
 * means and deviations and gets advantage 0. `histories`: of each group's prompt, for `baseline: "history"`. Throws when the rows are not
 * whole groups.
 */
export function computeAdvantages(
  scores: readonly (readonly (number | null)[])[],
  weights: readonly number[],
  groupSize: GroupSize,
  options: AdvantageOptions,
  histories: Histories = [],
): Advantages {
  const rewards = scores.map((row) => weightedSum(row, weights));
  const merits = meritsOf(rewards, scores, weights, groupSize, options.multiObjectiveAggregation);
  const meritsByGroup = inGroups(merits, groupSize);
  const groups = inGroups(rewards, groupSize).map(
    (group, index): GroupStats => ({
      size: group.length,
      mean: mean(group),
      std: standardDeviation(group),
      informative: isInformative(meritsByGroup[index]!, options.baseline, histories[index]),
    }),
  );
  const advantages = advantagesOf(merits, rewards, groupSize, options, histories);
  return { rewards, advantages: advantages.map((advantage) => advantage ?? 0), groups };
}

/** How the prompt of each group did before; undefined where that is not known. */
export type Histories = readonly (PromptHistory | undefined)[];

/** What the rows of a group are compared by. */
function meritsOf(
  rewards: (number | null)[],
  scores: readonly (readonly (number | null)[])[],
  weights: readonly number[],
  groupSize: GroupSize,
  aggregation: AdvantageOptions['multiObjectiveAggregation'],
): (number | null)[] {
  switch (aggregation) {
    case 'sum_then_normalize':
      return rewards;
    case 'normalize_then_sum':
      return sumOfNormalized(scores, weights, groupSize);
    default:
      return aggregation satisfies never;
  }
}

function advantagesOf(
  merits: (number | null)[],
  rewards: (number | null)[],
  groupSize: GroupSize,
  { baseline, multiObjectiveAggregation: aggregation, scaleRewards }: AdvantageOptions,
  histories: Histories,
): (number | null)[] {
  switch (baseline) {
    case 'none':
      // REINFORCE without a baseline ("rewards" in CS336): never scaled, or equal rewards would be divided by almost 0.
      return rewards;
    case 'group':
      return aggregation === 'sum_then_normalize' ? normalizeSums(merits, groupSize, scaleRewards) : normalize(merits);
    // These two are not divided: a group of equal rewards may be above its history, and RLOO has no deviation.
    case 'leave-one-out':
      return inGroups(rewards, groupSize).flatMap(aboveOthers);
    case 'history':
      return inGroups(rewards, groupSize).flatMap((group, index) => aboveHistory(group, histories[index]));
    default:
      return baseline satisfies never;
  }
}

/** A_i = R_i − b, with b of `historyBaseline`. */
function aboveHistory(group: readonly (number | null)[], history: PromptHistory | undefined): (number | null)[] {
  const baseline = historyBaseline(group, history);
  return group.map((reward) => (reward === null ? null : reward - baseline!));
}

/** Whether a group with these merits has a learning signal. */
function isInformative(
  merits: readonly (number | null)[],
  baseline: AdvantageOptions['baseline'],
  history: PromptHistory | undefined,
): boolean {
  switch (baseline) {
    case 'history':
      return aboveHistory(merits, history).some((advantage) => advantage !== null && !isZero(advantage));
    case 'group':
    case 'leave-one-out':
      return !isZero(standardDeviation(merits) ?? 0);
    case 'none':
      return merits.some((merit) => merit !== null && merit !== 0);
    default:
      return baseline satisfies never;
  }
}

/** R_i = Σ_k w_k r_ik over the functions that gave a score; null when none did. */
export function weightedSum(row: readonly (number | null)[], weights: readonly number[]): number | null {
  let sum: number | null = null;
  row.forEach((score, k) => {
    if (score !== null) sum = (sum ?? 0) + score * weights[k]!;
  });
  return sum;
}

/** A_i = (R_i − mean of its group) / (std of its group, or of the whole batch, + 1e-4). */
function normalizeSums(rewards: (number | null)[], groupSize: GroupSize, scale: AdvantageOptions['scaleRewards']) {
  const batchStd = standardDeviation(rewards);
  return inGroups(rewards, groupSize).flatMap((group) => {
    switch (scale) {
      case 'none':
        return center(group);
      case 'group':
        return divide(center(group), standardDeviation(group));
      case 'batch':
        return divide(center(group), batchStd);
      case 'adaptive':
        return divide(center(group), shrunkDeviation(group, batchStd));
      default:
        return scale satisfies never;
    }
  });
}

/** Σ_k w_k z_ik: each function's scores are normalized within the group, so that none dominates the others. */
function sumOfNormalized(
  scores: readonly (readonly (number | null)[])[],
  weights: readonly number[],
  groupSize: GroupSize,
): (number | null)[] {
  const normalized = weights.map((_, k) =>
    inGroups(
      scores.map((row) => row[k]!),
      groupSize,
    ).flatMap((group) =>
      // The only score of its group cannot be compared: 0, as TRL's nansum makes of its NaN.
      normalize(group).map((z, i) => z ?? (group[i] === null ? null : 0)),
    ),
  );
  return scores.map((_, i) =>
    weightedSum(
      normalized.map((column) => column[i]!),
      weights,
    ),
  );
}

const normalize = (values: (number | null)[]) => divide(center(values), standardDeviation(values));

function center(values: (number | null)[]): (number | null)[] {
  const average = mean(values);
  return values.map((value) => (value === null ? null : value - average!));
}

/** Null without a standard deviation (fewer than two values): there is nothing to compare. */
function divide(values: (number | null)[], std: number | null): (number | null)[] {
  return values.map((value) => (value === null || std === null ? null : value / (std + STD_EPSILON)));
}

/** Consecutive rows, a group after another. Throws where the rows are not whole groups. */
export function inGroups<T>(rows: readonly T[], groupSize: GroupSize): T[][] {
  const sizes =
    typeof groupSize === 'number' ? Array<number>(Math.ceil(rows.length / groupSize)).fill(groupSize) : groupSize;
  if (sum(sizes) !== rows.length) throw new Error(`${rows.length} rows are not groups of ${groupSize}`);
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return rows.slice(end - size, end);
  });
}

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
