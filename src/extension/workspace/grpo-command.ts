import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Disposable } from 'vscode';
import { killTree } from '../../processes/kill-tree.ts';
import type { Problem } from '../../protocol/errors.ts';
import { commandProblem } from '../../protocol/problem.ts';

const LAST_WORDS = 4000;

/** How a command ended: `lastWords` is the end of what it wrote to stderr. */
export interface CommandExit {
  ok: boolean;
  /** Why it failed, where that was foreseen. */
  problem: Problem | undefined;
  lastWords: string;
}

/** One `grpo COMMAND ... --json` in a process of its own; disposing of it ends it. */
export class GrpoCommand implements Disposable {
  readonly exited: Promise<CommandExit>;
  readonly #child: ChildProcess;
  #problem: Problem | undefined;
  #lastWords = '';
  #gone = false;

  /** `script` is `dist/grpo.js`; `onLine` gets each line of the output. `env`: for commands that load an engine. */
  constructor(
    script: string,
    args: string[],
    cwd: string,
    onLine: (line: string) => void,
    { env = process.env }: { env?: NodeJS.ProcessEnv } = {},
  ) {
    this.#child = spawn(process.execPath, ['--no-warnings', script, ...args, '--json'], {
      cwd,
      // Inside VS Code the running executable is Electron.
      env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
      // The channel is for its problem.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      windowsHide: true,
      // A group of its own, so that everything it starts can be ended with it.
      detached: process.platform !== 'win32',
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    this.#child.on('message', (message) => {
      const parsed = commandProblem.safeParse(message);
      if (parsed.success) this.#problem = parsed.data.problem;
    });
    this.exited = this.#watch(onLine);
  }

  dispose(): void {
    if (!this.#gone) killTree(this.#child);
  }

  async #watch(onLine: (line: string) => void): Promise<CommandExit> {
    const lines = createInterface({ input: this.#child.stdout! });
    lines.on('line', onLine);
    try {
      const read = once(lines, 'close');
      // Which waits for the pipes and the channel.
      await once(this.#child, 'close');
      await read;
    } catch (error) {
      this.#lastWords += (error as Error).message;
    }
    this.#gone = true;
    return { ok: this.#child.exitCode === 0, problem: this.#problem, lastWords: this.#lastWords.trim() };
  }
}
