import { type PromptOrder, promptOrder } from '../data/prompt-order.ts';
import { uniforms } from '../data/random.ts';
import type { Credit } from '../grpo/credit.ts';
import { Sampler } from '../model/generation/sampler.ts';
import type { ScoreTable } from '../protocol/rewards.ts';
import { creditOf } from './credit.ts';
import { Policy, type UpdateResult } from './policy/policy.ts';
import type { PolicyState } from './policy/policy-state.ts';
import type { PreparedRun } from './prepare.ts';
import { type Rollout, sampleRollout, scoreBatch } from './rollout.ts';
import { samplingOptions } from './sampling-options.ts';

/** The three movements of a GRPO step; steps count from 1, and each depends on nothing but its number and the policy. */
export class Learner {
  readonly policy: Policy;
  readonly #run: PreparedRun;
  readonly #sampler: Sampler;
  readonly #promptsOf: PromptOrder;

  constructor(run: PreparedRun, state?: PolicyState) {
    const { config, engine, model } = run;
    const { seed, promptsPerStep, shuffleDataset: shuffle } = config;
    this.#run = run;
    this.policy = new Policy(engine, model, config, run, state);
    this.#sampler = new Sampler(engine, model, samplingOptions(run, config.numGenerations));
    this.#promptsOf = promptOrder({ seed, rows: run.prompts.length, promptsPerStep, shuffle });
  }

  /** A group of completions for each of the step's prompts, sampled or as recorded. */
  async rollout(step: number): Promise<Rollout> {
    const { config, prompts, tokenizer, recorded } = this.#run;
    if (recorded) return recorded[step - 1]!.rollout;
    const { seed, promptsPerStep, numGenerations, maxCompletionLength } = config;
    const draws = uniforms(seed, ['rollout', step], maxCompletionLength * promptsPerStep * numGenerations);
    const chosen = this.#promptsOf(step).map((row) => prompts[row]!);
    return sampleRollout(this.#sampler, await this.policy.weights(), tokenizer, chosen, maxCompletionLength, draws);
  }

  /** What the reward functions say of each completion, or said when it was recorded. */
  async score(rollout: Rollout, step: number): Promise<ScoreTable> {
    const { config, rewards, recorded } = this.#run;
    const trainerState = { globalStep: step - 1, maxSteps: config.maxSteps };
    return recorded?.[step - 1]?.scores ?? (await rewards.score(scoreBatch(rollout, trainerState)));
  }

  /** Compares each completion with its group. */
  credit(rollout: Rollout, table: ScoreTable): Credit {
    const { config, tokenizer } = this.#run;
    return creditOf(rollout, table, config.numGenerations, config, tokenizer);
  }

  /** Moves the policy towards the completions that did better than their group. */
  async update(rollout: Rollout, { advantages, byPosition }: Credit, step: number): Promise<UpdateResult> {
    const { maskTruncatedCompletions, syncRefModel, refModelSyncSteps } = this.#run.config;
    const experiences = rollout.map(({ prompt, ids, truncated }, row) => ({
      promptIds: prompt.ids,
      completionIds: ids,
      advantage: byPosition?.[row] ?? advantages[row]!,
      masked: truncated && maskTruncatedCompletions,
    }));
    const result = await this.policy.update(experiences);
    if (syncRefModel && step % refModelSyncSteps === 0) this.policy.syncReference();
    return result;
  }
}
