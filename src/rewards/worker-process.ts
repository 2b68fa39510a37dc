import { randomUUID } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, type ChildEnd } from '../processes/child.ts';
import { onLines } from '../processes/lines.ts';
import { markedWith, newMark } from '../processes/marked.ts';
import { reasonIn } from '../processes/reason-in.ts';
import type { SourceLocation } from '../protocol/errors.ts';
import type { WorkerMessage, WorkerReply, WorkerRequest, WorkerStray } from '../protocol/reward-worker.ts';
import { parseWorkerReply } from '../protocol/reward-worker.ts';
import type { FailureKind, RewardFailure } from '../protocol/rewards.ts';
import { defined } from '../text/defined.ts';
import { stringifyExact } from '../text/exact-json.ts';
import type { WorkerLaunch } from './prepare-worker.ts';
import { residentBytes } from './process-memory.ts';
import { WholeLines } from './whole-lines.ts';

/** Why a worker's process ended, as a failure of what it was working on. */
export interface Death extends Partial<SourceLocation> {
  failure: FailureKind;
  message: string;
  /** Where it is the function's doing, the end of a sentence about it: `ended its process by signal SIGKILL`. */
  did?: string;
}

/** A worker's end as that of a row. */
export const failureOf = ({ failure, message, file, line, column }: Death): RewardFailure => ({
  ...{ kind: 'failure', failure, message },
  ...defined({ file, line, column }),
});

const functionDid = (failure: FailureKind, did: string): Death => ({ failure, message: `The function ${did}.`, did });

export interface WorkerLimits {
  memoryLimitBytes: number;
  /** Of what the user's code prints during one request; the rest is dropped. */
  outputLimitBytes: number;
  /** Gets what the user's code prints. */
  onOutput: (text: string) => void;
  /** Hears of what goes wrong outside any call. */
  onStray: (stray: WorkerStray) => void;
}

/** What a reply is to an exchange: one of several, the last one, or none that belongs to its request. */
export type Verdict = 'more' | 'done' | 'wrong';

const LONGEST_REPLY = 64 * 1024 * 1024;
const MEMORY_CHECK_MILLISECONDS = 100;
/** The worker itself reports asynchronous rows that take too long; this much later it must be blocked. */
const GRACE_SECONDS = 0.25;

const words = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

const usedMoreThan = (bytes: number): Death => functionDid('memory', `used more than its ${words(bytes)} of memory`);

/** One live worker process: requests in, replies out, and the limits that end it. Once ended it is of no more use. */
export class WorkerProcess {
  readonly #child: Child;
  #limits: WorkerLimits;
  readonly #key = randomUUID();
  readonly #ended: Promise<void>;
  #death: Death | undefined;
  /** It sent what is no reply: nothing that it sends is believed any more. */
  #refused = false;
  #isBusy = false;
  #onReply: (reply: WorkerReply) => void = () => {};
  #onEnd: (death: Death) => void = () => {};
  #printed = 0;
  /** What is printed. */
  readonly #outputs: Record<'stdout' | 'stderr', WholeLines>;

