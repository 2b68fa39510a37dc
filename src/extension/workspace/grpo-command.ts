import type { Disposable } from 'vscode';
import { Child } from '../../processes/child.ts';

/** How a command ended: `lastWords` is the end of what it wrote to stderr, a sentence for people when it failed. */
export interface CommandExit {
  ok: boolean;
  lastWords: string;
}

/** One `grpo COMMAND ... --json` in a process of its own; disposing of it ends it. */
export class GrpoCommand implements Disposable {
  readonly exited: Promise<CommandExit>;
  readonly #child: Child;

  /** `script` is `dist/grpo.js`; `onLine` gets each line of the output. `env`: for commands that load an engine. */
  constructor(
    script: string,
    args: string[],
    cwd: string,
    onLine: (line: string) => void,
    { env = process.env }: { env?: NodeJS.ProcessEnv } = {},
  ) {
    const launch = { command: process.execPath, args: ['--no-warnings', script, ...args, '--json'], cwd, env };
    this.#child = new Child(launch, { onLine });
    this.exited = this.#child.ended.then(({ code, error }) => {
      return { ok: code === 0, lastWords: error?.message ?? this.#child.lastWords };
    });
  }

  dispose(): void {
    this.#child.kill();
  }
}
