import type { StreamKey } from '../../data/random.ts';
import type { Metrics } from '../../grpo/metrics.ts';
import type { Experience, Trajectory } from '../../grpo/trajectory.ts';
import type { RunConfig } from '../../protocol/run-config.ts';

/**
 * What a stage needs of the policy that it trains: numbers and token ids, no tensors. `LocalLearner` computes in this process; one that
 * trains elsewhere can do the same.
 */
export interface Learner {
  /** Optimizer updates so far. */
  readonly updates: number;
  /** Samples `group` completions for each prompt, with the policy as it is at each call; as the run's config says, unless `settings` do. */
  sampler(group: number, settings?: SamplingSettings): PolicySampler;
  /**
   * Log-probability, in nats, of each token of the completions under the policy as it is now. Each `group` completions in a row have the
   * same prompt.
   */
  logProbs(completions: readonly Pick<Experience, 'promptIds' | 'completionIds'>[], group: number): Promise<number[][]>;
  /**
   * The same under the reference policy, groups of the run's size; undefined where the loss asks for none. `update` takes them, or computes them
   * itself: they are there earlier where completions wait for their rewards.
   */
  reference(completions: readonly Pick<Experience, 'promptIds' | 'completionIds'>[]): Promise<number[][] | undefined>;
  /** Moves the policy by a rollout, whole groups one after another. Throws Diverged before numbers that are not finite are applied. */
  update(rollout: readonly Experience[], options?: UpdateOptions): Promise<UpdateResult>;
  /** Makes the policy as it is now the reference, or moves the reference towards it as `refModelMixupAlpha` says. */
  syncReference(): Promise<void>;
  /** Fills an empty folder with the model, and with what it takes to continue training from there. */
  save(folder: string, progress: Progress): Promise<void>;
  /** Continues from such a folder. Throws BadInput when it is not one, or of another model. */
  restore(folder: string): Promise<Progress>;
}

/** How a rollout is learned from. */
export interface UpdateOptions {
  /** Which of its completions each update of a pass learns from, all of them once; undefined: a pass is one update. */
  miniBatches?: readonly number[][] | undefined;
  /** Of each of its completions, as `reference` gave them in this step. */
  reference?: readonly number[][] | undefined;
}

/** How completions are drawn. */
export type SamplingSettings = Pick<RunConfig, 'temperature' | 'topK' | 'topP' | 'minP' | 'minCompletionLength'>;

export interface PolicySampler {
  /** Completions for each prompt. */
  readonly group: number;
  /**
   * Trajectories of at most `maxTokens` tokens, group by group. The same policy, prompts and `key` give the same ones. `onEnd` hears of each
   * as soon as it has ended. Throws NotFiniteModel where the policy computes NaN.
   */
  sample(
    prompts: readonly number[][],
    maxTokens: number,
    key: StreamKey,
    onEnd?: (index: number, trajectory: Trajectory) => void,
  ): Promise<Trajectory[]>;
}

/** How far a training is. */
export interface Progress {
  /** Finished steps. */
  step: number;
  /** Tokens of prompts and completions so far, TRL's `num_tokens`. */
  numTokens: number;
  /** The name of the stage that took the last one, in a run of several. */
  stage?: string | undefined;
}

/** What a pass over a rollout computes of each token of a completion. */
export interface TokenFigures {
  /** Entropy of the policy's next-token distribution, in nats. */
  entropies: Float32Array;
  /** ρ, how much more likely the token has become since it was sampled; undefined where the policy has not moved since: all are 1. */
  ratios?: Float32Array | undefined;
  /** 1 on the tokens that learn; undefined where all do. */
  learns?: Uint8Array | undefined;
  /** k3 estimate of KL(policy ‖ reference), in nats; undefined without a reference. */
  kl?: Float32Array | undefined;
  /** How much the completion counts; undefined where it was sampled in this step, and counts as 1. */
  weight?: number | undefined;
}

/** What the updates of one step came to. */
export interface UpdateResult {
  /** Of each completion at the last pass, in the rollout's order; undefined for those without a gradient, which are not computed. */
  tokens?: (TokenFigures | undefined)[];
  /** TRL's keys: loss, grad_norm, learning_rate, entropy, kl, clip_ratio/...; over the step's updates, and the completions in them. */
  metrics: Metrics;
  /** Updates that were skipped because their gradients overflowed float16, and the scale of the loss from now on. */
  overflow?: { skipped: number; lossScale: number };
  seconds: { reference: number; update: number };
}
