import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from '../engine/engine.ts';
import type { NdArray } from '../engine/tree.ts';
import { compiledLength, layOutSequences, type Sequence, type SequenceArrays } from './batch.ts';
import { completionLogits, completionLogProbs, type SequenceTensors } from './completion-logprobs.ts';
import { type ModelConfig, readModelConfig } from './config.ts';
import type { Parameters } from './decoder.ts';
import { packedPlace } from './packing.ts';
import { parameterCount, parameterShapes } from './parameters.ts';
import { loadWeights } from './weights.ts';

/** A model's weights, on the host or a device, by their Hugging Face names but for those that `packing.ts` stacks. */
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
  const shapes = parameterShapes(config);
  const total = parameterCount(config);
  const weights: Weights = {};
  let read = 0;
  for (const [, { data }] of loadWeights(model, config, (name) => packedPlace(weights, shapes, name))) {
    const before = read;
    read += data.length;
    if (Math.floor((20 * read) / total) > Math.floor((20 * before) / total)) onProgress(read / total);
    await nextTurn();
  }
  return { config, weights };
}

type LogProbInputs = { params: Parameters; sequences: SequenceTensors };

/** Log-probabilities of given completions under any weights of one architecture. */
export class Scorer {
  readonly #engine: Engine;
  readonly #config: ModelConfig;
  readonly #program: Compiled<LogProbInputs, { logProbs: Tensor2D }>;

  constructor(engine: Engine, config: ModelConfig, temperature: number) {
    this.#engine = engine;
    const program = ({ params, sequences }: LogProbInputs) => ({
      logProbs: completionLogProbs(completionLogits(params, config, sequences, temperature), sequences),
    });
    this.#config = config;
    // Activations stay with a graph, and a rollout needs one only.
    this.#program = engine.compile('log-probabilities', program, { resident: ['logProbs'], maxGraphs: 1 });
  }

  /** One list per sequence, with one number per completion token. */
  async logProbs(weights: Weights, sequences: readonly Sequence[]): Promise<number[][]> {
    const width = compiledLength(sequences.map(({ completionIds }) => completionIds.length));
    const shape = { prompts: sequences.length, group: 1, completionLength: width };
    const arrays = layOutSequences(sequences, shape, this.#config);
    const onDevice = { logProbs: await this.logProbsOf(weights, arrays) };
    const logProbs = (await this.#engine.download(onDevice)).logProbs.data as Float32Array;
    this.#engine.release(onDevice);
    return sequences.map(({ completionIds }, row) => [
      ...logProbs.subarray(row * width, row * width + completionIds.length),
    ]);
  }

  /** For sequences already laid out: [rows, completionLength], noise past a completion's end. It stays on the device. */
  async logProbsOf(weights: Weights, sequences: SequenceArrays): Promise<NdArray> {
    return (await this.#program.run({ params: weights, sequences })).logProbs;
  }
}
