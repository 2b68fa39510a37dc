/**
 * From rewards to advantages (DeepSeekMath, arXiv:2402.03300, section 4.1.2; Dr. GRPO, arXiv:2503.20783; GDPO for
 * `normalize_then_sum`). Number for number TRL 1.16, except where a comment says otherwise.
 */
import { isZero, mean, standardDeviation } from './statistics.ts';

/** The fields of a run config that decide how rewards become advantages; a `RunConfig` fits. */
export interface AdvantageOptions {
  scaleRewards: 'group' | 'batch' | 'none';
  multiObjectiveAggregation: 'sum_then_normalize' | 'normalize_then_sum';
  baseline: 'group' | 'none';
}

/** One prompt's completions, compared with each other. */
export interface GroupStats {
  /** Mean of the group's rewards; null when no row of it was scored. */
  mean: number | null;
  /** Sample standard deviation of the group's rewards; null with fewer than two scored rows: nothing to compare. */
  std: number | null;
  /** Whether the group tells good completions from bad ones; if not, its advantages are 0 or say nothing. */
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
 * `scores[row][function]` (null: abstained or failed; rows of one prompt follow each other, `groupSize` of them), one weight per
 * function.
 *
 * A score that is missing leaves its function out of the row's sum; the other weights stay as they are. A row without any score
 * takes no part in means and deviations and gets advantage 0.
 */
export function computeAdvantages(
  scores: readonly (readonly (number | null)[])[],
  weights: readonly number[],
  groupSize: number,
  options: AdvantageOptions,
): Advantages {
  if (scores.length % groupSize !== 0) throw new Error(`${scores.length} rows are not groups of ${groupSize}`);
  const rewards = scores.map((row) => weightedSum(row, weights));
  const sumFirst = options.multiObjectiveAggregation === 'sum_then_normalize';
  // What the rows of a group are compared by.
  const merits = sumFirst ? rewards : sumOfNormalized(scores, weights, groupSize);
  const advantages =
    options.baseline === 'none'
      ? // REINFORCE without a baseline ("rewards" in CS336): never scaled, or equal rewards would be divided by almost 0.
        rewards
      : sumFirst
        ? normalizeSums(merits, groupSize, options.scaleRewards)
        : normalize(merits);
  const groups = inGroups(rewards, groupSize).map((group, index): GroupStats => {
    const compared = merits.slice(index * groupSize, (index + 1) * groupSize);
    return {
      mean: mean(group),
      std: standardDeviation(group),
      informative:
        options.baseline === 'none'
          ? compared.some((merit) => merit !== null && merit !== 0)
          : !isZero(standardDeviation(compared) ?? 0),
    };
  });
  return { rewards, advantages: advantages.map((advantage) => advantage ?? 0), groups };
}

/** R_i = Σ_k w_k r_ik over the functions that gave a score; null when none did. */
function weightedSum(row: readonly (number | null)[], weights: readonly number[]): number | null {
  let sum: number | null = null;
  row.forEach((score, k) => {
    if (score !== null) sum = (sum ?? 0) + score * weights[k]!;
  });
  return sum;
}

/** A_i = (R_i − mean of its group) / (std of its group, or of the whole batch, + 1e-4). */
function normalizeSums(rewards: (number | null)[], groupSize: number, scale: AdvantageOptions['scaleRewards']) {
  const batchStd = standardDeviation(rewards);
  return inGroups(rewards, groupSize).flatMap((group) => {
    switch (scale) {
      case 'none':
        return center(group);
      case 'group':
        return divide(center(group), standardDeviation(group));
      case 'batch':
        return divide(center(group), batchStd);
      default:
        return scale satisfies never;
    }
  });
}

/** Σ_k w_k z_ik: every function on its own normalised within the group, so that none drowns the others. */
function sumOfNormalized(
  scores: readonly (readonly (number | null)[])[],
  weights: readonly number[],
  groupSize: number,
): (number | null)[] {
  const normalized = weights.map((_, k) =>
    inGroups(
      scores.map((row) => row[k]!),
      groupSize,
    ).flatMap((group) =>
      // A lone score in its group has nothing to be compared with: 0, as TRL's nansum makes of its NaN.
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

/** Without a standard deviation (fewer than two values) there is no comparison and hence no value. */
function divide(values: (number | null)[], std: number | null): (number | null)[] {
  return values.map((value) => (value === null || std === null ? null : value / (std + STD_EPSILON)));
}

export function inGroups<T>(rows: readonly T[], groupSize: number): T[][] {
  const groups: T[][] = [];
  for (let start = 0; start < rows.length; start += groupSize) groups.push(rows.slice(start, start + groupSize));
  return groups;
}
