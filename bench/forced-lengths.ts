import { promptOrder } from '../src/data/prompt-order.ts';
import { uniforms } from '../src/data/random.ts';
import { Sampler } from '../src/model/generation/sampler.ts';
import { Learner } from '../src/trainer/learner.ts';
import type { PreparedRun } from '../src/trainer/prepare.ts';
import { type Rollout, sampleRollout } from '../src/trainer/rollout.ts';
import { samplingOptions } from '../src/trainer/sampling-options.ts';

/** The token that ends a completion here: the one that a draw of 0 takes, whatever its probability. */
const END = 0;
/** All other draws are from here to 0.9995, where that token is not drawn unless the model is all but certain of it. */
const TAIL = 0.999;

/**
 * A learner whose completions have given lengths. The sampler is the product's own, and what it computes costs the same: only the random
 * numbers that decide its draws are not random. (The texts are odd, therefore.)
 */
export class ForcedLengths extends Learner {
  readonly #run: PreparedRun;
  readonly #lengths: readonly number[];
  readonly #sampler: Sampler;

  constructor(run: PreparedRun, lengths: readonly number[]) {
    super(run);
    this.#run = run;
    this.#lengths = lengths;
    const options = { ...samplingOptions(run, run.config.numGenerations), eosTokenIds: [END], minTokens: 0 };
    this.#sampler = new Sampler(run.engine, run.model, options);
  }

  override async rollout(step: number): Promise<Rollout> {
    const { prompts, tokenizer, config } = this.#run;
    const { seed, promptsPerStep, shuffleDataset: shuffle, maxCompletionLength } = config;
    const order = promptOrder({ seed, rows: prompts.length, promptsPerStep, shuffle });
    const chosen = order(step).map((row) => prompts[row]!);
    const rows = this.#lengths.length;
    const draws = uniforms(seed, ['rollout', step], maxCompletionLength * rows).map((u) => TAIL + 0.0005 * u);
    this.#lengths.forEach((length, row) => {
      draws[(length - 1) * rows + row] = 0;
    });
    const weights = await this.policy.weights();
    const rollout = await sampleRollout(this.#sampler, weights, tokenizer, chosen, maxCompletionLength, draws);
    const other = rollout.findIndex(({ ids }, row) => ids.length !== this.#lengths[row]);
    if (other >= 0)
      throw new Error(`Completion ${other} has ${rollout[other]!.ids.length} tokens, not ${this.#lengths[other]}.`);
    return rollout;
  }
}
