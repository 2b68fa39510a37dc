import type { CompletionTokens } from '../../src/protocol/completion-tokens.ts';

/** What tokens are colored by. `share` is the strength, 0 to 1; the sign of a value decides between two colors where it has one. */
export interface Measure {
  label: string;
  values: readonly (number | null)[];
  share(value: number): number;
  /** Two colors, for what is above and below a middle. */
  sign(value: number): -1 | 0 | 1;
  /** What no color, and the strongest, stand for; with two colors, also the strongest of the other. */
  scale: [weakest: string, strongest: string, lowest?: string];
}

export type MeasureName = 'logprob' | 'entropy' | 'ratio' | 'kl' | 'advantage';

/** A token as surprising as one in 150 has the strongest color. */
const SURPRISING_NATS = 5;
/** Colors of small differences would only be noise. */
const LEAST = { entropy: 1, ratio: Math.log(1.2), kl: 0.1, advantage: 1e-6 };

/** Those that are known of these tokens. */
export function measuresOf({ logprobs, entropies, ratios, kl, advantages }: CompletionTokens) {
  const measures: Partial<Record<MeasureName, Measure>> = {};
  if (logprobs) {
    const share = (value: number) => Math.min(1, -value / SURPRISING_NATS);
    const scale: Measure['scale'] = ['certain', `one in 150 or less (−${SURPRISING_NATS} nats)`];
    measures.logprob = { label: 'Log-probability', values: logprobs, share, sign: () => 1, scale };
  }
  if (entropies) {
    const most = largest(entropies, LEAST.entropy);
    const scale: Measure['scale'] = ['no choice', `${most.toFixed(2)} nats`];
    measures.entropy = { label: 'Entropy', values: entropies, share: (value) => value / most, sign: () => 1, scale };
  }
  if (ratios) {
    const most = largest(ratios.map(Math.log), LEAST.ratio);
    measures.ratio = {
      label: 'Ratio',
      values: ratios,
      share: (value) => Math.min(1, Math.abs(Math.log(value)) / most),
      sign: (value) => Math.sign(Math.log(value)) as -1 | 0 | 1,
      scale: ['1', `× ${Math.exp(most).toFixed(2)}`, `÷ ${Math.exp(most).toFixed(2)}`],
    };
  }
  if (kl) {
    const most = largest(kl, LEAST.kl);
    measures.kl = {
      ...{ label: 'KL to the reference', values: kl, share: (value: number) => value / most, sign: () => 1 as const },
      scale: ['as the reference', `${most.toFixed(2)} nats`],
    };
  }
  if (advantages) {
    const most = largest(advantages, LEAST.advantage);
    measures.advantage = {
      label: 'Advantage',
      values: advantages,
      share: (value) => Math.abs(value) / most,
      sign: (value) => Math.sign(value) as -1 | 0 | 1,
      scale: ['0', `+${most.toFixed(2)}`, `−${most.toFixed(2)}`],
    };
  }
  return measures;
}

const largest = (values: readonly number[], least: number): number =>
  values.reduce((most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0), least);
