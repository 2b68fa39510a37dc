import { type ChildProcess, fork, type StdioOptions, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { asNode } from './as-node.ts';
import { killTree } from './kill-tree.ts';
import { onLines } from './lines.ts';
import { endMarked } from './marked.ts';

/** What to start: a program with its arguments, or a Node script of ours, which sends and gets messages. */
export type Launch = { args: readonly string[]; cwd?: string; env?: NodeJS.ProcessEnv } & (
  | { command: string; stdio?: StdioOptions; shell?: boolean }
  | { script: string }
);

export interface ChildOptions {
  /** Gets what it prints: text as it comes, of so many bytes. */
  onPrint?: (text: string, stream: 'stdout' | 'stderr', bytes: number) => void;
  /** Gets the lines of its stdout, which then count neither as printed nor as last words. */
  onLine?: (line: string) => void;
  /** In its environment: what has left its group is found by it. */
  mark?: string;
}

/** How it ended: `error` says why it could not be started. */
export interface ChildEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  error: Error | undefined;
}

const LAST_WORDS = 4000;
/** What it said before its end may still be on its way, but something that it started can keep the pipes open for good. */
const LAST_WORDS_SECONDS = 1;

/** A child process, and all that it starts: they have a group of their own and end together. Ctrl-C in our terminal does not reach them. */
export class Child {
  readonly process: ChildProcess;
  /** Settled when the process is gone, or could not be started. */
  readonly gone: Promise<ChildEnd>;
  /** Settled when all that it started is gone as well, and what it said last is heard. */
  readonly ended: Promise<ChildEnd>;
  readonly #options: ChildOptions;
  #isGone = false;
  #lastWords = '';

  constructor(launch: Launch, options: ChildOptions = {}) {
    this.#options = options;
    this.process = start(launch);
    const { stdout, stderr } = this.process;
    if (stdout && options.onLine) onLines(stdout, options.onLine);
    for (const [name, stream] of Object.entries({ stdout: options.onLine ? null : stdout, stderr }))
      if (stream) this.#hear(stream, name as 'stdout' | 'stderr');
    const closed = new Promise((resolve) => this.process.once('close', resolve));
    this.gone = this.#watch();
    this.ended = this.#watchPipes(closed);
  }

  /** The end of what it printed. */
  get lastWords(): string {
    return this.#lastWords.trim();
  }

  /** To one that gets messages. Writing to a process that has just ended is no error: its end tells. */
  send(message: object): void {
    if (this.process.connected) this.process.send(message, () => {});
  }

  /** Kills it and all that it started. */
  kill(): void {
    if (!this.#isGone) killTree(this.process.pid);
  }

  /** Whether it is gone within that time. */
  async leaves(seconds: number): Promise<boolean> {
    const ended = this.ended.then(() => true);
    return Promise.race([ended, sleep(seconds * 1000, false, { ref: false })]);
  }

  #hear(stream: NodeJS.ReadableStream, name: 'stdout' | 'stderr'): void {
    const decoder = new StringDecoder('utf8');
    stream.on('data', (chunk: Buffer) => {
      const text = decoder.write(chunk);
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
      this.#options.onPrint?.(text, name, chunk.length);
    });
  }

  async #watch(): Promise<ChildEnd> {
    const error = await new Promise<Error | undefined>((resolve) => {
      this.process.once('exit', () => resolve(undefined));
      // This event is also emitted for a process that runs and could not be signalled.
      this.process.on('error', (reason) => this.process.pid === undefined && resolve(reason));
    });
    // Nobody but what it started is left in its group, and may hold on to it.
    killTree(this.process.pid);
    this.#isGone = true;
    return { code: this.process.exitCode, signal: this.process.signalCode, error };
  }

  async #watchPipes(closed: Promise<unknown>): Promise<ChildEnd> {
    const end = await this.gone;
    if (this.#options.mark !== undefined) await endMarked(this.#options.mark);
    if (end.error === undefined) {
      await Promise.race([closed, sleep(LAST_WORDS_SECONDS * 1000, undefined, { ref: false })]);
      // One more turn of the event loop: if it was this process that was busy, they may be waiting to be read.
      await new Promise(setImmediate);
    }
    // Without a file descriptor left, there are no pipes.
    for (const stream of this.process.stdio ?? []) stream?.destroy();
    return end;
  }
}

function start(launch: Launch): ChildProcess {
  const { args, cwd, env } = launch;
  const how = { cwd, env: asNode(env), detached: process.platform !== 'win32', windowsHide: true };
  if ('command' in launch) {
    const { command, shell = false, stdio = ['ignore', 'pipe', 'pipe'] } = launch;
    return spawn(command, args, { ...how, shell, stdio });
  }
  // The host's own arguments (a debugger's port) are not for it.
  const execArgv = ['--enable-source-maps', '--no-warnings'];
  return fork(launch.script, args, { ...how, execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}
