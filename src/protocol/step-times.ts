import type { MetricsRow } from './run-folder.ts';
import { type Schedule, stillToCome } from './schedule.ts';

/** What a row of metrics says of the time that it took, in seconds; pauses are in none of them. */
export const TIMES = ['step_time', 'time/evaluate', 'time/save'] as const;

/** How many steps the time left is estimated from: enough to be steady, few enough to follow a change. */
export const RECENT_STEPS = 10;

/**
 * How long the steps of a run take, and what comes between them: the time left is computed here alone, for the dashboard, the status bar, the
 * view of runs and the command.
 */
export class StepTimes {
  #first: number | undefined;
  #recent: number[] = [];
  #evaluation = 0;
  #checkpoint = 0;

  /** Takes a row of metrics. The first step also compiles: it tells nothing about the next ones, once there are any. */
  add({ step_time: seconds, 'time/evaluate': evaluation, 'time/save': checkpoint }: Partial<MetricsRow>): void {
    if (typeof evaluation === 'number') this.#evaluation = evaluation;
    if (typeof checkpoint === 'number') this.#checkpoint = checkpoint;
    if (typeof seconds !== 'number') return;
    if (this.#first === undefined) this.#first = seconds;
    else this.#recent = [...this.#recent, seconds].slice(-RECENT_STEPS);
  }

  /** Of the recent ones; 0 before the first. */
  get slowest(): number {
    const first = this.#recent.length < RECENT_STEPS ? (this.#first ?? 0) : 0;
    return Math.max(first, ...this.#recent);
  }

  /** Mean seconds of a step; undefined before the first. */
  get perStep(): number | undefined {
    const { length } = this.#recent;
    return length === 0 ? this.#first : this.#recent.reduce((sum, seconds) => sum + seconds, 0) / length;
  }

  /** Seconds until a run of which `step` steps are done has taken its last and written its checkpoint; undefined before the first. */
  left(step: number, plan: Schedule): number | undefined {
    if (this.perStep === undefined) return undefined;
    const { evaluations, checkpoints } = stillToCome(step, plan);
    const steps = Math.max(0, plan.maxSteps - step);
    return steps * this.perStep + evaluations * this.#evaluation + checkpoints * this.#checkpoint;
  }
}
