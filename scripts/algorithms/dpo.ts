import { mul, neg, reshape, softplus, sub, sum, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { floats, ints } from '../../src/engine/tree.ts';
import { preferencePairs } from '../../src/grpo/preference.ts';
import type { PlacesInResponses } from '../../src/model/network/positions.ts';
import { Scorer } from '../../src/model/network/scorer.ts';
import { Learner } from './learner.ts';
import { logProbs } from './log-probs.ts';
import type { Trained } from './main.ts';
import { engine, LENGTH, model, PROMPTS, placesOf, RESPONSES, start, type Task, TEMPERATURE, UPDATES } from './task.ts';

/** Pairs one after another, of each the better response first. */
type Data = { places: PlacesInResponses; ids: Tensor; reference: Tensor };

const BETA = 0.1;

/**
 * DPO (arXiv:2305.18290): −log σ(β · (how much more likely the better response has become than the worse one, compared with the reference)). The
 * pairs are the best and the worst response of each group. They are those of the start model, as in the paper, or `online` those of the policy.
 */
export async function trainDpo(task: Task, epochs: number, { online }: { online: boolean }): Promise<Trained> {
  const learner = new Learner<Data>(start, (params, data) => {
    const gains = reshape(sub(logProbs(params, data), data.reference), [-1, 2, LENGTH]);
    const ofResponses = sum(gains, 2); // [pairs, 2]
    const signs = reshape(tensor1d([1, -1]), [1, 2]);
    return softplus(neg(mul(sum(mul(ofResponses, signs), 1), BETA)));
  });
  const scorer = new Scorer(engine, model, TEMPERATURE);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const batch = await task.sample(online ? learner.weights : start, epoch);
    const promptOf = (row: number) => Math.floor(row / RESPONSES);
    const ranked = batch.rewards.map((reward, row) => ({ group: promptOf(row), reward, counts: true }));
    const rows = preferencePairs(ranked).flatMap(({ chosen, rejected }) => [chosen, rejected]);
    if (rows.length === 0) continue;
    const sequences = rows.map((row) => ({
      promptIds: PROMPTS[promptOf(row)]!,
      completionIds: batch.ids[row]!,
    }));
    const data = {
      places: placesOf(rows.map(promptOf)),
      ids: ints(rows.flatMap((row) => batch.ids[row]!)),
      reference: floats((await scorer.logProbs(start, sequences)).flat()),
    };
    for (let update = 0; update < UPDATES; update++) await learner.update(data);
  }
  return { weights: learner.weights, milliseconds: learner.milliseconds, trained: [learner.weights], reference: start };
}
