import { uniforms } from '../src/data/random.ts';
import type { Trajectory } from '../src/grpo/trajectory.ts';
import { type Completion, Sampler } from '../src/model/generation/sampler.ts';
import type { PolicySampler } from '../src/trainer/policy/learner.ts';
import { LocalLearner } from '../src/trainer/policy/local-learner.ts';
import type { PreparedRun } from '../src/trainer/prepare.ts';

/** The token that ends a completion here: the one that a draw of 0 takes, whatever its probability. */
const END = 0;
/** All other draws are from here to 0.9995, where that token is not drawn unless the model is all but certain of it. */
const TAIL = 0.999;

/**
 * A learner whose completions have given lengths. The sampler is the product's own, and what it computes costs the same: only the random
 * numbers that decide its draws are not random. (The texts are odd, therefore.)
 */
export class ForcedLengths extends LocalLearner {
  readonly #run: PreparedRun;
  readonly #lengths: readonly number[];

  constructor(run: PreparedRun, lengths: readonly number[]) {
    super(run);
    this.#run = run;
    this.#lengths = lengths;
  }

  override sampler(group: number): PolicySampler {
    const { engine, model, config } = this.#run;
    const { temperature, topK, topP, minP, seed } = config;
    const options = { group, eosTokenIds: [END], temperature, topK, topP, minP: minP ?? 0, minTokens: 0 };
    const sampler = new Sampler(engine, model, options);
    const sample: PolicySampler['sample'] = async (prompts, maxTokens, key, onEnd) => {
      const rows = this.#lengths.length;
      const draws = uniforms(seed, key, maxTokens * rows).map((u) => TAIL + 0.0005 * u);
      this.#lengths.forEach((length, row) => {
        draws[(length - 1) * rows + row] = 0;
      });
      const listeners = {
        onEnd: (row: number, completion: Completion) => onEnd?.(row, trajectoryOf(completion)),
      };
      const completions = await sampler.sample(await this.policy.weights(), prompts, maxTokens, draws, listeners);
      const other = completions.findIndex(({ ids }, row) => ids.length !== this.#lengths[row]);
      if (other >= 0) {
        const { length } = completions[other]!.ids;
        throw new Error(`Completion ${other} has ${length} tokens, not ${this.#lengths[other]}.`);
      }
      return completions.map(trajectoryOf);
    };
    return { group, sample };
  }
}

const trajectoryOf = ({ ids, truncated }: Completion): Trajectory => ({
  segments: [{ ids, trained: true }],
  truncated,
});
