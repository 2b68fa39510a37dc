import { div, mul, neg, type Scalar, sum, type Tensor, type Tensor2D, valueAndGrads } from '@tensorflow/tfjs-core';
import { integers } from '../../src/data/random.ts';
import type { Engine } from '../../src/engine/engine.ts';
import {
  type AdamWOptions,
  type AdamWScalars,
  adamW,
  adamWScalars,
  clipByGlobalNorm,
} from '../../src/engine/optimizer.ts';
import { floats, leaveOpen, scalar } from '../../src/engine/tree.ts';
import { learningRate } from '../../src/grpo/schedule.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { layOutSequences, longestCompletion, ROWS, type Sequence } from '../../src/model/network/batch.ts';
import {
  completionLogits,
  completionLogProbs,
  type SequenceTensors,
} from '../../src/model/network/completion-logprobs.ts';
import type { Parameters } from '../../src/model/network/decoder.ts';
import { Packing } from '../../src/model/packing.ts';
import { parameterShapes } from '../../src/model/parameters.ts';
import { decaysWeight } from '../../src/model/weight-decay.ts';
import type { Weights } from '../../src/model/weights-tree.ts';

type StepInputs = {
  params: Parameters;
  means: Parameters;
  squares: Parameters;
  sequences: SequenceTensors;
  mask: Tensor;
  scalars: AdamWScalars;
};
type StepOutputs = { params: Parameters; means: Parameters; squares: Parameters; loss: Tensor };

const OPTIMIZER: AdamWOptions = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, decays: decaysWeight };

/** Teaches a fresh model to continue prompts as `batchOf(step)` demonstrates; cross-entropy on the completions. */
export async function trainOnDemonstrations(
  engine: Engine,
  config: ModelConfig,
  options: { steps: number; learningRate: number; seed: number; batchOf(step: number): Sequence[] },
): Promise<Weights> {
  const program = engine.compile('supervised step', supervisedStep(config));
  let params = freshWeights(config, options.seed);
  let means = zeros(params);
  let squares = zeros(params);
  for (let step = 0; step < options.steps; step++) {
    const batch = options.batchOf(step);
    const width = longestCompletion(batch);
    const mask = new Float32Array(batch.length * width);
    batch.forEach(({ completionIds }, row) => {
      mask.fill(1, row * width, row * width + completionIds.length);
    });
    const rate = learningRate(step, {
      learningRate: options.learningRate,
      lrSchedulerType: 'cosine',
      warmupSteps: 100,
      totalSteps: options.steps,
    });
    const { learningRate: lr, biasCorrection1, biasCorrection2 } = adamWScalars(step + 1, rate, OPTIMIZER);
    const result = await program.run({
      params,
      means,
      squares,
      sequences: layOutSequences(batch, 1, config),
      mask: leaveOpen(floats(mask, [batch.length, width]), [ROWS, 'longestCompletion']),
      scalars: {
        learningRate: scalar(lr),
        biasCorrection1: scalar(biasCorrection1),
        biasCorrection2: scalar(biasCorrection2),
      },
    });
    ({ params, means, squares } = result);
    if ((step + 1) % 100 === 0)
      console.log(`step ${step + 1}/${options.steps}  loss ${result.loss.data[0]!.toFixed(4)}`);
  }
  await program.dispose();
  return params;
}

function supervisedStep(config: ModelConfig) {
  return ({ params, means, squares, sequences, mask, scalars }: StepInputs): StepOutputs => {
    const names = Object.keys(params);
    const lossOf = (...tensors: Tensor[]): Scalar => {
      const current = Object.fromEntries(tensors.map((tensor, index) => [names[index]!, tensor]));
      const logProbs = completionLogProbs(completionLogits(current, config, sequences, 1), sequences);
      return neg(div(sum(mul(logProbs, mask as Tensor2D)), sum(mask))) as Scalar;
    };
    const { value: loss, grads } = valueAndGrads(lossOf)(names.map((name) => params[name]!));
    const gradients = Object.fromEntries(names.map((name, index) => [name, grads[index]!]));
    const next = adamW(params, clipByGlobalNorm(gradients, 1).grads, means, squares, scalars, OPTIMIZER);
    return { params: next.params, means: next.m, squares: next.v, loss };
  };
}

/** Norms start at 1, matrices at a normal distribution of deviation 0.02 as in transformers. */
function freshWeights(config: ModelConfig, seed: number): Weights {
  const packing = new Packing(config);
  const weights: Weights = {};
  for (const [name, shape] of parameterShapes(config)) {
    const values = packing.placeIn(weights, name);
    if (shape.length === 1) values.fill(1);
    else values.set(normals(seed, name, values.length).map((x) => 0.02 * x));
  }
  return weights;
}

/** Standard normal numbers, by Box and Muller's transform. */
function normals(seed: number, name: string, count: number): Float32Array {
  const next = integers(seed, ['weights', name]);
  const uniform = () => (next() + 1) / 2 ** 32;
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

const zeros = (weights: Weights): Weights =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => [name, floats(new Float32Array(data.length), shape)]),
  );
