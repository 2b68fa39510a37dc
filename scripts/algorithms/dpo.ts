import { mul, neg, reshape, softplus, sub, sum, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import { floats, ints } from '../../src/engine/tree.ts';
import type { PlacesInResponses } from '../../src/model/network/positions.ts';
import { Scorer } from '../../src/model/network/scorer.ts';
import { Learner } from './learner.ts';
import { logProbs } from './log-probs.ts';
import type { Trained } from './main.ts';
import {
  type Batch,
  engine,
  LENGTH,
  model,
  PROMPTS,
  placesOf,
  RESPONSES,
  start,
  type Task,
  TEMPERATURE,
  UPDATES,
} from './task.ts';

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
    const chosen = PROMPTS.flatMap((_, prompt) => pairOf(batch, prompt));
    if (chosen.length === 0) continue;
    const promptOf = (row: number) => Math.floor(row / RESPONSES);
    const sequences = chosen.map((row) => ({
      promptIds: PROMPTS[promptOf(row)]!,
      completionIds: batch.ids[row]!,
    }));
    const data = {
      places: placesOf(chosen.map(promptOf)),
      ids: ints(chosen.flatMap((row) => batch.ids[row]!)),
      reference: floats((await scorer.logProbs(start, sequences)).flat()),
    };
    for (let update = 0; update < UPDATES; update++) await learner.update(data);
  }
  return { weights: learner.weights, seconds: learner.seconds, trained: [learner.weights], reference: start };
}

/** The rows of the best and the worst response to a prompt; none where all are equally good. */
function pairOf({ rewards }: Batch, prompt: number): number[] {
  const from = prompt * RESPONSES;
  const group = rewards.slice(from, from + RESPONSES);
  const [best, worst] = [group.indexOf(Math.max(...group)), group.indexOf(Math.min(...group))];
  return group[best] === group[worst] ? [] : [from + best, from + worst];
}
