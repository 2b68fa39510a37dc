import type { Compiled, Engine, Program } from '../../engine/engine.ts';
import { type NdArray, scalar } from '../../engine/tree.ts';
import type { Metrics } from '../../grpo/metrics.ts';
import type { Experience } from '../../grpo/trajectory.ts';
import type { ModelConfig } from '../../model/config.ts';
import { givesUpGraphs } from '../../model/network/activations.ts';
import type { Sequence } from '../../model/network/batch.ts';
import { Scorer } from '../../model/network/scorer.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { AdamWSteps } from './adamw-steps.ts';
import { ComputeCopies } from './compute-copies.ts';
import { checkUpdate, checkWeights, largest } from './diverged.ts';
import { entropyBonus, withEntropyOf } from './entropy-bonus.ts';
import { Gradients, type PassWeights, type Scaling } from './gradients.ts';
import type { UpdateOptions, UpdateResult } from './learner.ts';
import { learningRateAfter } from './learning-rate.ts';
import { FIRST_LOSS_SCALE, type LossScale, nextLossScale } from './loss-scale.ts';
import { MixedReference } from './mixed-reference.ts';
import { freshState, type PolicyState, weightsOf } from './policy-state.ts';
import {
  type ClipInputs,
  type ClipOutputs,
  clipProgram,
  type GradientInputs,
  type GradientOutputs,
  gradientProgram,
} from './policy-update.ts';
import { Preferences } from './preferences.ts';
import { withOld, withReference } from './scored-rollout.ts';
import { updateBatches } from './update-batches.ts';
import { type AppliedUpdate, UpdateTally } from './update-tally.ts';

/** What a training starts from. It takes over what it trains, and may change it in place or free it. */
export interface StartWeights {
  /** The start model. */
  weights: Weights;
  /** What is trained in its place, and added to it; undefined: the model's own weights are trained. */
  adapter?: Weights | undefined;
}

/** The policy in training: its weights, its optimizer, and the reference it is held to. */
export class Policy {
  state: PolicyState;
  readonly #engine: Engine;
  readonly #config: RunConfig;
  readonly #model: ModelConfig;
  /** The start model, where it is needed beside what is trained: under an adapter, or as a reference. */
  readonly #start: Weights | undefined;
  readonly #frozen: Weights | undefined;
  readonly #scorer: Scorer;
  readonly #gradients: Gradients;
  readonly #clip: Compiled<ClipInputs, ClipOutputs>;
  readonly #optimizer: AdamWSteps;
  readonly #copies: ComputeCopies;
  readonly #mixed: MixedReference | undefined;

  /** `program`: the gradient that it follows, by default that of the GRPO loss. */
  constructor(
    engine: Engine,
    model: ModelConfig,
    config: RunConfig,
    { weights, adapter }: StartWeights,
    program: Program<GradientInputs, GradientOutputs> = gradientProgram(model, config),
  ) {
    this.#engine = engine;
    this.#config = config;
    this.#model = model;
    this.#frozen = adapter && weights;
    this.state = freshState(adapter ?? weights);
    this.#scorer = new Scorer(engine, model, config.temperature);
    this.#gradients = new Gradients(engine, model, program);
    this.#clip = engine.compile('clipping', clipProgram(config), { resident: ['factor'] });
    this.#optimizer = new AdamWSteps(engine, model, config);
    this.#copies = new ComputeCopies(engine, model);
    const { syncRefModel, refModelMixupAlpha: alpha } = config;
    this.#mixed = syncRefModel && alpha < 1 ? new MixedReference(engine, alpha) : undefined;
    this.#start = adapter || config.beta !== 0 ? weights : undefined;
  }

