import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Disposable, type Event, EventEmitter } from 'vscode';
import { killTree } from '../../processes/kill-tree.ts';
import { type HostCommand, type TrainerEvent, type TrainerStatus, trainerMessage } from '../../protocol/events.ts';
import type { TrainerOptions } from '../workspace/request.ts';

/** How a trainer ended. Without `end` it died in mid-run. */
export interface TrainerExit {
  end: Extract<TrainerEvent, { type: 'end' }> | undefined;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr. */
  lastWords: string;
}

const LAST_WORDS = 4000;
/** After its `end`, or when told to terminate, a trainer has this long to leave. */
const LEAVE_SECONDS = 5;
/** It answers within 100 ms, also while it computes; a machine that is short of memory may hold it up. */
const ANSWER_SECONDS = 10;

/** One trainer process. It lives as long as its run, and never longer than this window. */
export class TrainerProcess implements Disposable {
  readonly exited: Promise<TrainerExit>;
  readonly #child: ChildProcess;
  readonly #emitter = new EventEmitter<TrainerEvent>();
  readonly #output = new EventEmitter<string>();
  /** Those who wait for a status. */
  readonly #asking: ((status: TrainerStatus) => void)[] = [];
  #end: TrainerExit['end'];
  #lastWords = '';
  #gone = false;

  /** `env`: see `childEnvironment`. */
  constructor(script: string, options: TrainerOptions, env: NodeJS.ProcessEnv) {
    this.#child = fork(script, [JSON.stringify(options)], {
      cwd: dirname(options.configFile),
      env,
      // The host's own arguments (a debugger's port) are not for it.
      execArgv: ['--enable-source-maps', '--no-warnings'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: Ctrl-C in the terminal that started the editor must not reach it before it could write a checkpoint.
      detached: process.platform !== 'win32',
    });
    this.#child.on('message', (message) => this.#receive(message));
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
        this.#output.fire(text);
      });
    this.exited = this.#watchExit();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get onDidEmit(): Event<TrainerEvent> {
    return this.#emitter.event;
  }

  /** What it prints: warnings of native libraries, and its last words. */
  get onDidPrint(): Event<string> {
    return this.#output.event;
  }

  send(command: HostCommand): void {
    // Writing to a process that has just ended is no error: `exited` tells.
    if (this.#child.connected) this.#child.send(command, () => {});
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
    if (!(await this.#leaves(LEAVE_SECONDS))) this.kill();
    await this.exited;
  }

  kill(): void {
    if (!this.#gone) killTree(this.#child);
  }

  /** Whether it is gone within that time. */
  async #leaves(seconds: number): Promise<boolean> {
    const gone = this.exited.then(() => true);
    return Promise.race([gone, sleep(seconds * 1000, false, { ref: false })]);
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
      void this.#leaves(LEAVE_SECONDS).then((left) => left || this.kill());
    }
    this.#emitter.fire(data);
  }

  async #watchExit(): Promise<TrainerExit> {
    const child = this.#child;
    // Both: messages may still be in the channel when the process is gone.
    const disconnected = child.connected ? once(child, 'disconnect') : Promise.resolve();
    const closed = once(child, 'close').catch(() => {});
    try {
      await once(child, 'exit');
      await Promise.race([disconnected, sleep(2000, undefined, { ref: false })]);
      await Promise.race([closed, sleep(500, undefined, { ref: false })]);
    } catch (error) {
      this.#lastWords += `The trainer could not be started: ${(error as Error).message}`;
    }
    this.#gone = true;
    return { end: this.#end, code: child.exitCode, signal: child.signalCode, lastWords: this.#lastWords.trim() };
  }
}
