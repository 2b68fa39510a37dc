import type { LossOptions } from '../grpo/loss.ts';
import { formatNumber } from '../text/numbers.ts';

/** How a completion pulls at the policy in the first pass. */
export interface Pull {
  /** Of one of its tokens in the loss. */
  weight: number;
  /** Its advantage times the weight of all of its tokens: the size of its share of the loss, and the sign of its direction. */
  pull: number;
}

interface Pulling {
  advantage: number;
  /** Process supervision: of each token. */
  advantages?: readonly number[] | undefined;
  length: number;
  counts: boolean;
}

/** As `average` of src/grpo/loss.ts weighs tokens; with bnpo as if the step were one micro-batch. */
export function pullOf(
  { advantage, advantages, length, counts }: Pulling,
  options: Pick<LossOptions, 'lossType' | 'maxCompletionLength' | 'epsilonHigh'>,
  step: { rows: number; tokens: number },
): Pull {
  const { lossType, maxCompletionLength } = options;
  const weight = counts ? firstRatio(options) * tokenWeight(lossType, length, maxCompletionLength, step) : 0;
  const total = advantages ? advantages.reduce((sum, each) => sum + each, 0) : advantage * length;
  return { weight, pull: total * weight };
}

/** What the loss takes for the ratio of the first pass: 1, or cispo's cap where that is smaller. */
export const firstRatio = ({ lossType, epsilonHigh }: Pick<LossOptions, 'lossType' | 'epsilonHigh'>): number =>
  lossType === 'cispo' ? Math.min(1, epsilonHigh) : 1;

function tokenWeight(
  lossType: LossOptions['lossType'],
  length: number,
  maxCompletionLength: number,
  { rows, tokens }: { rows: number; tokens: number },
): number {
  switch (lossType) {
    case 'dapo':
    case 'cispo':
    case 'bnpo':
      return 1 / Math.max(1, tokens);
    case 'dr_grpo':
      return 1 / (rows * maxCompletionLength);
    case 'grpo':
    case 'sapo':
    case 'reinforce':
    case 'ratio':
      return 1 / (rows * Math.max(1, length));
    default:
      return lossType satisfies never;
  }
}

/** Why a long completion pulls as much as a short one, or more. */
export function weightSentence(
  lossType: LossOptions['lossType'],
  { rows, tokens }: { rows: number; tokens: number },
  maxCompletionLength: number,
): string {
  switch (lossType) {
    case 'dapo':
    case 'cispo':
      return `\`lossType\` ${lossType} averages over all ${tokens} tokens of the step: each token weighs 1/${tokens}, so a long completion pulls more than a short one.`;
    case 'bnpo':
      return `\`lossType\` bnpo averages over the tokens of each micro-batch (of the step's ${tokens}): a long completion pulls more than a short one.`;
    case 'dr_grpo':
      return `\`lossType\` dr_grpo divides by ${rows} completions × ${maxCompletionLength} tokens, whatever their lengths: a long completion pulls more than a short one.`;
    case 'grpo':
    case 'sapo':
    case 'reinforce':
    case 'ratio':
      return `\`lossType\` ${lossType} averages over each completion's tokens, then over ${rows} completions: each completion weighs ${formatNumber(1 / rows)}, whatever its length.`;
    default:
      return lossType satisfies never;
  }
}
