import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from '../../engine/engine.ts';
import { floats, ints, leaveOpen } from '../../engine/tree.ts';
import type { ModelConfig } from '../config.ts';
import type { Parameters } from '../network/decoder.ts';
import { type PlacesInResponses, responseLogits } from '../network/positions.ts';
import { checkLogProb } from '../not-finite.ts';
import { checkPromptLength } from '../prompt-length.ts';
import type { Weights } from '../weights-tree.ts';
import type { GenerateOptions } from './ends.ts';
import type { Completion, CompletionSampler, SampleListeners } from './sampler.ts';
import { sampleToken } from './sampling.ts';

type Inputs = { params: Parameters; places: PlacesInResponses; uniforms: Tensor };
type Outputs = { ids: Tensor; logProbs: Tensor };

/**
 * Samples responses of a model whose tokens do not depend on one another: all are drawn in one run. A response has the length that the model
 * gives it and no end token; one that `maxTokens` cuts off is truncated.
 */
export class ResponseSampler implements CompletionSampler {
  readonly #config: ModelConfig;
  readonly #group: number;
  readonly #program: Compiled<Inputs, Outputs>;

  constructor(engine: Engine, config: ModelConfig, options: GenerateOptions) {
    this.#config = config;
    this.#group = options.group;
    const program = ({ params, places, uniforms }: Inputs): Outputs =>
      sampleToken(responseLogits(params, config, places), uniforms as Tensor1D, options);
    this.#program = engine.compile('responses', program);
  }

  dispose(): Promise<void> {
    return this.#program.dispose();
  }

  async sample(
    weights: Weights,
    prompts: readonly number[][],
    maxTokens: number,
    uniforms: Float32Array,
    { tokens, onEnd }: SampleListeners = {},
  ): Promise<Completion[]> {
    const { promptLength, responseLength } = this.#config.positions!;
    for (const { length } of prompts) checkPromptLength(this.#config, length);
    const length = Math.min(maxTokens, responseLength);
    const rows = prompts.length * this.#group;
    const draws = Array.from({ length: rows * length }, (_, draw) => ({
      row: Math.floor(draw / length),
      place: draw % length,
    }));
    const cells = draws.map(({ row, place }) => Math.floor(row / this.#group) * responseLength + place);
    const { ids, logProbs } = await this.#program.run({
      params: weights,
      places: {
        prompts: leaveOpen(ints(prompts.flat(), [prompts.length, promptLength]), ['prompts']),
        cells: leaveOpen(ints(cells), ['draws']),
      },
      uniforms: leaveOpen(floats(draws.map(({ row, place }) => uniforms[place * rows + row]!)), ['draws']),
    });
    const completions = Array.from({ length: rows }, (_, row): Completion => {
      const own = <T extends Float32Array | Int32Array>(data: T) => [
        ...data.subarray(row * length, (row + 1) * length),
      ];
      return {
        ids: own(ids.data as Int32Array),
        logProbs: own(logProbs.data as Float32Array),
        truncated: length < responseLength,
      };
    });
    for (const [row, completion] of completions.entries()) {
      const { ids, logProbs } = completion;
      logProbs.forEach(checkLogProb);
      for (const id of ids) tokens?.onToken(row, id);
      onEnd?.(row, completion);
    }
    return completions;
  }
}
