import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Disposable, type Event, EventEmitter } from 'vscode';
import { Child } from '../../processes/child.ts';
import { type HostCommand, type TrainerEvent, type TrainerStatus, trainerMessage } from '../../protocol/events.ts';
import type { TrainerOptions } from '../../protocol/trainer-options.ts';

/** How a trainer ended. Without `end` it died in mid-run. */
export interface TrainerExit {
  end: Extract<TrainerEvent, { type: 'end' }> | undefined;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it printed. */
  lastWords: string;
}

/** After its `end`, or when told to terminate, a trainer has this long to leave. */
const LEAVE_SECONDS = 5;
/** It answers within 100 ms, also while it computes; a machine that is short of memory may hold it up. */
const ANSWER_SECONDS = 10;

/** One trainer process. It lives as long as its run, and never longer than this window. */
export class TrainerProcess implements Disposable {
  readonly exited: Promise<TrainerExit>;
  readonly #child: Child;
  readonly #emitter = new EventEmitter<TrainerEvent>();
  readonly #output = new EventEmitter<string>();
  /** Those who wait for a status. */
  readonly #asking: ((status: TrainerStatus) => void)[] = [];
  #end: TrainerExit['end'];

  /** `env`: see `childEnvironment`. */
  constructor(script: string, options: TrainerOptions, env: NodeJS.ProcessEnv) {
    // Ctrl-C in the terminal that started the editor must not reach it before it could write a checkpoint: it has a group of its own.
    const launch = { script, args: [JSON.stringify(options)], cwd: dirname(options.configFile), env };
    this.#child = new Child(launch, { onPrint: (text) => this.#output.fire(text) });
    this.#child.process.on('message', (message) => this.#receive(message));
    this.exited = this.#watchExit();
  }

  get pid(): number | undefined {
    return this.#child.process.pid;
  }

  get onDidEmit(): Event<TrainerEvent> {
    return this.#emitter.event;
  }

  /** What it prints: warnings of native libraries, and its last words. */
  get onDidPrint(): Event<string> {
    return this.#output.event;
  }

  send(command: HostCommand): void {
    this.#child.send(command);
  }

  /** Where it is; undefined when it is gone or does not answer. */
  async status(): Promise<TrainerStatus | undefined> {
    const answered = new Promise<TrainerStatus>((resolve) => this.#asking.push(resolve));
    this.send({ type: 'status' });
    const gone = this.exited.then(() => undefined);
    return Promise.race([answered, gone, sleep(ANSWER_SECONDS * 1000, undefined, { ref: false })]);
  }

  /** Ends it without a checkpoint: asks, then kills. */
  async terminate(): Promise<void> {
    this.send({ type: 'terminate' });
    if (!(await this.#child.leaves(LEAVE_SECONDS))) this.kill();
    await this.exited;
  }

  kill(): void {
    this.#child.kill();
  }

  dispose(): void {
    this.kill();
    this.#emitter.dispose();
    this.#output.dispose();
  }

  #receive(message: unknown): void {
    const parsed = trainerMessage.safeParse(message);
    // A newer trainer may say more than we know.
    if (!parsed.success) return;
    const { data } = parsed;
    if (data.type === 'status') {
      for (const answer of this.#asking.splice(0)) answer(data);
      return;
    }
    if (data.type === 'end') {
      this.#end = data;
      void this.#child.leaves(LEAVE_SECONDS).then((left) => left || this.kill());
    }
    this.#emitter.fire(data);
  }

  async #watchExit(): Promise<TrainerExit> {
    const { code, signal, error } = await this.#child.ended;
    const { lastWords } = this.#child;
    const end = this.#end;
    if (error) return { end, code, signal, lastWords: `The trainer could not be started: ${error.message}` };
    return { end, code, signal, lastWords };
  }
}
