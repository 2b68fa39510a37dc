import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from '../engine/engine.ts';
import { type ArraysOf, floats, ints, type NdArray } from '../engine/tree.ts';
import { batchLengths, layOutSequences, padRight, type Sequence, type SequenceArrays } from './batch.ts';
import { completionLogits, completionLogProbs, type SequenceTensors } from './completion-logprobs.ts';
import { type ModelConfig, readModelConfig } from './config.ts';
import type { Parameters } from './decoder.ts';
import { type GenerateInputs, type GenerateOptions, type GenerateOutputs, generateProgram } from './generate.ts';
import { parameterCount } from './parameters.ts';
import { loadWeights } from './weights.ts';

/** A model's weights on the host, by their Hugging Face names. */
export type Weights = Record<string, NdArray>;

/**
 * Reads a Hugging Face folder or a .gguf file. Others get their turn between tensors; `onProgress` gets the share that is read, at most
 * twenty times.
 */
export async function readModel(
  model: string,
  onProgress: (share: number) => void = () => {},
): Promise<{ config: ModelConfig; weights: Weights }> {
  const config = readModelConfig(model);
  const total = parameterCount(config);
  const weights: Weights = {};
  let read = 0;
  for (const [name, { data, shape }] of loadWeights(model, config)) {
    weights[name] = floats(data, shape);
    const before = read;
    read += data.length;
    if (Math.floor((20 * read) / total) > Math.floor((20 * before) / total)) onProgress(read / total);
    await nextTurn();
  }
  return { config, weights };
}

/** One sampled completion. */
export interface Completion {
  /** Its end token included, where it has one. */
  ids: number[];
  /** Log-probability of each token when it was drawn. */
  logProbs: number[];
  /** It ran into the token limit before an end token. */
  truncated: boolean;
}

type LogProbInputs = { params: Parameters; sequences: SequenceTensors };

/** Log-probabilities of given completions under any weights of one architecture. */
export class Scorer {
  readonly #program: Compiled<LogProbInputs, { logProbs: Tensor2D }>;

  constructor(engine: Engine, config: ModelConfig, temperature: number) {
    this.#program = engine.compile('log-probabilities', ({ params, sequences }: LogProbInputs) => ({
      logProbs: completionLogProbs(completionLogits(params, config, sequences, temperature), sequences),
    }));
  }

  /** One list per sequence, with one number per completion token. */
  async logProbs(weights: Weights, sequences: readonly Sequence[]): Promise<number[][]> {
    const shape = { prompts: sequences.length, group: 1, ...batchLengths(sequences) };
    const arrays = layOutSequences(sequences, shape);
    const width = shape.completionLength;
    const logProbs = (await this.logProbsOf(weights, arrays)).data as Float32Array;
    return sequences.map(({ completionIds }, row) => [
      ...logProbs.subarray(row * width, row * width + completionIds.length),
    ]);
  }

  /** For sequences already laid out: [rows, completionLength], noise past a completion's end. */
  async logProbsOf(weights: Weights, sequences: SequenceArrays): Promise<NdArray> {
    return (await this.#program.run({ params: weights, sequences })).logProbs;
  }
}

/** Samples completions for prompts, a group for each. */
export class Sampler {
  readonly #program: Compiled<GenerateInputs, GenerateOutputs>;
  readonly #options: GenerateOptions;

  constructor(engine: Engine, config: ModelConfig, options: GenerateOptions) {
    this.#options = options;
    this.#program = engine.compile('generation', generateProgram(config, options));
  }

  /** `uniforms` has maxTokens · prompts · group numbers in [0, 1). Completions come group by group. */
  async sample(
    weights: Weights,
    prompts: readonly number[][],
    maxTokens: number,
    uniforms: Float32Array,
  ): Promise<Completion[]> {
    const rows = prompts.length * this.#options.group;
    const inputs: ArraysOf<GenerateInputs> = {
      params: weights,
      promptIds: padRight(prompts as number[][]),
      promptLengths: ints(prompts.map((prompt) => prompt.length)),
      uniforms: floats(uniforms, [maxTokens, rows]),
    };
    const { ids, logProbs } = await this.#program.run(inputs);
    const steps = ids.shape[0]!;
    return Array.from({ length: rows }, (_, row) => this.#completion(ids, logProbs, steps, rows, row));
  }

  /** One row of the step-by-step outputs, cut after its end token. */
  #completion(ids: NdArray, logProbs: NdArray, steps: number, rows: number, row: number): Completion {
    const completion: Completion = { ids: [], logProbs: [], truncated: true };
    for (let step = 0; step < steps && completion.truncated; step++) {
      const id = ids.data[step * rows + row]!;
      completion.ids.push(id);
      completion.logProbs.push(logProbs.data[step * rows + row]!);
      completion.truncated = !this.#options.eosTokenIds.includes(id);
    }
    return completion;
  }
}
