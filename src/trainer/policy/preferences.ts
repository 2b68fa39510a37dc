import { floats, leaveOpen, type NdArray } from '../../engine/tree.ts';
import type { Metrics } from '../../grpo/metrics.ts';
import { type PreferenceOptions, preferenceTerm } from '../../grpo/preference.ts';
import { ROWS } from '../../model/network/batch.ts';
import type { Scorer } from '../../model/network/scorer.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { MicroBatch, ReferencedExperience } from './micro-batches.ts';

/** The preference term of one pass over a rollout. */
export interface PreferencePass {
  loss: number;
  metrics: Metrics;
  /** Of a micro-batch's completions, [rows, 1]: the term's derivative by their summed log-probabilities. */
  slopesOf(batch: MicroBatch): { slopes: NdArray };
}

/** Half of a pair. */
interface Half {
  /** Which completion of the rollout it is. */
  row: number;
  completion: ReferencedExperience;
}

/** The pairs of a rollout, scored under the policy before each pass: gradients are those of the whole batch, however it is cut. */
export class Preferences {
  readonly #scorer: Scorer;
  readonly #options: PreferenceOptions;
  /** Chosen, rejected, chosen, …: those of a pair have the same prompt. */
  readonly #halves: Half[];

  constructor(scorer: Scorer, completions: readonly ReferencedExperience[], options: PreferenceOptions) {
    this.#scorer = scorer;
    this.#options = options;
    const placeOf = ({ completion: { preference } }: Half) => 2 * preference!.pair + (preference!.chosen ? 0 : 1);
    this.#halves = completions
      .map((completion, row) => ({ row, completion }))
      .filter(({ completion }) => completion.preference)
      .toSorted((a, b) => placeOf(a) - placeOf(b));
  }

  async under(weights: Weights): Promise<PreferencePass> {
    const sequences = this.#halves.map(({ completion }) => completion);
    const logProbs = sequences.length > 0 ? await this.#scorer.logProbs(weights, sequences, 2) : [];
    const drifts = sequences.map((each, half) => sumOver(each, logProbs[half]!) - sumOver(each, each.reference!));
    const pairs = Array.from({ length: drifts.length / 2 }, (_, pair) => ({
      chosen: drifts[2 * pair]!,
      rejected: drifts[2 * pair + 1]!,
    }));
    const { loss, slopes, margin, accuracy } = preferenceTerm(pairs, this.#options);
    const slopeOf = new Map(
      this.#halves.map(({ row }, half) => [row, (half % 2 === 0 ? 1 : -1) * slopes[Math.floor(half / 2)]!]),
    );
    return {
      loss,
      metrics: { 'dpo/loss': loss, 'dpo/margins': margin, 'dpo/accuracies': accuracy },
      slopesOf: ({ rows }) => {
        const values = Float32Array.from(rows, (row) => slopeOf.get(row) ?? 0);
        return { slopes: leaveOpen(floats(values, [rows.length, 1]), [ROWS]) };
      },
    };
  }
}

/** Over the tokens that count. */
function sumOver({ mask }: ReferencedExperience, logProbs: readonly number[]): number {
  return logProbs.reduce((sum, logProb, token) => (mask[token] ? sum + logProb : sum), 0);
}
