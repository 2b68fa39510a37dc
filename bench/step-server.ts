import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { onLines } from '../src/processes/lines.ts';
import type { MeasuredStep, Side } from './phases.ts';

/** How much of what a process says on its standard error is kept, to be shown if it fails. */
const KEPT_CHARACTERS = 4000;

/** A process that takes one training step whenever it is asked, and otherwise waits. */
export class StepServer {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: string[] = [];
  #failure: Error | undefined;
  #wake = () => {};
  #side: Side | undefined;

  private constructor(name: string, command: string, args: string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARACTERS);
    });
    onLines(this.#child.stdout, (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    const fail = (reason: string) => {
      this.#failure ??= new Error(`${name} ${reason}.\n${said}`);
      this.#wake();
    };
    this.#child.on('error', ({ message }) => fail(`could not be started (${message})`));
    this.#child.on('close', (code, signal) => fail(`ended early (${signal ?? `status ${code}`})`));
    // A process that has gone tells by its end.
    this.#child.stdin.on('error', () => {});
  }

  /** Starts a process that says what it trains when it has loaded; rejects when it ends before. */
  static async start(name: string, command: string, args: string[], env = process.env): Promise<StepServer> {
    const server = new StepServer(name, command, args, env);
    server.#side = JSON.parse(await server.#line());
    return server;
  }

  get side(): Side {
    return this.#side!;
  }

  async step(): Promise<MeasuredStep> {
    this.#child.stdin.write('step\n');
    return JSON.parse(await this.#line());
  }

  /** Lets the process end. */
  close(): void {
    this.#child.stdin.end();
  }

  async #line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
