import type { EncodedPrompt } from '../data/prompts.ts';
import { uniforms } from '../data/random.ts';
import { mean } from '../grpo/statistics.ts';
import { Sampler } from '../model/generation/sampler.ts';
import type { Weights } from '../model/weights-tree.ts';
import { failedShare, scoreOf, totalRewards } from '../rewards/score-table.ts';
import type { PreparedRun } from './prepare.ts';
import { type Rollout, sampleRollout, scoreBatch } from './rollout.ts';
import { samplingOptions } from './sampling-options.ts';

export interface Evaluation {
  /** Mean of the weighted sums; null when no completion got a score. */
  reward: number | null;
  /** Mean of each function's scores. */
  rewards: Record<string, number | null>;
  /** Share of completions on which a reward function failed. */
  failed: number;
  /** Share of completions that were cut off. */
  clipped: number;
  /** Mean length of completions, in tokens. */
  length: number;
  prompts: number;
  /** Group by group. */
  completions: Rollout;
  /** Each completion's weighted sum of scores; null without any. */
  totals: (number | null)[];
}

/** Samples completions for held-out prompts as in training, always from the same random numbers, and scores them. */
export class Evaluator {
  readonly #run: PreparedRun;
  readonly #sampler: Sampler;

  constructor(run: PreparedRun) {
    this.#run = run;
    this.#sampler = new Sampler(run.engine, run.model, samplingOptions(run, run.config.numGenerationsEval));
  }

  async evaluate(weights: Weights, prompts: EncodedPrompt[]): Promise<Evaluation> {
    const { config, rewards } = this.#run;
    const rollout = await this.#sample(weights, prompts.slice(0, config.evalPrompts ?? prompts.length));
    const table = await rewards.score(scoreBatch(rollout));
    const totals = totalRewards(table);
    return {
      reward: mean(totals),
      rewards: Object.fromEntries(table.columns.map(({ name, outcomes }) => [name, mean(outcomes.map(scoreOf))])),
      failed: failedShare(table),
      clipped: rollout.filter(({ truncated }) => truncated).length / rollout.length,
      length: mean(rollout.map(({ ids }) => ids.length)) ?? 0,
      prompts: rollout.length / config.numGenerationsEval,
      completions: rollout,
      totals,
    };
  }

  /** In batches of one size, so that one compiled graph does; the last one is filled up with prompts whose answers are dropped. */
  async #sample(weights: Weights, prompts: EncodedPrompt[]): Promise<Rollout> {
    const { config, tokenizer } = this.#run;
    const { numGenerationsEval: group, maxCompletionLength } = config;
    const perBatch = Math.min(
      prompts.length,
      Math.max(1, Math.round((config.promptsPerStep * config.numGenerations) / group)),
    );
    const rollout: Rollout = [];
    for (let start = 0; start < prompts.length; start += perBatch) {
      const batch = Array.from({ length: perBatch }, (_, i) => prompts[start + i] ?? prompts.at(-1)!);
      const numbers = uniforms(config.seed, ['evaluation', start], maxCompletionLength * perBatch * group);
      const completions = await sampleRollout(this.#sampler, weights, tokenizer, batch, maxCompletionLength, numbers);
      const wanted = Math.min(perBatch, prompts.length - start) * group;
      rollout.push(...completions.slice(0, wanted).map((row) => ({ ...row, group: row.group + start })));
    }
    return rollout;
  }
}