  /** All of them, an adapter's included, as programs compute with them until the next update. */
  async weights(): Promise<Weights> {
    return { ...this.#frozen, ...(await this.#copies.of(this.state.weights)) };
  }

  /**
   * `numIterations` passes over a rollout, each one optimizer update, or one for each mini-batch. `all`: also over what has no gradient.
   */
  async update(rollout: readonly Experience[], options: UpdateOptions & { all?: boolean } = {}): Promise<UpdateResult> {
    const started = performance.now();
    const referenced = withReference(rollout, options.reference ?? (await this.reference(rollout)));
    const updating = performance.now();
    // The first pass gives them, if all of it is one update and all was sampled by this policy.
    const needsOld = options.miniBatches || rollout.some(({ replayed }) => replayed);
    const completions = needsOld
      ? await withOld(referenced, this.#scorer, await this.weights(), this.#config, options)
      : referenced;
    const updates = updateBatches(completions, this.#model, this.#config, options);

    const { numIterations, dpoCoef } = this.#config;
    const largestAdvantage = largest(rollout.map(({ advantage }) => advantage));
    const preferences = dpoCoef === 0 ? undefined : new Preferences(this.#scorer, completions, this.#config);
    const count = numIterations * updates.length;
    const tally = new UpdateTally(completions, count);
    for (let update = 0; update < count; update++) {
      const { batches, totals } = updates[update % updates.length]!;
      const isLastPass = update >= count - updates.length;
      const preference = await preferences?.under(await this.weights());
      const pass = await this.#gradients.of(await this.#passWeights(), batches, {
        ...{ totals, sums: tally.sums, tokens: isLastPass ? tally.tokens : undefined },
        ...{ preference, bonus: entropyBonus(this.state, this.#config), ...this.#scaling() },
      });
      const learningRate = learningRateAfter(this.state.updates, this.#config);
      const figures = { loss: pass.loss, sums: tally.sums, largestAdvantage, learningRate, applied: tally.applied };
      const taken = await this.#apply(pass.gradients, learningRate, (norm) =>
        checkUpdate({ ...figures, norm }, this.#config),
      );
      if (taken) this.state = withEntropyOf(pass.sums, this.state, this.#config);
      tally.add({ loss: pass.loss, learningRate, taken }, { ...preference?.metrics, ...this.#entropyMetrics() });
      this.#engine.release(pass.gradients);
    }
    if (givesUpGraphs(this.#model, this.#engine)) await this.#gradients.dispose();
    for (const { old } of updates.flatMap(({ batches }) => batches)) this.#engine.release({ ...(old && { old }) });
    return {
      ...tally.result(this.state.lossScale?.scale),
      seconds: { reference: (updating - started) / 1000, update: (performance.now() - updating) / 1000 },
    };
  }

  /** Log-probabilities of completions, each `group` in a row of one prompt, under the policy as it is now. */
  async logProbs(completions: readonly Sequence[], group: number): Promise<number[][]> {
    return this.#scorer.logProbs(await this.weights(), completions, group);
  }

  /** The same under the reference policy; undefined where the loss asks for none. */
  async reference(completions: readonly Sequence[]): Promise<number[][] | undefined> {
    const weights = await this.#referenceWeights();
    return weights && this.#scorer.logProbs(weights, completions, this.#config.numGenerations);
  }

  /** Continues from another state, whose arrays are the policy's from now on. */
  restore(state: PolicyState): void {
    this.#replace(state);
  }

  /** Frees what nobody but this policy uses: compiled programs, moments and reference. Its weights stay; it must not be used afterwards. */
  async close(): Promise<void> {
    const { weights } = this.state;
    this.#replace(freshState(weights));
    const programs = [this.#scorer, this.#gradients, this.#clip, this.#optimizer];
    await Promise.all(programs.map((program) => program.dispose()));
  }

  /** Makes the policy as it is now the reference, or moves the reference towards it, where the loss asks for one. */
  async syncReference(): Promise<void> {
    if (this.#config.beta === 0) return;
    const { weights, syncedReference } = this.state;
    const keep = (reference: Weights) => this.#replace({ ...this.state, syncedReference: reference });
    if (this.#mixed) await this.#mixed.move(weights, (syncedReference ?? this.#start)!, keep);
    else keep(weights);
  }

  /** One AdamW update; `check` may refuse the gradients' norm before anything is updated. Undefined: they overflowed float16, and nothing was updated. */
  async #apply(gradients: Weights, rate: number, check: (norm: number) => void): Promise<AppliedUpdate | undefined> {
    const updates = this.state.updates + 1;
    const clipped = await this.#clip.run({ gradients, ...this.#scaling() });
    const { factor } = clipped;
    const norm = clipped.norm.data[0]!;
    const lossScale = this.#lossScale && nextLossScale(this.#lossScale, !Number.isFinite(norm));
    if (lossScale && !Number.isFinite(norm)) {
      this.#engine.release({ factor });
      this.state = { ...this.state, lossScale };
      return undefined;
    }
    check(norm);
    const { size, change } = await this.#optimizer.take(
      this.state,
      { gradients, factor, learningRate: rate },
      { shared: this.#shared(), replace: (state) => this.#replace(state) },
    );
    this.#engine.release({ factor });
    checkWeights(size, rate, this.#config);
    this.state = { ...this.state, updates, ...(lossScale && { lossScale }) };
    return { norm, change: Math.sqrt(change / size) };
  }

  #entropyMetrics(): Metrics {
    const { useAdaptiveEntropy, entropyCoef } = this.#config;
    return useAdaptiveEntropy ? { entropy_coef: this.state.entropyControl?.coef ?? entropyCoef } : {};
  }

  async #passWeights(): Promise<PassWeights> {
    const trained = this.state.weights;
    return { trained, params: await this.#copies.of(trained), frozen: this.#frozen };
  }

  /** Defined only when gradients are float16. */
  get #lossScale(): LossScale | undefined {
    return this.#engine.half ? (this.state.lossScale ?? FIRST_LOSS_SCALE) : undefined;
  }

  #scaling(): { scaling?: Scaling } {
    return this.#lossScale ? { scaling: { loss: scalar(this.#lossScale.scale) } } : {};
  }

  /** What an update must not change. */
  #shared(): Set<NdArray> {
    return new Set(Object.values(this.#trainedReference(this.state) ?? {}));
  }

  /** Frees what the new state no longer has, except for the start model where it is needed. */
  #replace(next: PolicyState): void {
    const kept = new Set([this.#start ?? {}, ...weightsOf(next)].flatMap((weights) => Object.values(weights)));
    for (const weights of weightsOf(this.state)) {
      const left = Object.entries(weights).filter(([, array]) => !kept.has(array));
      this.#engine.release(Object.fromEntries(left));
    }
    this.#copies.keepThose([next.weights, this.#trainedReference(next)]);
    this.state = next;
  }

  /** Undefined where the loss asks for no reference. */
  async #referenceWeights(): Promise<Weights | undefined> {
    if (this.#config.beta === 0) return undefined;
    const trained = this.#trainedReference(this.state);
    return { ...this.#frozen, ...(trained && (await this.#copies.of(trained))) };
  }

  /** The part of the reference that is not frozen: a synced one, or the start model. Under LoRA that is the frozen weights alone. */
  #trainedReference({ syncedReference }: PolicyState): Weights | undefined {
    if (this.#config.beta === 0) return undefined;
    return syncedReference ?? (this.#frozen ? undefined : this.#start);
  }
}
