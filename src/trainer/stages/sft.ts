import type { Sequence } from '../../model/network/batch.ts';
import { finiteOrNull, type MetricsRow } from '../../protocol/run-folder.ts';
import type { Learner, Progress } from '../policy/learner.ts';
import type { Stage, StepRecord, TrainingLoop } from '../stage.ts';
import { Stopwatch } from '../stopwatch.ts';
import { overflowNote } from './grpo.ts';

/**
 * Supervised fine-tuning: cross-entropy on the completions of demonstrations. Of a policy gradient that is the case in which somebody else
 * wrote the completions and each has the advantage 1. The learner must be a supervised one.
 */
export class SftStage implements Stage {
  progress: Progress = { step: 0, numTokens: 0 };
  readonly #learner: Learner;
  readonly #batchOf: (step: number) => readonly Sequence[];

  /** `batchOf`: the demonstrations of a step. */
  constructor(learner: Learner, batchOf: (step: number) => readonly Sequence[]) {
    this.#learner = learner;
    this.#batchOf = batchOf;
  }

  async step(loop: Pick<TrainingLoop, 'emit'>): Promise<StepRecord> {
    const step = this.progress.step + 1;
    const watch = new Stopwatch();
    loop.emit({ type: 'phase', step, phase: 'update' });
    const batch = this.#batchOf(step);
    const update = await this.#learner.update(
      batch.map(({ promptIds, completionIds }) => ({
        ...{ promptIds, completionIds, advantage: 1 },
        mask: new Float32Array(completionIds.length).fill(1),
      })),
    );
    watch.lap('update');
    if (update.overflow) loop.emit({ type: 'log', level: 'info', message: overflowNote(step, update.overflow) });
    this.progress = { ...this.progress, step, numTokens: this.progress.numTokens + tokensOf(batch) };
    const row: Omit<MetricsRow, 'step'> = {
      ...update.metrics,
      num_tokens: this.progress.numTokens,
      step_time: watch.total,
      'time/update': update.seconds.update,
    };
    const finite = Object.entries(row).map(([key, value]) => [key, value === null ? null : finiteOrNull(value!)]);
    return { metrics: { ...Object.fromEntries(finite), step } };
  }

  save(folder: string): Promise<void> {
    return this.#learner.save(folder, this.progress);
  }

  async restore(folder: string): Promise<void> {
    this.progress = await this.#learner.restore(folder);
  }
}

/** TRL's `num_tokens`: those of prompts and completions, without padding. */
const tokensOf = (batch: readonly Sequence[]): number =>
  batch.reduce((count, { promptIds, completionIds }) => count + promptIds.length + completionIds.length, 0);