  constructor({ command, args, cwd, env }: WorkerLaunch, limits: WorkerLimits) {
    this.#limits = limits;
    const onText = (text: string) => this.#limits.onOutput(text);
    this.#outputs = { stdout: new WholeLines(onText), stderr: new WholeLines(onText) };
    const mark = newMark();
    // ONNX Runtime, which a reward may load, has telemetry.
    const marked = { ...env, ...markedWith(mark), ORT_DISABLE_TELEMETRY: '1' };
    const stdio = Array<'pipe'>(5).fill('pipe');
    const onPrint = (text: string, stream: 'stdout' | 'stderr') => this.#print(text, this.#outputs[stream]);
    this.#child = new Child({ command, args, cwd, env: marked, stdio }, { onPrint, mark });
    const [lifeline, , , requests, replies] = this.#child.process.stdio as (Writable | Readable)[];
    // Writing to a process that has just ended is no error of ours: `ended` reports its end.
    for (const stream of [lifeline!, requests!]) stream.on('error', () => {});
    onLines(replies as Readable, (line) => this.#read(line), {
      limit: LONGEST_REPLY,
      onTooLong: () => this.end(functionDid('crash', `gave back more than ${words(LONGEST_REPLY)}`)),
    });
    this.#ended = this.#watchEnd();
  }

  get alive(): boolean {
    return this.#death === undefined;
  }

  /** For a process that was started before it was known what for. */
  set limits(limits: WorkerLimits) {
    this.#limits = limits;
  }

  /**
   * Sends a request and passes its replies on until `onReply` says that it is done (then undefined is returned) or the process
   * ends (then why). Ends it when it is silent for `silenceSeconds` and the grace in which it may say so itself, uses too much memory, or sends what
   * is no reply to the request.
   */
  async exchange(
    request: WorkerRequest,
    silenceSeconds: number,
    onReply: (reply: WorkerReply) => Verdict,
    graceSeconds = GRACE_SECONDS,
  ): Promise<Death | undefined> {
    this.#printed = 0;
    this.#isBusy = true;
    const memoryWatch = this.#watchMemory();
    const cause = functionDid('timeout', `took longer than ${silenceSeconds} s and was stopped`);
    let timer: NodeJS.Timeout | undefined;
    const expectReply = () => {
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          const expired = timer;
          // One more turn of the event loop: if it was this process that was busy, replies may be waiting to be read.
          setImmediate(() => expired === timer && this.end(cause));
        },
        (silenceSeconds + graceSeconds) * 1000,
      );
    };
    try {
      return await new Promise<Death | undefined>((resolve) => {
        this.#onEnd = resolve;
        this.#onReply = (reply) => {
          expectReply();
          const verdict = onReply(reply);
          if (verdict === 'done') resolve(undefined);
          else if (verdict === 'wrong') this.#refuse();
        };
        expectReply();
        const message: WorkerMessage = { key: this.#key, request };
        (this.#child.process.stdio[3] as Writable).write(`${stringifyExact(message)}\n`);
        if (this.#death) this.#ended.then(() => resolve(this.#death));
      });
    } finally {
      this.#isBusy = false;
      this.#onReply = () => {};
      this.#onEnd = () => {};
      clearTimeout(timer);
      timer = undefined;
      memoryWatch.abort();
    }
  }

  /** Kills the process and all that it started; settled when they are gone. The first cause given is the one that counts. */
  end(cause: Death): Promise<void> {
    this.#death ??= cause;
    this.#child.kill();
    return this.#ended;
  }

  #read(line: string): void {
    if (this.#refused) return;
    const reply = parseWorkerReply(line, this.#key);
    if (reply?.type === 'stray') {
      const { type: _, fatal, ...stray } = reply;
      this.#limits.onStray({ ...stray, fatal });
      if (fatal) this.#death ??= { ...stray, failure: 'crash' };
    } else if (reply) this.#onReply(reply);
    else this.#refuse();
  }

  #refuse(): void {
    this.#refused = true;
    const message =
      'The worker sent something that is no reply to its request; the code must not write to file descriptor 4.';
    this.#tellIfIdle(message);
    this.end({ failure: 'crash', message });
  }

  #print(text: string, lines: WholeLines): void {
    const left = this.#limits.outputLimitBytes - this.#printed;
    this.#printed += Buffer.byteLength(text);
    if (left <= 0) return;
    const fits = this.#printed <= this.#limits.outputLimitBytes;
    lines.push(
      fits
        ? text
        : `${Buffer.from(text).subarray(0, left)}\n[output cut off after ${this.#limits.outputLimitBytes} bytes]\n`,
    );
  }

  async #watchEnd(): Promise<void> {
    const { error } = await this.#child.gone;
    if (error)
      this.#death ??= { failure: 'crash', message: `The worker process could not be started (${error.message}).` };
    const end = await this.#child.ended;
    for (const lines of Object.values(this.#outputs)) lines.flush();
    if (!this.#death) {
      this.#death = this.#explainExit(end);
      this.#tellIfIdle(this.#death.message);
    }
    this.#onEnd(this.#death);
  }

  /** Between two requests no row fails of it. */
  #tellIfIdle(message: string): void {
    if (!this.#isBusy) this.#limits.onStray({ message, fatal: true });
  }

  #explainExit({ code, signal }: ChildEnd): Death {
    const { lastWords } = this.#child;
    if (/heap out of memory|allocation failed|MemoryError/i.test(lastWords) && code !== 0)
      return usedMoreThan(this.#limits.memoryLimitBytes);
    const how = signal === null ? `with exit code ${code}` : `by signal ${signal}`;
    const said = reasonIn(lastWords);
    return functionDid('crash', `ended its process ${how}${said ? ` (last output: ${said.slice(0, 200)})` : ''}`);
  }

  #watchMemory(): AbortController {
    const stop = new AbortController();
    const { memoryLimitBytes } = this.#limits;
    const check = async () => {
      while (!stop.signal.aborted && this.alive) {
        const used = (await residentBytes(this.#child.process.pid!)) ?? 0;
        if (used > memoryLimitBytes && !stop.signal.aborted) this.end(usedMoreThan(memoryLimitBytes));
        await sleep(MEMORY_CHECK_MILLISECONDS, undefined, { signal: stop.signal });
      }
    };
    check().catch(() => {});
    return stop;
  }
}
