import type { Engine } from '../../engine/engine.ts';
import type { NdArray } from '../../engine/tree.ts';
import type { TokenFigures } from './learner.ts';
import type { MicroBatch } from './micro-batches.ts';

/** What a run of the gradient program gives for each token, [rows, longest completion]. */
interface BatchFigures {
  logProbs: NdArray;
  entropies: NdArray;
  chosen?: { learns: NdArray };
}

/** The figures of a micro-batch's completions, each of its own length. `old`: log-probabilities at the first pass, unless this is it. */
export async function tokenFigures(
  engine: Engine,
  { reference, lengths }: MicroBatch,
  { logProbs, entropies, chosen }: BatchFigures,
  old: NdArray | undefined,
): Promise<TokenFigures[]> {
  // Nothing is copied from the device that nobody asks for.
  const host = await engine.download({
    entropies,
    ...chosen,
    ...((old || reference) && { logProbs }),
    ...(old && { old }),
  });
  const width = entropies.shape[1]!;
  return lengths.map((length, row) => {
    const own = ({ data }: NdArray) => (data as Float32Array).subarray(row * width, row * width + length);
    const each = (other: NdArray, of: (logProb: number, other: number) => number) => {
      const others = own(other);
      return own(host.logProbs!).map((logProb, token) => of(logProb, others[token]!));
    };
    return {
      entropies: own(host.entropies).slice(),
      ratios: host.old && each(host.old, (logProb, before) => Math.exp(logProb - before)),
      learns: host.learns && Uint8Array.from(own(host.learns)),
      kl: reference && each(reference.logProbs, k3),
    };
  });
}

/** As `klEstimate` (src/grpo/policy-loss.ts). */
function k3(logProb: number, reference: number): number {
  const difference = reference - logProb;
  return Math.exp(difference) - difference - 1;
}
