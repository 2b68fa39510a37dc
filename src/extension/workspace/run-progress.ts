import type { TrainerEvent } from '../../protocol/events.ts';
import type { Phase } from '../../protocol/phase-text.ts';
import { type Schedule, stepsAlone } from '../../protocol/schedule.ts';
import { StepTimes } from '../../protocol/step-times.ts';

/** How far a run is, from what its trainer says. */
export class RunProgress {
  step = 0;
  maxSteps = 0;
  reward: number | null = null;
  /** The first step's, to judge what the run has come to. */
  firstReward: number | null = null;
  phase: Phase = 'load';
  /** How much of the phase is done, where that is known. */
  share: number | undefined;
  readonly #times = new StepTimes();
  #schedule: Schedule = stepsAlone(0);

  take(event: TrainerEvent): void {
    if (event.type === 'start') {
      this.maxSteps = event.maxSteps;
      this.step = event.resumedFrom;
      this.#schedule = event.schedule ?? stepsAlone(event.maxSteps);
    } else if (event.type === 'phase') {
      this.phase = event.phase;
      this.share = event.share;
    } else if (event.type === 'step') {
      const { reward = null } = event.metrics;
      this.step = event.step;
      this.reward = reward;
      this.firstReward ??= reward;
      this.#times.add(event.metrics);
    }
  }

  /** To judge how long a step may take. */
  get slowestStepSeconds(): number {
    return this.#times.slowest;
  }

  /** Undefined before the first step. */
  get secondsLeft(): number | undefined {
    return this.#times.left(this.step, this.#schedule);
  }

  /** Mean seconds of a step; undefined before the first. */
  get stepSeconds(): number | undefined {
    return this.#times.perStep;
  }
}
