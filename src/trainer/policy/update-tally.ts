import { lossMetrics, type Metrics, meanOf } from '../../grpo/metrics.ts';
import { mean } from '../../grpo/statistics.ts';
import type { TokenFigures, UpdateResult } from './learner.ts';
import type { ReferencedExperience } from './micro-batches.ts';
import { replayMetrics } from './scored-rollout.ts';

/** An update that was taken. */
export interface AppliedUpdate {
  /** The L2 norm of the gradients. */
  norm: number;
  /** The L2 norm of the weights' change, relative to that of the weights. */
  change: number;
}

/** What the updates of one step come to, while they are taken. */
export class UpdateTally {
  /** Over all tokens that gradients were taken of so far. */
  readonly sums: Record<string, number> = {};
  /** Of each completion, for the last pass to fill in. */
  readonly tokens: (TokenFigures | undefined)[];
  readonly #completions: readonly ReferencedExperience[];
  readonly #count: number;
  readonly #applied: AppliedUpdate[] = [];
  readonly #passes: Metrics[] = [];
  #loss = 0;
  #learningRate = 0;

  /** `count`: how many updates there are going to be. */
  constructor(completions: readonly ReferencedExperience[], count: number) {
    this.#completions = completions;
    this.#count = count;
    this.tokens = completions.map(() => undefined);
  }

  /** Whether the policy has moved. */
  get applied(): boolean {
    return this.#applied.length > 0;
  }

  /** Counts one more; `taken` is undefined of one that overflowed float16. `metrics` are averaged over updates. */
  add(
    { loss, learningRate, taken }: { loss: number; learningRate: number; taken: AppliedUpdate | undefined },
    metrics: Metrics,
  ): void {
    this.#loss += loss / this.#count;
    this.#learningRate = learningRate;
    if (taken) this.#applied.push(taken);
    this.#passes.push(metrics);
  }

  /** `lossScale` is the one that training in float16 has come to. */
  result(lossScale: number | undefined): Omit<UpdateResult, 'seconds'> {
    const skipped = this.#count - this.#applied.length;
    return {
      metrics: {
        loss: this.#loss,
        grad_norm: mean(this.#applied.map(({ norm }) => norm)),
        learning_rate: this.#learningRate,
        'update/relative_change': mean(this.#applied.map(({ change }) => change)),
        ...lossMetrics(this.sums),
        ...meanOf(this.#passes),
        ...replayMetrics(this.#completions),
      },
      ...(skipped > 0 && { overflow: { skipped, lossScale: lossScale! } }),
      tokens: this.tokens.map((figures, row) => figures && { ...figures, weight: this.#completions[row]!.weight }),
    };
  }
}
