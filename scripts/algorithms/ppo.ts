import { add, matMul, mul, reshape, square, sub, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { type ArraysOf, floats, ints } from '../../src/engine/tree.ts';
import { mean, standardDeviation } from '../../src/grpo/statistics.ts';
import type { Parameters } from '../../src/model/network/decoder.ts';
import { type PlacesInResponses, responseStates } from '../../src/model/network/positions.ts';
import type { Weights } from '../../src/model/weights-tree.ts';
import { clippedLoss } from './clipped.ts';
import { Learner } from './learner.ts';
import { logProbs } from './log-probs.ts';
import type { Trained } from './main.ts';
import { engine, LENGTH, model, placesOf, RESPONSES, start, type Task, UPDATES } from './task.ts';

type Data = { places: PlacesInResponses; ids: Tensor; old: Tensor; advantages: Tensor; returns: Tensor };

const VALUE_COEF = 0.1;

/** The critic: a linear head on what the policy predicts a token from. Rewards to come, [tokens]. */
function values(params: Parameters, places: PlacesInResponses): Tensor {
  const states = responseStates(params, model, places);
  return reshape(add(matMul(states, params['value.weight'] as Tensor2D), params['value.bias']!), [states.shape[0]]);
}

const zeroHead = (): Weights => ({
  'value.weight': floats(new Float32Array(model.hiddenSize), [model.hiddenSize, 1]),
  'value.bias': floats([0]),
});

/**
 * PPO (arXiv:1707.06347) with a value head, without discount (γ = λ = 1): the only reward is the last, so a token's advantage is the reward minus the
 * value there. Advantages are whitened over the batch, as TRL does.
 */
export async function trainPpo(task: Task, epochs: number): Promise<Trained> {
  const learner = new Learner<Data>({ ...start, ...zeroHead() }, (params, data) => {
    const policy = clippedLoss(logProbs(params, data), data.old, data.advantages);
    return add(policy, mul(square(sub(values(params, data.places), data.returns)), VALUE_COEF / 2));
  });
  type Inputs = { params: Parameters; places: PlacesInResponses };
  const critic = engine.compile('values', ({ params, places }: Inputs) => ({ values: values(params, places) }));
  for (let epoch = 0; epoch < epochs; epoch++) {
    const batch = await task.sample(learner.weights, epoch);
    const places = placesOf(batch.ids.map((_, row) => Math.floor(row / RESPONSES)));
    const expected = [...(await critic.run({ params: learner.weights, places } as ArraysOf<Inputs>)).values.data];
    const returns = batch.rewards.flatMap((reward) => Array<number>(LENGTH).fill(reward));
    const raw = returns.map((reward, token) => reward - expected[token]!);
    const [center, deviation] = [mean(raw)!, standardDeviation(raw)!];
    const data = {
      places,
      ids: ints(batch.ids.flat()),
      old: floats(batch.logProbs.flat()),
      advantages: floats(raw.map((advantage) => (advantage - center) / (deviation + 1e-4))),
      returns: floats(returns),
    };
    for (let update = 0; update < UPDATES; update++) await learner.update(data);
  }
  return { weights: learner.weights, milliseconds: learner.milliseconds, trained: [learner.weights] };
}
