/** The lecture's task for all algorithms alike: three prompts to sort, its network, and its rewards with partial credit at each position. */
import { uniforms } from '../../src/data/random.ts';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { type ArraysOf, ints } from '../../src/engine/tree.ts';
import { readModel } from '../../src/model/files/read-model.ts';
import { createSampler } from '../../src/model/generation/create-sampler.ts';
import type { CompletionSampler } from '../../src/model/generation/sampler.ts';
import type { PlacesInResponses } from '../../src/model/network/positions.ts';
import type { Weights } from '../../src/model/weights-tree.ts';

export const PROMPTS = [
  [1, 0, 2],
  [3, 2, 4],
  [1, 2, 3],
];
export const LENGTH = 3;
/** Responses per prompt, and updates for each batch of them. */
export const [RESPONSES, UPDATES] = [10, 10];
/** Of sampling and of losses: the start is too sure of its answers to explore at 1. */
export const TEMPERATURE = 8;

export const engine = new OnnxEngine('cpu');
export const { config: model, weights: start } = await readModel('sample-workspace/lecture/model');

/** Responses to all prompts, group by group, under the policy that sampled them. */
export interface Batch {
  ids: number[][];
  logProbs: number[][];
  rewards: number[];
}

/** How many positions have the digit that the sorted prompt has there, as `distance` of the sample's rewards. */
const rewardOf = (response: readonly number[], row: number): number => {
  const sorted = PROMPTS[Math.floor(row / RESPONSES)]!.toSorted();
  return sorted.filter((digit, at) => response[at] === digit).length;
};

export class Task {
  /** How many responses were drawn to learn from. */
  drawn = 0;
  readonly #seed: number;
  readonly #sampler: CompletionSampler;

  constructor(seed: number) {
    this.#seed = seed;
    const options = { temperature: TEMPERATURE, topK: 0, topP: 1, minP: 0, minTokens: 0, eosTokenIds: [] };
    this.#sampler = createSampler(engine, model, { ...options, group: RESPONSES });
  }

  async sample(weights: Weights, epoch: number): Promise<Batch> {
    const draws = uniforms(this.#seed, ['epoch', epoch], LENGTH * PROMPTS.length * RESPONSES);
    const completions = await this.#sampler.sample(weights, PROMPTS, LENGTH, draws);
    this.drawn += completions.length;
    const ids = completions.map((completion) => completion.ids);
    return { ids, logProbs: completions.map(({ logProbs }) => logProbs), rewards: ids.map(rewardOf) };
  }
}

/** Where the tokens of some responses are, given the prompt of each. */
export function placesOf(prompts: readonly number[]): ArraysOf<PlacesInResponses> {
  const cells = prompts.flatMap((prompt) => Array.from({ length: LENGTH }, (_, place) => prompt * LENGTH + place));
  return { prompts: ints(PROMPTS.flat(), [PROMPTS.length, LENGTH]), cells: ints(cells) };
}
