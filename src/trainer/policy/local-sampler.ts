import { type StreamKey, uniforms } from '../../data/random.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Trajectory } from '../../grpo/trajectory.ts';
import type { ModelConfig } from '../../model/config.ts';
import { createSampler } from '../../model/generation/create-sampler.ts';
import type { Completion, CompletionSampler } from '../../model/generation/sampler.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { PolicySampler, SamplingSettings } from './learner.ts';

/** What a run samples with. */
export interface SampledRun {
  engine: Engine;
  model: ModelConfig;
  config: SamplingSettings;
  /** Any of these ends a completion. */
  eosTokenIds: number[];
}

/** Samples `group` completions per prompt as a run config says. `seed` and a call's key decide every draw. */
export class LocalSampler implements PolicySampler {
  readonly group: number;
  readonly #sampler: CompletionSampler;
  readonly #seed: number;
  readonly #weights: () => Promise<Weights>;

  /** `weights` gives those to sample with, at each call. */
  constructor(run: SampledRun, group: number, seed: number, weights: () => Promise<Weights>) {
    const { temperature, topK, topP, minP, minCompletionLength } = run.config;
    const { eosTokenIds } = run;
    const options = { group, eosTokenIds, temperature, topK, topP, minP: minP ?? 0, minTokens: minCompletionLength };
    this.#sampler = createSampler(run.engine, run.model, options);
    this.group = group;
    this.#seed = seed;
    this.#weights = weights;
  }

  async sample(
    prompts: readonly number[][],
    maxTokens: number,
    key: StreamKey,
    onEnd?: (index: number, trajectory: Trajectory) => void,
  ): Promise<Trajectory[]> {
    const draws = uniforms(this.#seed, key, maxTokens * prompts.length * this.group);
    const listeners = onEnd && {
      onEnd: (index: number, completion: Completion) => onEnd(index, trajectoryOf(completion)),
    };
    const completions = await this.#sampler.sample(await this.#weights(), prompts, maxTokens, draws, listeners);
    return completions.map(trajectoryOf);
  }

  /** Frees the compiled graphs. */
  dispose(): Promise<void> {
    return this.#sampler.dispose();
  }
}

const trajectoryOf = ({ ids, logProbs, truncated }: Completion): Trajectory => ({
  segments: [{ ids, trained: true, logProbs }],
  truncated,
});
