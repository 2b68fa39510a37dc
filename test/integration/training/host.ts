import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import {
  type HostCommand,
  type TrainerEvent,
  type TrainerStatus,
  trainerMessage,
} from '../../../src/protocol/events.ts';
import type { DifferenceChoice } from '../../../src/protocol/run-differences.ts';
import { trainerScript } from './workspace.ts';

interface Options {
  configFile: string;
  set?: string[];
  out?: string;
  resume?: boolean;
  differences?: DifferenceChoice;
  checkFirst?: boolean;
}

/** How a trainer ends that kills itself. */
export const KILLED = process.platform === 'win32' ? 1 : 'SIGKILL';

/** An editor's part: a trainer process, its events, and what it is told. */
export class Host {
  readonly events: TrainerEvent[] = [];
  /** Answers to `status`, each with the milliseconds that it took. */
  readonly answers: (TrainerStatus & { latency: number })[] = [];
  /** Exit status, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>;
  /** When those questions were asked that are not answered yet. */
  readonly #asked: number[] = [];
  readonly #child: ChildProcess;
  #heard = () => {};

  constructor(options: Options, process: ForkOptions = {}) {
    this.#child = fork(trainerScript, [JSON.stringify(options)], process);
    onTestFinished(() => void this.#child.kill('SIGKILL'));
    this.exit = once(this.#child, 'exit').then(([code, signal]) => code ?? signal);
    this.#child.on('message', (sent) => {
      const message = trainerMessage.parse(sent);
      if (message.type === 'status')
        this.answers.push({ ...message, latency: performance.now() - this.#asked.shift()! });
      else this.events.push(message);
      this.#heard();
    });
    this.#child.on('exit', () => this.#heard());
  }

  get unanswered(): number {
    return this.#asked.length;
  }

  send(type: HostCommand['type']): void {
    if (type === 'status') this.#asked.push(performance.now());
    this.#child.send({ type });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  leave(): void {
    this.#child.disconnect();
  }

  /** The next event like this, from the `from`-th on. */
  async until(holds: (event: TrainerEvent) => boolean, from = 0): Promise<TrainerEvent> {
    for (;;) {
      const found = this.events.slice(from).find(holds);
      if (found) return found;
      await this.#somethingHeard();
    }
  }

  /** The next status like this, of those that are asked for from now on. */
  async untilStatus(holds: (status: TrainerStatus) => boolean): Promise<TrainerStatus> {
    for (;;) {
      const from = this.answers.length + this.unanswered;
      this.send('status');
      while (this.answers.length <= from) await this.#somethingHeard();
      const found = this.answers.slice(from).find(holds);
      if (found) return found;
    }
  }

  async #somethingHeard(): Promise<void> {
    if (this.#child.exitCode !== null) throw new Error(`the trainer ended with ${this.#child.exitCode}`);
    await new Promise<void>((resolve) => {
      this.#heard = resolve;
    });
  }
}
