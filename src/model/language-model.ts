import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from '../engine/engine.ts';
import { type ModelConfig, readModelConfig } from './config.ts';
import { loadWeights } from './files/weights.ts';
import { activationBytes } from './network/activations.ts';
import { layOutSequences, type Sequence } from './network/batch.ts';
import { completionLogits, completionLogProbs, type SequenceTensors } from './network/completion-logprobs.ts';
import { cutIntoParts } from './network/cut.ts';
import type { Parameters } from './network/decoder.ts';
import { packedPlace } from './network/packing.ts';
import { parameterCount, parameterShapes } from './network/parameters.ts';
import type { Weights } from './weights-tree.ts';

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

/** What the activations of sequences that are scored together may take. */
const ACTIVATION_BYTES = 2 ** 30;

/** Log-probabilities of given completions under any weights of one architecture. */
export class Scorer {
  readonly #config: ModelConfig;
  readonly #program: Compiled<LogProbInputs, { logProbs: Tensor2D }>;

  constructor(engine: Engine, config: ModelConfig, temperature: number) {
    const program = ({ params, sequences }: LogProbInputs) => ({
      logProbs: completionLogProbs(completionLogits(params, config, sequences, temperature), sequences),
    });
    this.#config = config;
    // Activations stay with a graph, and a run needs one only.
    this.#program = engine.compile('log-probabilities', program, { maxGraphs: 1 });
  }

  /** One list per sequence, with one number per completion token. Each `group` sequences in a row share a prompt. */
  async logProbs(weights: Weights, sequences: readonly Sequence[], group = 1): Promise<number[][]> {
    const parts = cutIntoParts(sequences, group, {
      sequences: sequences.length,
      bytes: ACTIVATION_BYTES,
      // Without a gradient to come, a layer's are given up for the next one's.
      bytesOf: (some, group) => activationBytes(this.#config, some, group, 1),
    });
    const scored = new Map<Sequence, number[]>();
    for (const part of parts) {
      const arrays = layOutSequences(part.sequences, part.group, this.#config);
      const { data, shape } = (await this.#program.run({ params: weights, sequences: arrays })).logProbs;
      part.sequences.forEach((sequence, row) => {
        const start = row * shape[1]!;
        scored.set(sequence, [...data.subarray(start, start + sequence.completionIds.length)]);
      });
    }
    return sequences.map((sequence) => scored.get(sequence)!);
  }
}
