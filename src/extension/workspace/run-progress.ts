import type { TrainerEvent } from '../../protocol/events.ts';

/** Steps that the time left is estimated from. */
const RECENT = 10;

/** How far a run is, from what its trainer says. */
export class RunProgress {
  step = 0;
  maxSteps = 0;
  reward: number | null = null;
  /** The first and the slowest recent step, to judge what the run has come to and how long a step may take. */
  firstReward: number | null = null;
  phase = 'load';
  #recentSeconds: number[] = [];

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
      if (typeof seconds === 'number') this.#recentSeconds = [...this.#recentSeconds, seconds].slice(-RECENT);
    }
  }

  get slowestStepSeconds(): number {
    return Math.max(0, ...this.#recentSeconds);
  }

  /** Undefined before the first step. */
  get secondsLeft(): number | undefined {
    const known = this.#recentSeconds;
    if (known.length === 0) return undefined;
    return (known.reduce((sum, seconds) => sum + seconds) / known.length) * (this.maxSteps - this.step);
  }
}

/** 75 -> "1:15", 3700 -> "1:01:40". */
export function duration(seconds: number): string {
  const total = Math.round(seconds);
  const parts = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

export const rewardText = (reward: number | null): string => (reward === null ? '–' : reward.toFixed(2));
