import type { TrainerEvent } from '../protocol/events.ts';
import type { PlannedRun } from './plan.ts';
import type { TrainOutcome } from './train-process.ts';

/** A run that is being trained. */
export interface Trainer {
  ended: Promise<TrainOutcome>;
  stop(abandoned: boolean): void;
  kill(): void;
}

export interface FailedRun {
  run: PlannedRun;
  reason: string;
}

interface QueueOptions {
  /** How many are trained at a time. */
  jobs: number;
  start(run: PlannedRun, onEvent: (event: TrainerEvent) => void): Trainer;
  onEvent(run: PlannedRun, event: TrainerEvent): void;
  onEnd(run: PlannedRun, outcome: TrainOutcome): void;
}

/** Trains runs, in order, a few at a time. One that fails keeps no other from being trained. */
export class TrainQueue {
  readonly #waiting: PlannedRun[];
  readonly #options: QueueOptions;
  readonly #trainers = new Set<Trainer>();

  constructor(runs: readonly PlannedRun[], options: QueueOptions) {
    this.#waiting = [...runs];
    this.#options = options;
  }

  /** Settled when all have been trained, or have stopped. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.jobs }, () => this.#work()));
  }

  /** Starts no more; those that are being trained stop with a checkpoint. `abandoned`: nobody waits for them. */
  stop(abandoned: boolean): void {
    this.#waiting.length = 0;
    for (const trainer of this.#trainers) trainer.stop(abandoned);
  }

  kill(): void {
    this.#waiting.length = 0;
    for (const trainer of this.#trainers) trainer.kill();
  }

  async #work(): Promise<void> {
    for (let run = this.#waiting.shift(); run; run = this.#waiting.shift()) {
      const current = run;
      const trainer = this.#options.start(current, (event) => this.#options.onEvent(current, event));
      this.#trainers.add(trainer);
      const outcome = await trainer.ended;
      this.#trainers.delete(trainer);
      this.#options.onEnd(current, outcome);
    }
  }
}
