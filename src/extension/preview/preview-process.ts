import { type ChildProcess, fork } from 'node:child_process';
import { type Disposable, EventEmitter, type LogOutputChannel } from 'vscode';
import { killTree } from '../../processes/kill-tree.ts';
import { type PreviewCommand, type PreviewEvent, previewEvent } from '../../protocol/preview.ts';

/** After this many unexpected ends within a minute it is left alone until it is asked for again by hand. */
const MOST_DEATHS = 3;
const LAST_WORDS = 2000;

/** The preview process: started by the first request, started anew when it dies, and never longer there than this window. */
export class PreviewProcess implements Disposable {
  readonly #script: string;
  readonly #log: LogOutputChannel;
  readonly #emitter = new EventEmitter<PreviewEvent>();
  readonly #died = new EventEmitter<string>();
  #child: ChildProcess | undefined;
  /** What waits for the process to listen. */
  #waiting: PreviewCommand[] | undefined;
  #deaths: number[] = [];
  #disposed = false;

  readonly onDidEmit = this.#emitter.event;
  /** It ended by itself, with what it said last: requests that were not answered are lost. */
  readonly onDidDie = this.#died.event;

  constructor(script: string, log: LogOutputChannel) {
    this.#script = script;
    this.#log = log;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Whether it has died so often that only a person should start it again. */
  get givenUp(): boolean {
    const minuteAgo = Date.now() - 60_000;
    this.#deaths = this.#deaths.filter((at) => at > minuteAgo);
    return this.#deaths.length >= MOST_DEATHS;
  }

  /** Forgets earlier ends: someone asks for it by hand. */
  forgive(): void {
    this.#deaths = [];
  }

  send(command: PreviewCommand): void {
    if (this.#disposed || this.givenUp) return;
    const child = this.#child ?? this.#start();
    if (this.#waiting) this.#waiting.push(command);
    // Writing to a process that has just ended is no error: `exit` tells.
    else if (child.connected) child.send(command, () => {});
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#child) killTree(this.#child);
    this.#emitter.dispose();
    this.#died.dispose();
  }

  #start(): ChildProcess {
    const child = fork(this.#script, [], {
      // Inside VS Code the running executable is Electron.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      // The host's own arguments (a debugger's port) are not for it.
      execArgv: ['--enable-source-maps', '--no-warnings'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
    });
    this.#child = child;
    this.#waiting = [];
    let lastWords = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        lastWords = (lastWords + text).slice(-LAST_WORDS);
      });
    child.on('message', (message) => this.#receive(child, message));
    child.on('error', (error) => {
      lastWords += error.message;
      if (child.pid === undefined) this.#onExit(child, lastWords);
    });
    child.on('exit', () => this.#onExit(child, lastWords));
    return child;
  }

  #receive(child: ChildProcess, message: unknown): void {
    const event = previewEvent.safeParse(message);
    if (!event.success || this.#disposed) return;
    if (event.data.type === 'ready') {
      for (const command of this.#waiting ?? []) child.send(command, () => {});
      this.#waiting = undefined;
    }
    this.#emitter.fire(event.data);
  }

  #onExit(child: ChildProcess, lastWords: string): void {
    if (this.#disposed || this.#child !== child) return;
    this.#child = undefined;
    this.#waiting = undefined;
    this.#deaths.push(Date.now());
    const how = child.signalCode ?? `status ${child.exitCode}`;
    this.#log.warn(`The preview process ended unexpectedly (${how}). ${lastWords.trim()}`);
    this.#died.fire(lastWords);
  }
}
