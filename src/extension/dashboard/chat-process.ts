import { Child, type ChildEnd } from '../../processes/child.ts';
import { type ChatCommand, type ChatEvent, chatEvent } from '../../protocol/chat.ts';

/** The process that a checkpoint and its start model are loaded in, from the first question to the end of the panel. */
export class ChatProcess {
  readonly #child: Child;
  readonly #onEvent: (event: ChatEvent) => void;
  /** What waits for the process to listen. */
  #waiting: ChatCommand[] | undefined = [];
  #disposed = false;

  /** `script` is `dist/chat.js`. Its unexpected end is a `problem` of no question. */
  constructor(script: string, env: NodeJS.ProcessEnv, onEvent: (event: ChatEvent) => void) {
    this.#onEvent = onEvent;
    this.#child = new Child({ script, args: [], env });
    this.#child.process.on('message', (message) => this.#receive(message));
    void this.#child.gone.then((end) => this.#onExit(end));
  }

  send(command: ChatCommand): void {
    if (this.#waiting) this.#waiting.push(command);
    else this.#child.send(command);
  }

  /** Kills it, and the reward workers that it started. */
  dispose(): void {
    this.#disposed = true;
    this.#child.kill();
  }

  #receive(message: unknown): void {
    const event = chatEvent.safeParse(message);
    if (!event.success || this.#disposed) return;
    if (event.data.type === 'ready') {
      for (const command of this.#waiting ?? []) this.#child.send(command);
      this.#waiting = undefined;
    } else this.#onEvent(event.data);
  }

  #onExit({ code, signal, error }: ChildEnd): void {
    if (this.#disposed) return;
    // An error's stack follows it.
    const said = this.#child.lastWords.split('\n').find((line) => /Error: /.test(line));
    const why = error?.message ?? said ?? signal ?? `status ${code}`;
    this.#onEvent({ type: 'problem', id: null, message: `The models' process ended unexpectedly (${why}).` });
  }
}
