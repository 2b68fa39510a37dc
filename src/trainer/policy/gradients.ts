import type { Compiled, Engine, Program } from '../../engine/engine.ts';
import { leaveOpen, type NdArray, scalar } from '../../engine/tree.ts';
import { sumsLike, Zeros } from '../../engine/zeros.ts';
import type { SumsAsNumbers } from '../../grpo/metrics.ts';
import type { ModelConfig } from '../../model/config.ts';
import { ROWS } from '../../model/network/batch.ts';
import { inChunks } from '../../model/network/word-rows.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { TokenFigures } from './learner.ts';
import type { MicroBatch } from './micro-batches.ts';
import type { GradientInputs, GradientOutputs } from './policy-update.ts';
import type { PreferencePass } from './preferences.ts';
import { tokenFigures } from './token-figures.ts';

/** The weights that a pass over a rollout takes the gradient of. */
export interface PassWeights {
  /** As updates change them; their gradients have the same names and shapes. */
  trained: Weights;
  /** The same, as programs compute with them. */
  params: Weights;
  /** The others. */
  frozen: Weights | undefined;
}

/** Of all completions that an update learns from, also those without a gradient. */
export interface BatchTotals {
  rows: number;
  /** Those that count in the loss. */
  tokens: number;
  /** Of the rollout's updates on average, where there are several mini-batches. */
  averageTokens?: number | undefined;
}

/** What the loss is multiplied with before gradients are taken in float16. */
export type Scaling = { loss: NdArray };

/** One pass over a rollout, or over a mini-batch of it, a micro-batch at a time: the loss and its gradient. */
export class Gradients {
  readonly #engine: Engine;
  readonly #model: ModelConfig;
  readonly #program: Compiled<GradientInputs, GradientOutputs>;
  readonly #zeros: Zeros;

  constructor(engine: Engine, model: ModelConfig, program: Program<GradientInputs, GradientOutputs>) {
    this.#engine = engine;
    this.#model = model;
    this.#program = engine.compile('gradient', program, {
      resident: ['gradients', 'logProbs'],
      // That of a rollout's first pass and that of later ones: activations take gigabytes of a large model, and stay with a graph.
      maxGraphs: 2,
    });
    this.#zeros = new Zeros(engine);
  }

  /**
   * The loss of all micro-batches of an update, and its gradient, which the caller releases; on the CPU it is `inChunks`. Adds its sums to those of the
   * updates before, `sums`, puts the figures of each completion's tokens into `tokens`, at its place, and keeps in each batch the policy's
   * log-probabilities of the first pass, where it has none of the policy that sampled.
   */
  async of(
    { trained, params, frozen }: PassWeights,
    batches: MicroBatch[],
    {
      totals: { rows, tokens: counted, averageTokens },
      sums,
      tokens,
      preference,
      bonus,
      scaling,
    }: {
      totals: BatchTotals;
      sums: Record<string, number>;
      tokens?: (TokenFigures | undefined)[] | undefined;
      preference?: PreferencePass | undefined;
      bonus?: { coef: NdArray } | undefined;
      scaling?: Scaling;
    },
  ): Promise<{ gradients: Weights; loss: number; sums: SumsAsNumbers }> {
    const totals = { rows: scalar(rows), tokens: scalar(counted) };
    const average = averageTokens === undefined ? undefined : { tokens: scalar(averageTokens) };
    const onHost = this.#engine.name === 'cpu';
    const weights = onHost ? inChunks(params, this.#model) : params;
    let gradients = onHost ? sumsLike(weights) : await this.#zeros.like(trained);
    const into = onHost ? { gradients } : {};
    let loss = preference?.loss ?? 0;
    const own: Record<string, number> = {};
    for (const batch of batches) {
      const { sequences, mask, advantages, old, sampled, reference } = batch;
      const inputs = {
        ...{ params: weights, sequences, mask, advantages, totals, accumulated: gradients },
        ...(frozen && { frozen }),
        ...(average && { average }),
        ...(old && { old }),
        ...(sampled && { sampled }),
        ...(reference && { reference }),
        ...(preference && { preference: preference.slopesOf(batch) }),
        ...(bonus && { bonus }),
        ...(scaling && { scaling }),
      };
      const result = await this.#program.run(inputs, into);
      if (tokens)
        for (const [index, figures] of (await tokenFigures(this.#engine, batch, result, old?.logProbs)).entries())
          tokens[batch.rows[index]!] = figures;
      if (batch.old) this.#engine.release({ again: result.logProbs });
      else batch.old = { logProbs: leaveOpen(result.logProbs, [ROWS, 'longestCompletion']) };
      if (!onHost) this.#engine.release(gradients);
      gradients = result.gradients;
      loss += result.loss.data[0]!;
      for (const [name, value] of Object.entries(result.sums))
        for (const to of [own, sums]) to[name] = (to[name] ?? 0) + value.data[0]!;
    }
    return { gradients, loss, sums: own };
  }

  dispose(): Promise<void> {
    return this.#program.dispose();
  }
}
