import type { LossOptions } from '../grpo/loss.ts';
import { mean } from '../grpo/statistics.ts';
import { formatNumber } from '../text/numbers.ts';
import type { ExplanationTable } from './explain-parts.ts';
import { isMoved, type PassOptions } from './explain-passes.ts';
import { firstRatio } from './explain-weights.ts';

interface Moved {
  completion: string;
  /** In the loss, which clips nothing of others. */
  counts: boolean;
  advantage: number;
  ratios?: readonly number[] | undefined;
  /** Process supervision: of each token. */
  advantages?: readonly number[] | undefined;
}

/** What decides whether a ratio is clipped. Runs of an earlier release may have no `delta`. */
export type ClipBounds = Pick<LossOptions, 'lossType' | 'epsilon' | 'epsilonHigh'> & { delta?: number | null };

type ClipOptions = ClipBounds & Pick<LossOptions, 'importanceSamplingLevel' | 'offPolicyMaskThreshold'> & PassOptions;

const CLIPS_AS_PPO: readonly LossOptions['lossType'][] = ['grpo', 'bnpo', 'dapo', 'dr_grpo', 'luspo'];

/** What is known of ratios after the first update: those of the last pass; nothing, and it does not matter, as there is no signal; or nothing. */
export type LaterRatios = 'known' | 'no signal' | 'not recorded';

const LATER: Record<LaterRatios, string> = {
  known: 'the table has the last pass',
  'no signal': 'those of later ones do not matter, because the group has no signal',
  'not recorded': 'the run did not record the ratios of later ones',
};

/** What is said of ratios, for the run's own settings. */
export function clipSentences(options: ClipOptions, later: LaterRatios): string[] {
  const { importanceSamplingLevel, offPolicyMaskThreshold: threshold } = options;
  const sequence =
    importanceSamplingLevel === 'sequence'
      ? ['All tokens of a completion share one ratio, the geometric mean of its tokens’ (GSPO, arXiv:2507.18071).']
      : [];
  const mask =
    threshold === null
      ? []
      : [
          `A completion with a negative advantage no longer counts once its tokens have become less likely by more than ${formatNumber(threshold)} nats on average (\`offPolicyMaskThreshold\`; DeepSeek-V3.2, arXiv:2512.02556).`,
        ];
  return [passSentence(options, later), ...sequence, clipRule(options), ...mask];
}

function passSentence(options: ClipOptions, later: LaterRatios): string {
  const { numIterations, numMiniBatches, replayedFrom } = options;
  if (replayedFrom !== undefined)
    return `The policy that sampled this group is that of step ${replayedFrom}, ${later === 'known' ? 'and the ratios of the table are to it' : 'and the run did not record the ratios to it'}: they are not 1 in the first update either.`;
  if (!isMoved(options))
    return `There is one pass over each rollout (\`numIterations\` 1): while it is learned from, the policy is still the one that sampled. Every ratio is 1${firstRatio(options) === 1 ? ', and nothing is clipped' : ''}.`;
  const passes = numIterations === 1 ? 'is one pass' : `are ${numIterations} passes`;
  if (numMiniBatches === 1)
    return `There ${passes} over each rollout. In the first, every ratio is 1; ${LATER[later]}.`;
  return `There ${passes} over each rollout, of ${numMiniBatches} updates with a mini-batch each (\`numMiniBatches\`). In the first update, every ratio is 1; ${LATER[later]}.`;
}

function clipRule({ lossType, epsilon, epsilonHigh, delta = null }: ClipOptions): string {
  const [low, high] = [formatNumber(1 - epsilon), formatNumber(1 + epsilonHigh)];
  const capped =
    delta === null
      ? ''
      : ` With a negative advantage it also stops where its ratio is above ${formatNumber(Math.max(delta, 1 + epsilonHigh))} (\`delta\`).`;
  switch (lossType) {
    case 'grpo':
    case 'bnpo':
    case 'dapo':
    case 'dr_grpo':
    case 'luspo':
      return `A token stops counting where its ratio has left ${low} to ${high} in the direction that its advantage pushes: one update may not move it further.${capped}`;
    case 'cispo':
      return `Ratios are capped at ${formatNumber(epsilonHigh)}; every token keeps counting.`;
    case 'sapo':
      return 'Instead of a clip, a soft gate lets a token count less the further its ratio is from 1.';
    case 'vespo':
      return 'Instead of a clip, a completion counts less the further the product of its ratios is from 1, by a weight that has no gradient.';
    case 'reinforce':
    case 'ratio':
      return `With \`lossType\` ${lossType}, nothing is clipped.`;
    default:
      return lossType satisfies never;
  }
}

/** Undefined where ratios were not recorded, as there was one update. A completion without any was not part of the update. */
export function ratioTable(completions: readonly Moved[], options: ClipOptions): ExplanationTable | undefined {
  if (!isMoved(options) || completions.every(({ ratios }) => ratios === undefined)) return undefined;
  const clips = CLIPS_AS_PPO.includes(options.lossType);
  const isShared = options.importanceSamplingLevel === 'sequence';
  return {
    head: ['', 'lowest ρ', 'mean ρ', 'highest ρ', ...(clips ? [isShared ? 'clipped' : 'clipped tokens'] : [])],
    numbers: [false, true, true, true, ...(clips ? [true] : [])],
    rows: completions.map(({ ratios: tokens, advantage, advantages, counts }, i) => {
      if (!tokens) return [`#${i + 1}`, ...['–', '–', '–'], ...(clips ? ['–'] : [])];
      const ratios = ofLevel(tokens, options);
      // As `clipCounts` of src/grpo/loss.ts: a completion whose ratio and advantage are the same for all tokens counts once.
      const judged = isShared
        ? (advantages ?? [advantage])
        : ratios.map((_, token) => advantages?.[token] ?? advantage);
      const clipped = judged.filter((each, token) => isClipped(ratios[isShared ? 0 : token]!, each, options)).length;
      const [lowest, highest] = ratios.length === 0 ? [null, null] : [Math.min(...ratios), Math.max(...ratios)];
      return [
        `#${i + 1}`,
        ...[lowest, mean(ratios), highest].map(formatNumber),
        ...(clips ? [counts ? `${clipped} of ${judged.length}` : '–'] : []),
      ];
    }),
  };
}

/** One per token, or the one that all tokens share. */
export function ofLevel(
  ratios: readonly number[],
  { importanceSamplingLevel: level }: Pick<LossOptions, 'importanceSamplingLevel'>,
): number[] {
  if (level === 'token' || ratios.length === 0) return [...ratios];
  return [Math.exp(mean(ratios.map(Math.log))!)];
}

/** Whether the loss has no gradient for a token, as its ratio left the clip range in the direction of its advantage, or is above `delta`. */
export function isClipped(ratio: number, advantage: number, bounds: ClipBounds): boolean {
  const { epsilon, epsilonHigh, lossType, delta = null } = bounds;
  if (!CLIPS_AS_PPO.includes(lossType)) return false;
  const [low, high] = [1 - epsilon, 1 + epsilonHigh];
  // With a positive advantage the smaller of the two upper bounds holds, with a negative one the larger.
  if (advantage > 0) return ratio > Math.min(high, delta ?? high);
  return advantage < 0 && (ratio < low || (delta !== null && ratio > Math.max(high, delta)));
}
