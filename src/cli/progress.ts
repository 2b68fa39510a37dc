import type { TrainerEvent } from '../protocol/events.ts';
import { findingText } from '../protocol/finding.ts';
import { rewardChange } from '../protocol/held-out.ts';
import type { MetricsRow } from '../protocol/run-folder.ts';
import { type Schedule, stepsAlone } from '../protocol/schedule.ts';
import { stageText } from '../protocol/stage-spans.ts';
import { StepTimes } from '../protocol/step-times.ts';
import { formatDuration } from '../text/duration.ts';
import { visible } from '../text/visible.ts';

/** What progress needs of process.stderr. */
export interface ProgressStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

const BAR_WIDTH = 16;

/** Shows a run's events to a person: a bar that stays in place on a terminal, one plain line per step elsewhere. */
export class Progress {
  readonly #stream: ProgressStream;
  #maxSteps = 0;
  #step = 0;
  #schedule: Schedule = stepsAlone(0);
  /** Of the first step and the last one. */
  readonly #rewards: { first: number | null; last: number | null } = { first: null, last: null };
  #lastTokens = 0;
  readonly #times = new StepTimes();
  #figures = '';
  #phase = '';
  #loaded: number | undefined;
  #barShown = false;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  show(event: TrainerEvent): void {
    switch (event.type) {
      case 'start':
        this.#maxSteps = event.maxSteps;
        this.#step = event.resumedFrom;
        this.#schedule = event.schedule ?? stepsAlone(event.maxSteps);
        // A resumed run's tokens are counted from its first new step on.
        this.#lastTokens = event.resumedFrom === 0 ? 0 : Number.NaN;
        this.#line(`${event.name} on ${event.device}, run folder ${event.run}`);
        if (event.resumedFrom > 0) this.#line(`continuing from step ${event.resumedFrom}`);
        break;
      case 'phase':
        this.#phase = event.phase;
        // Read to the end, a model that nothing else follows leaves no bar behind.
        this.#loaded = event.phase === 'load' && event.share !== 1 ? event.share : undefined;
        if (event.phase !== 'load' && event.share !== undefined)
          this.#phase = `${event.phase} ${Math.round(100 * event.share)} %`;
        break;
      case 'stage':
        this.#line(`stage ${event.number} of ${event.of}: ${stageText(event)}`);
        break;
      case 'scored':
        break;
      case 'step':
        this.#step = event.step;
        this.#figures = this.#describe(event.metrics);
        if (!this.#stream.isTTY) this.#line(`step ${this.#step}/${this.#maxSteps}  ${this.#figures}`);
        break;
      case 'eval':
        this.#line(
          `held-out reward ${event.step === 0 ? 'before the first step' : `after step ${event.step}`}: ${number(event.reward)}${means(event.rewards)}`,
        );
        break;
      case 'checkpoint':
        if (!this.#stream.isTTY) this.#line(`checkpoint ${event.path}`);
        break;
      case 'state':
        if (event.reason) this.#line(`${event.state}: ${event.reason}`);
        break;
      case 'log':
        this.#line(event.level === 'info' ? event.message : `${event.level}: ${event.message}`);
        break;
      case 'end':
        this.#clearBar();
        if (this.#stream.isTTY) this.#stream.write(`${this.#bar()}\n`);
        for (const finding of event.findings ?? []) this.#line(`warning: ${findingText(finding)}`);
        this.#line(this.#ending(event));
        return;
      case 'differences':
        break;
      default:
        event satisfies never;
    }
    this.#drawBar();
  }

  #describe(metrics: MetricsRow): string {
    const { step_time: seconds, reward = null } = metrics;
    this.#times.add(metrics);
    this.#rewards.first ??= reward;
    this.#rewards.last = reward;
    const tokens = (metrics.num_tokens ?? Number.NaN) - this.#lastTokens;
    this.#lastTokens = metrics.num_tokens ?? this.#lastTokens;
    // A supervised stage has no rewards.
    const figures =
      metrics.mean_token_accuracy === undefined
        ? [`reward ${number(metrics.reward)}`]
        : [`loss ${number(metrics.loss)}  accuracy ${number(metrics.mean_token_accuracy)}`];
    if (seconds && tokens >= 0) figures.push(`${Math.round(tokens / seconds)} tokens/s`);
    const left = this.#times.left(this.#step, this.#schedule);
    if (left !== undefined) figures.push(`${formatDuration(left)} left`);
    return figures.join('  ');
  }

  #ending({ outcome, step, checkpoint, error, heldOut }: Extract<TrainerEvent, { type: 'end' }>): string {
    if (outcome === 'failed') return `failed after step ${step}: ${error ?? 'for an unknown reason'}`;
    const change = rewardChange(heldOut, this.#rewards);
    const where = checkpoint === null ? '' : `; checkpoint ${checkpoint}`;
    return `${outcome} after step ${step}${change === undefined ? '' : `: ${change}`}${where}`;
  }

  #bar(): string {
    if (this.#loaded !== undefined) return `${bar(this.#loaded)} ${Math.round(100 * this.#loaded)} % of the model`;
    const share = this.#maxSteps === 0 ? 0 : Math.min(this.#step / this.#maxSteps, 1);
    return `${bar(share)} ${this.#step}/${this.#maxSteps}  ${this.#figures}`;
  }

  #line(text: string): void {
    this.#clearBar();
    this.#stream.write(`${visible(text)}\n`);
  }

  #drawBar(): void {
    if (!this.#stream.isTTY) return;
    this.#clearBar();
    if (this.#maxSteps === 0 && this.#loaded === undefined) return;
    const line = this.#phase ? `${this.#bar()}  ${this.#phase}` : this.#bar();
    // A line that wraps could not be taken back.
    this.#stream.write(line.slice(0, (this.#stream.columns ?? 80) - 1));
    this.#barShown = true;
  }

  #clearBar(): void {
    if (this.#barShown) this.#stream.write('\r\x1b[2K');
    this.#barShown = false;
  }
}

const bar = (share: number): string => {
  const filled = Math.round(share * BAR_WIDTH);
  return '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
};

const number = (value: number | null | undefined): string => (typeof value === 'number' ? value.toFixed(3) : '-');

function means(rewards: Record<string, number | null>): string {
  const parts = Object.entries(rewards).map(([name, mean]) => `${name} ${number(mean)}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
