/** An update as all algorithms do it: the gradient of a loss, and Adam. */
import { keep, mean, type Scalar, type Tensor, valueAndGrads } from '@tensorflow/tfjs-core';
import type { Compiled } from '../../src/engine/engine.ts';
import { type AdamWScalars, adamW, adamWScalars } from '../../src/engine/optimizer.ts';
import { type ArraysOf, scalar, type TensorTree } from '../../src/engine/tree.ts';
import { zerosLike } from '../../src/engine/zeros.ts';
import type { Parameters } from '../../src/model/network/decoder.ts';
import type { Weights } from '../../src/model/weights-tree.ts';
import { engine } from './task.ts';

const OPTIONS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decays: () => false };
const LEARNING_RATE = 1e-3;

type Inputs<D> = { params: Parameters; means: Parameters; squares: Parameters; scalars: AdamWScalars; data: D };
type Outputs = { params: Parameters; means: Parameters; squares: Parameters; loss: Tensor };

export class Learner<D extends TensorTree> {
  weights: Weights;
  /** What each update took, without sampling. */
  readonly milliseconds: number[] = [];
  #means: Weights;
  #squares: Weights;
  #updates = 0;
  readonly #program: Compiled<Inputs<D>, Outputs>;

  constructor(start: Weights, lossOf: (params: Parameters, data: D) => Tensor) {
    this.weights = start;
    this.#means = zerosLike(start);
    this.#squares = zerosLike(start);
    const program = ({ params, means, squares, scalars, data }: Inputs<D>): Outputs => {
      const names = Object.keys(params);
      let loss!: Scalar;
      const { grads } = valueAndGrads((...tensors: Tensor[]) => {
        loss = keep(mean(lossOf(Object.fromEntries(tensors.map((tensor, at) => [names[at]!, tensor])), data)));
        return loss;
      })(names.map((name) => params[name]!));
      const gradients = Object.fromEntries(names.map((name, at) => [name, grads[at]!]));
      const next = adamW(params, gradients, means, squares, scalars, OPTIONS);
      return { params: next.params, means: next.m, squares: next.v, loss };
    };
    this.#program = engine.compile('update', program as never) as never;
  }

  async update(data: ArraysOf<D>): Promise<void> {
    const started = performance.now();
    const numbers = adamWScalars(++this.#updates, LEARNING_RATE, OPTIONS);
    const scalars = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, scalar(value)]));
    const { weights: params } = this;
    const inputs = { params, means: this.#means, squares: this.#squares, scalars, data };
    const next = (await this.#program.run(inputs as never)) as unknown as ArraysOf<Outputs>;
    this.weights = next.params as Weights;
    this.#means = next.means as Weights;
    this.#squares = next.squares as Weights;
    this.milliseconds.push(performance.now() - started);
  }
}
