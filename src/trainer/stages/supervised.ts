import { div, mul, neg, type Scalar, sum, type Tensor, type Tensor2D, valueAndGrads } from '@tensorflow/tfjs-core';
import type { Compiled, Engine } from '../../engine/engine.ts';
import { type AdamWOptions, type AdamWScalars, adamW, adamWScalars, clipByGlobalNorm } from '../../engine/optimizer.ts';
import { floats, leaveOpen, scalar } from '../../engine/tree.ts';
import { learningRate } from '../../grpo/schedule.ts';
import type { ModelConfig } from '../../model/config.ts';
import { layOutSequences, longestCompletion, ROWS, type Sequence } from '../../model/network/batch.ts';
import { completionLogits, completionLogProbs, type SequenceTensors } from '../../model/network/completion-logprobs.ts';
import type { Parameters } from '../../model/network/decoder.ts';
import { decaysWeight } from '../../model/weight-decay.ts';
import type { Weights } from '../../model/weights-tree.ts';
import { readCheckpoint, writeCheckpoint } from '../policy/checkpoint.ts';
import type { Progress } from '../policy/learner.ts';
import { freshState, type PolicyState } from '../policy/policy-state.ts';
import type { Stage, StepRecord } from '../stage.ts';

export interface SupervisedOptions {
  engine: Engine;
  model: ModelConfig;
  /** The model's folder: checkpoints get its tokenizer. */
  source: string;
  start: Weights;
  /** The demonstrations of a step, counted from 1. */
  batchOf(step: number): Sequence[];
  /** Steps over which the learning rate rises for `WARMUP_STEPS`, and falls to 0 along a cosine. */
  steps: number;
  learningRate: number;
}

const WARMUP_STEPS = 100;
const OPTIMIZER: AdamWOptions = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01, decays: decaysWeight };
const MAX_GRAD_NORM = 1;

/** Supervised fine-tuning of all weights: cross-entropy on the completions of demonstrations. */
export class SupervisedStage implements Stage {
  progress: Progress = { step: 0, numTokens: 0 };
  readonly #options: SupervisedOptions;
  readonly #program: Compiled<StepInputs, StepOutputs>;
  #state: PolicyState;

  constructor(options: SupervisedOptions) {
    this.#options = options;
    this.#program = options.engine.compile('supervised step', supervisedStep(options.model));
    this.#state = freshState(options.start);
  }

  /** As they are now. */
  get weights(): Weights {
    return this.#state.weights;
  }

  async step(): Promise<StepRecord> {
    const { model, batchOf, steps, learningRate: base } = this.#options;
    const { weights, means, squares, updates } = this.#state;
    const step = this.progress.step + 1;
    const batch = batchOf(step);
    const width = longestCompletion(batch);
    const mask = new Float32Array(batch.length * width);
    batch.forEach(({ completionIds }, row) => {
      mask.fill(1, row * width, row * width + completionIds.length);
    });
    const schedule = {
      learningRate: base,
      lrSchedulerType: 'cosine',
      warmupSteps: WARMUP_STEPS,
      totalSteps: steps,
    } as const;
    const rate = learningRate(updates, schedule);
    const { learningRate: lr, biasCorrection1, biasCorrection2 } = adamWScalars(updates + 1, rate, OPTIMIZER);
    const next = await this.#program.run({
      ...{ params: weights, means, squares },
      sequences: layOutSequences(batch, 1, model),
      mask: leaveOpen(floats(mask, [batch.length, width]), [ROWS, 'longestCompletion']),
      scalars: {
        learningRate: scalar(lr),
        biasCorrection1: scalar(biasCorrection1),
        biasCorrection2: scalar(biasCorrection2),
      },
    });
    this.#state = {
      ...this.#state,
      weights: next.params,
      means: next.means,
      squares: next.squares,
      updates: updates + 1,
    };
    const tokens = batch.reduce(
      (count, { promptIds, completionIds }) => count + promptIds.length + completionIds.length,
      0,
    );
    this.progress = { step, numTokens: this.progress.numTokens + tokens };
    const loss = next.loss.data[0]!;
    return { metrics: { step, loss, learning_rate: rate, num_tokens: this.progress.numTokens } };
  }

  save(folder: string): Promise<void> {
    const { model, source } = this.#options;
    return writeCheckpoint(folder, model, { model: source, checkpointDtype: 'float32' }, this.#state, this.progress);
  }

  async restore(folder: string): Promise<void> {
    const { policy, state } = await readCheckpoint(folder, this.#options.model);
    this.#state = policy;
    this.progress = { step: state.step, numTokens: state.numTokens };
  }
}

type StepInputs = {
  params: Parameters;
  means: Parameters;
  squares: Parameters;
  sequences: SequenceTensors;
  /** [rows, longest completion] float32: 1 on tokens of the completions. */
  mask: Tensor;
  scalars: AdamWScalars;
};
type StepOutputs = { params: Parameters; means: Parameters; squares: Parameters; loss: Tensor };

/** One AdamW step on the mean of −log π(token) over all tokens of the demonstrated completions. */
function supervisedStep(model: ModelConfig) {
  return ({ params, means, squares, sequences, mask, scalars }: StepInputs): StepOutputs => {
    const names = Object.keys(params);
    const lossOf = (...tensors: Tensor[]): Scalar => {
      const current = Object.fromEntries(tensors.map((tensor, index) => [names[index]!, tensor]));
      const logProbs = completionLogProbs(completionLogits(current, model, sequences, 1), sequences);
      return neg(div(sum(mul(logProbs, mask as Tensor2D)), sum(mask))) as Scalar;
    };
    const { value: loss, grads } = valueAndGrads(lossOf)(names.map((name) => params[name]!));
    const gradients = Object.fromEntries(names.map((name, index) => [name, grads[index]!]));
    const clipped = clipByGlobalNorm(gradients, MAX_GRAD_NORM).grads;
    const next = adamW(params, clipped, means, squares, scalars, OPTIMIZER);
    return { params: next.params, means: next.m, squares: next.v, loss };
  };
}
