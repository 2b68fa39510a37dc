import type { Engine } from '../../engine/engine.ts';
import type { ModelConfig } from '../../model/config.ts';
import { computeCopies } from '../../model/network/half-weights.ts';
import type { Weights } from '../../model/weights-tree.ts';

/** Copies that programs compute with, each made once. On an engine without float16 they are the weights themselves. */
export class ComputeCopies {
  readonly #engine: Engine;
  readonly #model: ModelConfig;
  readonly #made = new Map<Weights, Weights>();

  constructor(engine: Engine, model: ModelConfig) {
    this.#engine = engine;
    this.#model = model;
  }

  async of(weights: Weights): Promise<Weights> {
    if (!this.#engine.half) return weights;
    const copies = this.#made.get(weights) ?? (await computeCopies(this.#engine, this.#model, weights));
    this.#made.set(weights, copies);
    return copies;
  }

  /** Frees the copies of all other weights. What they have in common with those weights is not theirs to free. */
  keepThose(used: readonly (Weights | undefined)[]): void {
    for (const [weights, copies] of this.#made) {
      if (used.includes(weights)) continue;
      const own = Object.entries(copies).filter(([name, array]) => array !== weights[name]);
      this.#engine.release(Object.fromEntries(own));
      this.#made.delete(weights);
    }
  }
}
