import type { Experience } from '../../grpo/trajectory.ts';
import type { Sequence } from '../../model/network/batch.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Learner, PolicySampler, Progress, UpdateResult } from './learner.ts';
import { LocalSampler, type SampledRun } from './local-sampler.ts';
import { Policy, type StartWeights } from './policy.ts';
import { movePolicy } from './policy-state.ts';

/** What is trained here. */
export interface TrainedRun extends SampledRun, StartWeights {
  config: RunConfig;
}

/** Trains a policy on an engine of this process. */
export class LocalLearner implements Learner {
  readonly policy: Policy;
  readonly #run: TrainedRun;
  /** By group size: what one has compiled serves evaluations and steps alike. */
  readonly #samplers = new Map<number, PolicySampler>();

  constructor(run: TrainedRun) {
    this.#run = run;
    this.policy = new Policy(run.engine, run.model, run.config, run);
  }

  get updates(): number {
    return this.policy.state.updates;
  }

  sampler(group: number): PolicySampler {
    const known = this.#samplers.get(group);
    if (known) return known;
    const sampler = new LocalSampler(this.#run, group, this.#run.config.seed, () => this.policy.weights());
    this.#samplers.set(group, sampler);
    return sampler;
  }

  logProbs(completions: readonly Sequence[], group: number): Promise<number[][]> {
    return this.policy.logProbs(completions, group);
  }

  update(rollout: readonly Experience[]): Promise<UpdateResult> {
    return this.policy.update(rollout);
  }

  syncReference(): Promise<void> {
    return this.policy.syncReference();
  }

  async save(folder: string, progress: Progress): Promise<void> {
    const { engine, model, config } = this.#run;
    const policy = await movePolicy(this.policy.state, (weights: Weights) => engine.download(weights));
    await writeCheckpoint(folder, model, config, policy, progress);
  }

  async restore(folder: string): Promise<Progress> {
    const { engine, model } = this.#run;
    const { policy, state } = await readCheckpoint(folder, model);
    this.policy.restore(await movePolicy(policy, (weights: Weights) => engine.upload(weights)));
    return { step: state.step, numTokens: state.numTokens };
  }
}
