import { type Disposable, EventEmitter, type LogOutputChannel } from 'vscode';
import { Child, type ChildEnd } from '../../processes/child.ts';
import { type PreviewCommand, type PreviewEvent, previewEvent } from '../../protocol/preview.ts';

/** After this many unexpected ends within a minute it is left alone until it is asked for again by hand. */
const MOST_DEATHS = 3;

/** The preview process: started by the first request, started again when it dies, and gone with this window at the latest. */
export class PreviewProcess implements Disposable {
  readonly #script: string;
  readonly #judgeKeys: () => NodeJS.ProcessEnv;
  readonly #log: LogOutputChannel;
  readonly #emitter = new EventEmitter<PreviewEvent>();
  readonly #died = new EventEmitter<string>();
  #child: Child | undefined;
  /** What waits for the process to listen. */
  #waiting: PreviewCommand[] | undefined;
  #deaths: number[] = [];
  #disposed = false;

  readonly onDidEmit = this.#emitter.event;
  /** It ended unexpectedly, with what it said last: requests that were not answered are lost. */
  readonly onDidDie = this.#died.event;

  /** `judgeKeys`: what reward functions may see besides our environment. */
  constructor(script: string, judgeKeys: () => NodeJS.ProcessEnv, log: LogOutputChannel) {
    this.#script = script;
    this.#judgeKeys = judgeKeys;
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
    else child.send(command);
  }

  /** Starts again with the keys that there are now; whoever waits asks again. */
  renew(): void {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    this.#waiting = undefined;
    child.kill();
    this.#died.fire('');
  }

  dispose(): void {
    this.#disposed = true;
    this.#child?.kill();
    this.#emitter.dispose();
    this.#died.dispose();
  }

  #start(): Child {
    const child = new Child({ script: this.#script, args: [], env: { ...process.env, ...this.#judgeKeys() } });
    this.#child = child;
    this.#waiting = [];
    child.process.on('message', (message) => this.#receive(child, message));
    void child.gone.then((end) => this.#onExit(child, end));
    return child;
  }

  #receive(child: Child, message: unknown): void {
    const event = previewEvent.safeParse(message);
    if (!event.success || this.#disposed || this.#child !== child) return;
    if (event.data.type === 'ready') {
      for (const command of this.#waiting ?? []) child.send(command);
      this.#waiting = undefined;
    }
    this.#emitter.fire(event.data);
  }

  #onExit(child: Child, { code, signal, error }: ChildEnd): void {
    if (this.#disposed || this.#child !== child) return;
    this.#child = undefined;
    this.#waiting = undefined;
    this.#deaths.push(Date.now());
    const lastWords = error?.message ?? child.lastWords;
    this.#log.warn(`The preview process ended unexpectedly (${signal ?? `status ${code}`}). ${lastWords}`);
    this.#died.fire(lastWords);
  }
}
