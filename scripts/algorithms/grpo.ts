import type { Tensor } from '@tensorflow/tfjs-core';
import { floats, ints } from '../../src/engine/tree.ts';
import { mean, standardDeviation } from '../../src/grpo/statistics.ts';
import type { PlacesInResponses } from '../../src/model/network/positions.ts';
import { clippedLoss } from './clipped.ts';
import { Learner } from './learner.ts';
import { logProbs } from './log-probs.ts';
import type { Trained } from './main.ts';
import { LENGTH, placesOf, RESPONSES, start, type Task, UPDATES } from './task.ts';

type Data = { places: PlacesInResponses; ids: Tensor; old: Tensor; advantages: Tensor };

/** GRPO: a response's advantage is its reward relative to those of its group. */
export async function trainGrpo(task: Task, epochs: number): Promise<Trained> {
  const learner = new Learner<Data>(start, (params, data) =>
    clippedLoss(logProbs(params, data), data.old, data.advantages),
  );
  for (let epoch = 0; epoch < epochs; epoch++) {
    const batch = await task.sample(learner.weights, epoch);
    const advantages = batch.rewards.map((reward, row) => {
      const from = row - (row % RESPONSES);
      const group = batch.rewards.slice(from, from + RESPONSES);
      return (reward - mean(group)!) / (standardDeviation(group)! + 1e-4);
    });
    const data = {
      places: placesOf(batch.ids.map((_, row) => Math.floor(row / RESPONSES))),
      ids: ints(batch.ids.flat()),
      old: floats(batch.logProbs.flat()),
      advantages: floats(advantages.flatMap((advantage) => Array<number>(LENGTH).fill(advantage))),
    };
    for (let update = 0; update < UPDATES; update++) await learner.update(data);
  }
  return { weights: learner.weights, milliseconds: learner.milliseconds, trained: [learner.weights] };
}
