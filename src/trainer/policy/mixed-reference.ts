import { add, mul } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from '../../engine/engine.ts';
import type { Parameters } from '../../model/network/decoder.ts';
import type { Weights } from '../../model/weights-tree.ts';
import { partsOf } from './parts.ts';

type MixInputs = { policy: Parameters; reference: Parameters };
type MixOutputs = { mixed: Parameters };

/** A reference policy that follows the trained one at a distance: π_ref ← α π_θ + (1 − α) π_ref (TR-DPO, arXiv:2404.09656). */
export class MixedReference {
  readonly #program: Compiled<MixInputs, MixOutputs>;

  constructor(engine: Engine, alpha: number) {
    const mix = ({ policy, reference }: MixInputs): MixOutputs => ({
      mixed: Object.fromEntries(
        Object.entries(reference).map(([name, before]) => [
          name,
          add(mul(before, 1 - alpha), mul(policy[name]!, alpha)),
        ]),
      ),
    });
    this.#program = engine.compile('reference', mix, { resident: ['mixed'] });
  }

  /** The next reference. Part by part: `keep` gets it each time that one more of its parts is the new one, and frees the old one. */
  async move(policy: Weights, reference: Weights, keep: (reference: Weights) => void): Promise<void> {
    let next = reference;
    for (const part of partsOf(reference)) {
      const { mixed } = await this.#program.run({ policy: part.take(policy), reference: part.take(next) });
      next = { ...next, ...part.restore(mixed) };
      keep(next);
    }
  }
}
