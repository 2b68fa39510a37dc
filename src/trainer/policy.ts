import type { Compiled, Engine } from '../engine/engine.ts';
import { adamWScalars } from '../engine/optimizer.ts';
import { scalar } from '../engine/tree.ts';
import { Zeros } from '../engine/zeros.ts';
import { lossMetrics, type Metrics } from '../grpo/metrics.ts';
import { learningRate as scheduledRate } from '../grpo/schedule.ts';
import type { ModelConfig } from '../model/config.ts';
import { Scorer, type Weights } from '../model/language-model.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { type Experience, type MicroBatch, microBatches } from './micro-batches.ts';
import { freshState, type PolicyState, weightsOf } from './policy-state.ts';
import {
  type ApplyInputs,
  type ApplyOutputs,
  applyProgram,
  type ClipInputs,
  type ClipOutputs,
  clipProgram,
  type GradientInputs,
  type GradientOutputs,
  gradientProgram,
} from './policy-update.ts';

/** What the updates of one step came to. */
export interface UpdateResult {
  /** TRL's keys: loss, grad_norm, learning_rate, entropy, kl, clip_ratio/...; over the step's passes. */
  metrics: Metrics;
  seconds: { reference: number; update: number };
}

/** What a training starts from. */
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
  readonly #start: Weights;
  readonly #frozen: Weights | undefined;
  readonly #scorer: Scorer;
  readonly #gradient: Compiled<GradientInputs, GradientOutputs>;
  readonly #clip: Compiled<ClipInputs, ClipOutputs>;
  readonly #optimizer: Compiled<ApplyInputs, ApplyOutputs>;
  readonly #zeros: Zeros;

  constructor(
    engine: Engine,
    model: ModelConfig,
    config: RunConfig,
    { weights, adapter }: StartWeights,
    state: PolicyState = freshState(adapter ?? weights),
  ) {
    this.#engine = engine;
    this.#config = config;
    this.#model = model;
    this.#start = weights;
    this.#frozen = adapter && weights;
    this.state = state;
    this.#scorer = new Scorer(engine, model, config.temperature);
    this.#gradient = engine.compile('gradient', gradientProgram(model, config), {
      resident: ['gradients', 'logProbs'],
      // That of a rollout's first pass and that of later ones: activations take gigabytes of a large model, and stay with a graph.
      maxGraphs: 2,
    });
    this.#clip = engine.compile('clipping', clipProgram(config), { resident: ['factor'] });
    this.#optimizer = engine.compile('AdamW', applyProgram(config), { resident: ['params', 'means', 'squares'] });
    this.#zeros = new Zeros(engine);
  }

  /** All of them, an adapter's included. */
  get weights(): Weights {
    return { ...this.#frozen, ...this.state.weights };
  }

  /** `numIterations` passes over a rollout, each one optimizer update. */
  async update(rollout: readonly Experience[]): Promise<UpdateResult> {
    const started = performance.now();
    const batches = microBatches(rollout, this.#model, this.#config);
    await this.#addReferenceLogProbs(batches);
    const updating = performance.now();

    const { numIterations } = this.#config;
    const sums: Record<string, number> = {};
    let [loss, gradNorm, learningRate] = [0, 0, 0];
    for (let iteration = 0; iteration < numIterations; iteration++) {
      const pass = await this.#gradients(batches, rollout.length, sums);
      loss += pass.loss / numIterations;
      learningRate = this.#learningRate();
      gradNorm += (await this.#apply(pass.gradients, learningRate)) / numIterations;
      this.#engine.release(pass.gradients);
    }
    for (const { old, reference } of batches)
      this.#engine.release({ ...(old && { old }), ...(reference && { reference }) });
    return {
      metrics: { loss, grad_norm: gradNorm, learning_rate: learningRate, ...lossMetrics(sums) },
      seconds: { reference: (updating - started) / 1000, update: (performance.now() - updating) / 1000 },
    };
  }

  /** Makes the policy as it is now the reference. */
  syncReference(): void {
    this.#replace({ ...this.state, syncedReference: this.state.weights });
  }

  /** The loss of all micro-batches and its gradient; adds their metrics to `sums`. */
  async #gradients(
    batches: MicroBatch[],
    rows: number,
    sums: Record<string, number>,
  ): Promise<{ gradients: Weights; loss: number }> {
    const totals = {
      rows: scalar(rows),
      tokens: scalar(total(batches.map(({ mask }) => total(mask.data)))),
    };
    let gradients = await this.#zeros.like(this.state.weights);
    let loss = 0;
    for (const batch of batches) {
      const { sequences, mask, advantages, old, reference } = batch;
      const inputs = { params: this.state.weights, sequences, mask, advantages, totals, accumulated: gradients };
      const result = await this.#gradient.run({
        ...inputs,
        ...(this.#frozen && { frozen: this.#frozen }),
        ...(old && { old }),
        ...(reference && { reference }),
      });
      if (batch.old) this.#engine.release({ again: result.logProbs });
      else batch.old = { logProbs: result.logProbs };
      this.#engine.release(gradients);
      gradients = result.gradients;
      loss += result.loss.data[0]!;
      for (const [name, value] of Object.entries(result.sums)) sums[name] = (sums[name] ?? 0) + value.data[0]!;
    }
    return { gradients, loss };
  }

  /** One AdamW update; gives the gradients' norm. */
  async #apply(gradients: Weights, rate: number): Promise<number> {
    const { syncedReference } = this.state;
    const updates = this.state.updates + 1;
    const { norm, factor } = await this.#clip.run({ gradients });
    const { biasCorrection1, biasCorrection2 } = adamWScalars(updates, rate, this.#config);
    const scalars = {
      learningRate: scalar(rate),
      biasCorrection1: scalar(biasCorrection1),
      biasCorrection2: scalar(biasCorrection2),
    };
    const { weights, means, squares } = this.state;
    // In their order from the start: sums over all weights follow it, also after a resume.
    const next = { weights: { ...weights }, means: { ...means }, squares: { ...squares } };
    for (const part of partsOf(weights)) {
      const result = await this.#optimizer.run({
        params: part.take(weights),
        gradients: part.take(gradients),
        means: part.take(means),
        squares: part.take(squares),
        factor,
        scalars,
      });
      Object.assign(next.weights, part.restore(result.params));
      Object.assign(next.means, part.restore(result.means));
      Object.assign(next.squares, part.restore(result.squares));
    }
    this.#engine.release({ factor });
    this.#replace({ ...next, updates, syncedReference });
    return norm.data[0]!;
  }

  /** Frees what the new state no longer has, the start model excepted. */
  #replace(next: PolicyState): void {
    const kept = new Set([this.#start, ...weightsOf(next)].flatMap((weights) => Object.values(weights)));
    for (const weights of weightsOf(this.state)) {
      const left = Object.entries(weights).filter(([, array]) => !kept.has(array));
      this.#engine.release(Object.fromEntries(left));
    }
    this.state = next;
  }

  /** The schedule runs over optimizer updates, while the config counts steps of `numIterations` updates each. */
  #learningRate(): number {
    const { learningRate: base, lrSchedulerType, warmupSteps, maxSteps, numIterations } = this.#config;
    return scheduledRate(this.state.updates, {
      learningRate: base,
      lrSchedulerType,
      warmupSteps: warmupSteps < 1 ? warmupSteps : warmupSteps * numIterations,
      totalSteps: maxSteps * numIterations,
    });
  }

  async #addReferenceLogProbs(batches: MicroBatch[]): Promise<void> {
    if (this.#config.beta === 0) return;
    const { syncedReference } = this.state;
    // Without a synced one it is the start model: under LoRA the same weights with the adapter left off.
    const reference = syncedReference ? { ...this.#frozen, ...syncedReference } : this.#start;
    for (const batch of batches) {
      batch.reference = { logProbs: await this.#scorer.logProbsOf(reference, batch.sequences) };
    }
  }
}

/** Some of the weights, under names that are the same for every layer. */
interface Part {
  take(weights: Weights): Weights;
  restore(taken: Weights): Weights;
}

/**
 * The layers one by one, then the rest: an optimizer's graph takes several times the memory of what it updates, and one graph serves all
 * layers.
 */
function partsOf(weights: Weights): Part[] {
  const prefixes = new Map<string, string[]>();
  for (const name of Object.keys(weights)) {
    const prefix = /^.*?\.layers\.\d+\./.exec(name)?.[0] ?? '';
    prefixes.set(prefix, [...(prefixes.get(prefix) ?? []), name]);
  }
  return [...prefixes].map(([prefix, names]) => ({
    take: (from) => Object.fromEntries(names.map((name) => [name.slice(prefix.length), from[name]!])),
    restore: (taken) => Object.fromEntries(Object.entries(taken).map(([name, array]) => [prefix + name, array])),
  }));
}

function total(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
