import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from '../../engine/engine.ts';
import type { ModelConfig } from '../config.ts';
import { packsWeights } from '../quantized.ts';
import type { Weights } from '../weights-tree.ts';
import { activationBytes, activationsAtOnce, givesUpGraphs } from './activations.ts';
import { layOutSequences, type Sequence } from './batch.ts';
import { completionFigures, type SequenceTensors } from './completion-logprobs.ts';
import { cutIntoParts } from './cut.ts';
import type { Parameters } from './decoder.ts';

type LogProbInputs = { params: Parameters; sequences: SequenceTensors };

/** Log-probabilities of given completions under any weights of one architecture. */
export class Scorer {
  readonly #config: ModelConfig;
  readonly #givesUpGraph: boolean;
  readonly #program: Compiled<LogProbInputs, { logProbs: Tensor2D }>;

  constructor(engine: Engine, config: ModelConfig, temperature: number) {
    const asked = { entropies: 'none', hits: false, gradients: false } as const;
    const program = ({ params, sequences }: LogProbInputs) => ({
      logProbs: completionFigures(params, config, sequences, temperature, asked).logProbs,
    });
    this.#config = config;
    this.#givesUpGraph = givesUpGraphs(config, engine);
    // Activations stay with a graph, and a run needs one only.
    this.#program = engine.compile('log-probabilities', program, {
      maxGraphs: 1,
      packsFrozen: packsWeights(config),
    });
  }

  /** One list per sequence, with one number per completion token. Each `group` sequences in a row share a prompt. */
  async logProbs(weights: Weights, sequences: readonly Sequence[], group = 1): Promise<number[][]> {
    const parts = cutIntoParts(sequences, group, {
      sequences: sequences.length,
      bytes: activationsAtOnce(this.#config, { forGradient: false }),
      bytesOf: (some, group) => activationBytes(this.#config, some, group, { forGradient: false }),
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
    if (this.#givesUpGraph) await this.#program.dispose();
    return sequences.map((sequence) => scored.get(sequence)!);
  }

  /** Frees the compiled graphs. */
  dispose(): Promise<void> {
    return this.#program.dispose();
  }
}
