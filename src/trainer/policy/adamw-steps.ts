import type { Compiled, Engine } from '../../engine/engine.ts';
import { adamWScalars } from '../../engine/optimizer.ts';
import { floats, type NdArray, scalar } from '../../engine/tree.ts';
import type { ModelConfig } from '../../model/config.ts';
import { inChunks } from '../../model/network/word-rows.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { adamWOptions } from './adamw-options.ts';
import { partsOf } from './parts.ts';
import type { PolicyState } from './policy-state.ts';
import { type ApplyInputs, type ApplyOutputs, applyProgram } from './policy-update.ts';

/** At most: some kinds of layers, two sizes of a vocabulary's chunks, the rest. */
const KINDS_OF_PARTS = 16;

/** What AdamW is given for an update. */
interface ClippedGradients {
  gradients: Weights;
  /** What scales them: a scalar. */
  factor: NdArray;
  learningRate: number;
}

/** AdamW's updates of a policy, a part of it at a time: nothing of the whole is there twice. */
export class AdamWSteps {
  readonly #engine: Engine;
  readonly #config: RunConfig;
  readonly #model: ModelConfig;
  /** On the CPU, over what they replace. */
  readonly #inPlace: boolean;
  readonly #program: Compiled<ApplyInputs, ApplyOutputs>;

  constructor(engine: Engine, model: ModelConfig, config: RunConfig) {
    this.#engine = engine;
    this.#config = config;
    this.#model = model;
    this.#inPlace = engine.name === 'cpu';
    const program = applyProgram(config, { inPlace: this.#inPlace });
    this.#program = engine.compile('AdamW', program, {
      resident: ['params', 'means', 'squares', 'sums'],
      maxGraphs: KINDS_OF_PARTS,
    });
  }

  /**
   * The state after one update, and the sums of squares of its weights and of their change. `replace` gets each state on the way there, and frees what
   * it no longer has; arrays in `shared` are somebody else's too, and are not changed.
   */
  async take(
    state: PolicyState,
    { gradients, factor, learningRate }: ClippedGradients,
    { shared, replace }: { shared: ReadonlySet<NdArray>; replace: (state: PolicyState) => void },
  ): Promise<{ size: number; change: number }> {
    const { biasCorrection1, biasCorrection2 } = adamWScalars(
      state.updates + 1,
      learningRate,
      adamWOptions(this.#config),
    );
    const scalars = {
      learningRate: scalar(learningRate),
      biasCorrection1: scalar(biasCorrection1),
      biasCorrection2: scalar(biasCorrection2),
    };
    let current = this.#inPlace ? { ...state, weights: ownCopies(state.weights, shared) } : state;
    if (this.#inPlace) replace(current);
    const chunks = (weights: Weights) => (this.#inPlace ? inChunks(weights, this.#model) : weights);
    let sums: { size: NdArray; change: NdArray } = { size: scalar(0), change: scalar(0) };
    for (const part of partsOf(gradients)) {
      const before = {
        params: part.take(chunks(current.weights)),
        means: part.take(chunks(current.means)),
        squares: part.take(chunks(current.squares)),
      };
      const inputs = { ...before, gradients: part.take(gradients), factor, scalars, sums };
      const after = await this.#program.run(inputs, this.#inPlace ? before : {});
      this.#engine.release(sums);
      sums = after.sums;
      if (this.#inPlace) continue;
      // Names keep their order: sums over all weights follow it, also after a resume.
      current = {
        ...current,
        weights: { ...current.weights, ...part.restore(after.params) },
        means: { ...current.means, ...part.restore(after.means) },
        squares: { ...current.squares, ...part.restore(after.squares) },
      };
      replace(current);
    }
    const { size, change } = await this.#engine.download(sums);
    const figures = { size: size.data[0]!, change: change.data[0]! };
    this.#engine.release(sums);
    return figures;
  }

  dispose(): Promise<void> {
    return this.#program.dispose();
  }
}

/** The same weights, those that are shared as copies. */
const ownCopies = (weights: Weights, shared: ReadonlySet<NdArray>): Weights =>
  Object.fromEntries(
    Object.entries(weights).map(([name, array]) => [
      name,
      shared.has(array) ? { ...floats((array.data as Float32Array).slice(), array.shape), computed: true } : array,
    ]),
  );
