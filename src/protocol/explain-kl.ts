import type { LossOptions } from '../grpo/loss.ts';
import { mean } from '../grpo/statistics.ts';
import { formatNumber } from '../text/numbers.ts';
import { type ExplanationSection, numbered, shortened } from './explain-parts.ts';
import { isMoved, type PassOptions } from './explain-passes.ts';
import { ofLevel } from './explain-ratios.ts';
import { klSource } from './explain-sources.ts';

interface Held {
  completion: string;
  /** In the loss. Of others too, the divergence was computed, and costs nothing. */
  counts: boolean;
  ratios?: readonly number[] | undefined;
  kl?: readonly number[] | undefined;
}

type KlOptions = Pick<LossOptions, 'importanceSamplingLevel' | 'beta' | 'useBiasCorrectionKl'> & PassOptions;

/** What it costs to leave the reference policy. */
export function held({
  completions,
  options,
}: {
  completions: readonly Held[];
  options: KlOptions;
}): ExplanationSection {
  const { beta, useBiasCorrectionKl: isCorrected } = options;
  const title = '6. Held to a reference: KL';
  const source = klSource(isCorrected);
  if (beta === 0)
    return {
      title,
      text: ['`beta` is 0: nothing holds the policy to the model that it started from, and no reference is computed.'],
    };
  const known = completions.some(({ kl }) => kl !== undefined);
  return {
    title,
    source,
    text: [
      `Each token costs ${formatNumber(beta)} (\`beta\`) × its KL divergence from the reference policy, estimated from the sampled token alone${isCorrected ? ', × its ratio ρ (`useBiasCorrectionKl`)' : ''}.`,
      ...(known ? [] : ['The run did not record it for single tokens.']),
    ],
    formulas: ['KL = π_ref ÷ π − log(π_ref ÷ π) − 1'],
    ...(known && {
      table: {
        head: [
          '',
          'completion',
          'mean KL',
          isCorrected ? `mean of ρ × KL, × ${formatNumber(beta)}` : `× ${formatNumber(beta)}`,
        ],
        numbers: [false, false, true, true],
        rows: numbered(completions, ({ completion, counts, kl, ratios }) => [
          shortened(completion),
          formatNumber(kl && average(kl)),
          formatNumber(counts ? costOf(kl, ratios, options) : 0),
        ]),
      },
    }),
  };
}

/** Of one of a completion's tokens on average; undefined where it cannot be told. */
function costOf(
  kl: readonly number[] | undefined,
  ratios: readonly number[] | undefined,
  options: KlOptions,
): number | undefined {
  const { beta, useBiasCorrectionKl } = options;
  // In a single update, every ratio is 1.
  if (!kl || !useBiasCorrectionKl || !isMoved(options)) return kl && beta * average(kl);
  if (!ratios) return undefined;
  const ofTokens = ofLevel(ratios, options);
  return beta * average(kl.map((each, token) => each * (ofTokens[token] ?? ofTokens[0]!)));
}

const average = (values: readonly number[]): number => mean([...values]) ?? 0;
