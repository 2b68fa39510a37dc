import { basename } from 'node:path';
import type { Experiment } from '../config/load-experiment.ts';
import type { PlannedRun } from '../experiment/plan.ts';
import type { TrainOutcome } from '../experiment/train-process.ts';
import type { TrainerEvent } from '../protocol/events.ts';
import { rewardChange, rewardText } from '../protocol/held-out.ts';
import { visible } from '../text/visible.ts';
import type { ProgressStream } from './progress.ts';
import { StatusLine } from './status-line.ts';

/** Shows how far an experiment is: the step of the run that was heard of last, and a line for each that has ended. */
export class ExperimentProgress {
  readonly #stream: ProgressStream;
  readonly #status: StatusLine;
  readonly #total: number;
  readonly #quiet: boolean;
  #done: number;
  /** What is known of the runs that are being trained. */
  readonly #training = new Map<
    PlannedRun,
    { maxSteps: number; first: number | null; last: number | null; end?: string | undefined }
  >();

  /** `done`: how many runs are done already. `quiet`: no lines; another program reads our output. */
  constructor(stream: ProgressStream, experiment: Experiment, done: number, quiet: boolean) {
    this.#stream = stream;
    this.#status = new StatusLine(stream);
    this.#total = experiment.runs.length;
    this.#done = done;
    this.#quiet = quiet;
    this.#line(
      `${experiment.name}: ${this.#total} ${this.#total === 1 ? 'run' : 'runs'} of ${basename(experiment.base)}${done > 0 ? `, ${done} done before` : ''}`,
    );
  }

  show(run: PlannedRun, event: TrainerEvent): void {
    const known = this.#training.get(run) ?? { maxSteps: 0, first: null, last: null };
    this.#training.set(run, known);
    if (event.type === 'start') known.maxSteps = event.maxSteps;
    if (event.type === 'start' || event.type === 'step') {
      const step = event.type === 'step' ? event.step : event.resumedFrom;
      if (event.type === 'step') {
        known.last = event.metrics.reward ?? null;
        known.first ??= known.last;
      }
      const reward = known.last === null ? '' : `, reward ${rewardText(known.last)}`;
      this.#status.show(
        `run ${this.#done + 1} of ${this.#total}: ${nameOf(run)}, step ${step} of ${known.maxSteps}${reward}`,
      );
    }
    if (event.type === 'end') known.end = rewardChange(event.heldOut, known);
  }

  ended(run: PlannedRun, outcome: TrainOutcome): void {
    const end = this.#training.get(run)?.end;
    this.#training.delete(run);
    if (outcome.outcome === 'done') this.#done += 1;
    const words =
      outcome.outcome === 'failed'
        ? `failed: ${outcome.reason}`
        : `${outcome.outcome}${end === undefined ? '' : `, ${end}`}`;
    this.#line(`${this.#done} of ${this.#total}  ${nameOf(run)}: ${words}`);
  }

  clear(): void {
    this.#status.clear();
  }

  #line(text: string): void {
    if (this.#quiet) return;
    this.#status.clear();
    this.#stream.write(`${visible(text)}\n`);
  }
}

const nameOf = ({ wanted: { setting, seed } }: PlannedRun): string => `${setting.label} · seed ${seed}`;
