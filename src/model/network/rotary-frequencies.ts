import type { Rotary, RotaryScaling } from '../config.ts';

type Scaling<T extends RotaryScaling['type']> = Extract<RotaryScaling, { type: T }>;

/** Radians per position for each pair of features, [width / 2]. Source: transformers, modeling_rope_utils.py. */
export function frequenciesOf(rotary: Rotary): number[] {
  const { width, theta, scaling } = rotary;
  const frequencies = Array.from({ length: width / 2 }, (_, pair) => theta ** ((-2 * pair) / width));
  switch (scaling.type) {
    case 'none':
    case 'dynamic':
      return frequencies;
    case 'linear':
      return frequencies.map((frequency) => frequency / scaling.factor);
    case 'llama3':
      return frequencies.map((frequency) => llama3Frequency(frequency, scaling));
    case 'yarn': {
      const kept = keptShares(rotary, scaling);
      return frequencies.map((frequency, pair) => blend(frequency / scaling.factor, frequency, kept[pair]!));
    }
    case 'proportional':
      return frequencies.map((frequency, pair) => (pair < scaling.pairs ? frequency / scaling.factor : 0));
    case 'longrope':
      return frequencies.map((frequency, pair) => frequency / scaling.factors[pair]!);
    default:
      return scaling satisfies never;
  }
}

const blend = (a: number, b: number, shareOfB: number): number => (1 - shareOfB) * a + shareOfB * b;

/** Llama 3.1's stretch: wavelengths longer than the original context are slowed by `factor`, short ones stay, those between are blended. */
function llama3Frequency(frequency: number, scaling: Scaling<'llama3'>): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = scaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalMaxPositionEmbeddings / highFreqFactor) return frequency;
  if (wavelength > originalMaxPositionEmbeddings / lowFreqFactor) return frequency / factor;
  const smooth = (originalMaxPositionEmbeddings / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return blend(frequency / factor, frequency, smooth);
}

/**
 * YaRN (arXiv:2309.00071): how much of each frequency is kept. All of those that turn more than `betaFast` times within the original context,
 * nothing of those that turn less than `betaSlow` times, and less and less from pair to pair between.
 */
function keptShares({ width, theta }: Rotary, scaling: Scaling<'yarn'>): number[] {
  const { originalMaxPositionEmbeddings, betaFast, betaSlow, truncate } = scaling;
  const pairThatTurns = (times: number) =>
    (width * Math.log(originalMaxPositionEmbeddings / (times * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [pairThatTurns(betaFast), pairThatTurns(betaSlow)];
  const low = Math.max(truncate ? Math.floor(first) : first, 0);
  // As in transformers, where the bound is the number of features, not of pairs.
  const high = Math.min(truncate ? Math.ceil(last) : last, width - 1);
  const length = low === high ? 0.001 : high - low;
  return Array.from({ length: width / 2 }, (_, pair) => 1 - Math.min(1, Math.max(0, (pair - low) / length)));
}
