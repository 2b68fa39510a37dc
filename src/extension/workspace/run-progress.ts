import type { TrainerEvent } from '../../protocol/events.ts';
import { StepTimes } from '../../protocol/step-times.ts';

/** How far a run is, from what its trainer says. */
export class RunProgress {
  step = 0;
  maxSteps = 0;
  reward: number | null = null;
  /** The first and the slowest recent step, to judge what the run has come to and how long a step may take. */
  firstReward: number | null = null;
  phase = 'load';
  readonly #times = new StepTimes();

  take(event: TrainerEvent): void {
    if (event.type === 'start') {
      this.maxSteps = event.maxSteps;
      this.step = event.resumedFrom;
    } else if (event.type === 'phase') {
      this.phase = event.phase;
    } else if (event.type === 'step') {
      const { reward = null, step_time: seconds } = event.metrics;
      this.step = event.step;
      this.reward = reward;
      this.firstReward ??= reward;
      if (typeof seconds === 'number') this.#times.add(seconds);
    }
  }

  get slowestStepSeconds(): number {
    return this.#times.slowest;
  }

  /** Undefined before the first step. */
  get secondsLeft(): number | undefined {
    return this.#times.left(this.maxSteps - this.step);
  }
}

export const rewardText = (reward: number | null): string => (reward === null ? '–' : reward.toFixed(2));
