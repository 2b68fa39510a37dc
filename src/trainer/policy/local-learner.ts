import type { Experience } from '../../grpo/trajectory.ts';
import type { Sequence } from '../../model/network/batch.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Learner, PolicySampler, Progress, SamplingSettings, UpdateOptions, UpdateResult } from './learner.ts';
import { LocalSampler, type SampledRun } from './local-sampler.ts';
import { Policy, type StartWeights } from './policy.ts';
import { freshState, movePolicy } from './policy-state.ts';
import { supervisedGradientProgram } from './supervised-gradient.ts';

/** What is trained here. */
export interface TrainedRun extends SampledRun, StartWeights {
  config: RunConfig;
  /** It learns from demonstrations: by their cross-entropy in place of the GRPO loss. */
  supervised?: boolean | undefined;
}

/** What of a config is about groups of completions has no part in supervised fine-tuning: each demonstration is alone. */
const supervisedConfig = (config: RunConfig): RunConfig => ({
  ...config,
  ...{
    numGenerations: 1,
    numIterations: 1,
    numMiniBatches: 1,
    lossType: 'dapo',
    beta: 0,
    dpoCoef: 0,
    useAdaptiveEntropy: false,
  },
});

/** Trains a policy on an engine of this process. */
export class LocalLearner implements Learner {
  readonly policy: Policy;
  readonly #run: TrainedRun;
  readonly #all: boolean;
  /** By group size and settings: what one has compiled serves evaluations and steps alike. */
  readonly #samplers = new Map<string, LocalSampler>();

  /** `all`: updates compute completions without a gradient too, as when it is measured what a step takes. */
  constructor(run: TrainedRun, { all = false } = {}) {
    this.#run = run;
    this.#all = all;
    const { engine, model, config, supervised } = run;
    this.policy = supervised
      ? new Policy(engine, model, supervisedConfig(config), run, supervisedGradientProgram(model))
      : new Policy(engine, model, config, run);
  }

  get updates(): number {
    return this.policy.state.updates;
  }

  sampler(group: number, settings: SamplingSettings = this.#run.config): PolicySampler {
    const { temperature, topK, topP, minP, minCompletionLength } = settings;
    const key = JSON.stringify([group, temperature, topK, topP, minP, minCompletionLength]);
    const known = this.#samplers.get(key);
    if (known) return known;
    const run = { ...this.#run, config: settings };
    const sampler = new LocalSampler(run, group, this.#run.config.seed, () => this.policy.weights());
    this.#samplers.set(key, sampler);
    return sampler;
  }

  logProbs(completions: readonly Sequence[], group: number): Promise<number[][]> {
    return this.policy.logProbs(completions, group);
  }

  reference(completions: readonly Sequence[]): Promise<number[][] | undefined> {
    return this.policy.reference(completions);
  }

  update(rollout: readonly Experience[], options: UpdateOptions = {}): Promise<UpdateResult> {
    return this.policy.update(rollout, { ...options, all: this.#all });
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
    const { engine, model, config, supervised } = this.#run;
    const { policy, progress } = await readCheckpoint(folder, model, supervised ? supervisedConfig(config) : config);
    this.policy.restore(await movePolicy(policy, (weights: Weights) => engine.upload(weights)));
    return progress;
  }

  /**
   * Begins a stage with weights that an earlier one has trained, adapter or model: with a fresh optimizer, and with them as the reference. They
   * are the policy's from now on.
   */
  continueWith(weights: Weights): void {
    const reference = this.#run.config.beta === 0 || this.#run.supervised ? undefined : weights;
    this.policy.restore({ ...freshState(weights), syncedReference: reference });
  }

  /** Ends a stage: gives the weights that it has trained, and frees all else that is its own. */
  async handOver(): Promise<Weights> {
    const { weights } = this.policy.state;
    await Promise.all([...this.#samplers.values()].map((sampler) => sampler.dispose()));
    await this.policy.close();
    return weights;
  }
}
