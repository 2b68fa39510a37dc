import type { LossOptions } from '../grpo/loss.ts';
import { formatNumber, formatShare } from '../text/numbers.ts';
import type { PassOptions } from './explain-passes.ts';

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
  /** `topEntropyQuantile`: 1 on the tokens that learn. */
  learns?: readonly number[] | undefined;
  /** Of a replayed one: how much it counts. */
  weight?: number | undefined;
}

/** As `average` of src/grpo/loss.ts weighs tokens; with bnpo as if the step were one micro-batch. */
export function pullOf(
  { advantage, advantages, length, counts, learns, weight: replayed = 1 }: Pulling,
  options: Pick<LossOptions, 'lossType' | 'maxCompletionLength' | 'epsilonHigh'> & Pick<PassOptions, 'numMiniBatches'>,
  step: { rows: number; tokens: number },
): Pull {
  const { lossType, maxCompletionLength } = options;
  // A mini-batch has so many times fewer completions, and tokens on average, than the step.
  const share = options.numMiniBatches * tokenWeight(lossType, length, maxCompletionLength, step);
  const weight = counts ? replayed * firstRatio(options) * share : 0;
  return { weight, pull: learnedAdvantage({ advantage, advantages, length, learns }) * weight };
}

/** The advantages of those of its tokens that learn, added up. */
export function learnedAdvantage({
  advantage,
  advantages,
  length,
  learns,
}: Omit<Pulling, 'counts' | 'weight'>): number {
  const each = (token: number) => (learns?.[token] ?? 1) * (advantages?.[token] ?? advantage);
  const byToken = advantages || learns;
  return byToken ? byToken.reduce((sum, _, token) => sum + each(token), 0) : advantage * length;
}

/** How many of its tokens learn. */
export const learningTokens = ({ length, learns }: Pick<Pulling, 'length' | 'learns'>): number =>
  learns ? learns.reduce((sum, each) => sum + each, 0) : length;

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
    case 'vespo':
    case 'bnpo':
      return 1 / Math.max(1, tokens);
    case 'dr_grpo':
      return 1 / (rows * maxCompletionLength);
    case 'luspo':
      return 1 / rows;
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
    case 'vespo':
      return `\`lossType\` ${lossType} averages over all ${tokens} tokens of the step: each token weighs 1/${tokens}, so a long completion pulls more than a short one.`;
    case 'bnpo':
      return `\`lossType\` bnpo averages over the tokens of each micro-batch (of the step's ${tokens}): a long completion pulls more than a short one.`;
    case 'luspo':
      return `\`lossType\` luspo adds up each completion's tokens and averages over ${rows} completions: a completion pulls in proportion to its length.`;
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

/** Which tokens learn, where not all do. */
export function entropySentence(
  { topEntropyQuantile }: Pick<LossOptions, 'topEntropyQuantile'>,
  completions: readonly Pick<Pulling, 'learns'>[],
): string[] {
  if (topEntropyQuantile === 1) return [];
  const known = completions.some(({ learns }) => learns !== undefined);
  return [
    `Only the tokens at which the policy is least sure learn, ${formatShare(topEntropyQuantile)} of them (\`topEntropyQuantile\`, arXiv:2506.01939); the weight of a token stays as if all did.`,
    ...(known ? [] : ['The run did not record which: pulls are shown as if all tokens learned.']),
  ];
}

/** What the preference term adds to the pulls. */
export function pairSentence(
  { dpoCoef }: { dpoCoef: number },
  completions: readonly { preferred?: boolean | undefined }[],
): string[] {
  if (dpoCoef === 0) return [];
  const numberOf = (half: boolean) => completions.findIndex(({ preferred }) => preferred === half) + 1;
  const [best, worst] = [numberOf(true), numberOf(false)];
  if (best === 0 || worst === 0)
    return ['No two of its rewards differ: it has no pair for the preference term (`dpoCoef`).'];
  return [
    `Besides, the preference term (\`dpoCoef\` ${formatNumber(dpoCoef)}; DPO, arXiv:2305.18290) makes #${best}, the best, more likely than #${worst}, the worst, both compared with the reference policy. Pulls do not include it.`,
  ];
}
