import type { Disposable } from 'vscode';
import { Child } from '../../processes/child.ts';
import { checkProgress } from '../../protocol/check-report.ts';
import type { Problem } from '../../protocol/errors.ts';
import { commandProblem } from '../../protocol/problem.ts';

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
  readonly #child: Child;

  /** `script` is `dist/grpo.js`; `onLine` gets each line of the output. `env`: for commands that load an engine; `onProgress` hears what they are doing. */
  constructor(
    script: string,
    args: string[],
    cwd: string,
    onLine: (line: string) => void,
    { env = process.env, onProgress }: { env?: NodeJS.ProcessEnv; onProgress?: (message: string) => void } = {},
  ) {
    let problem: Problem | undefined;
    this.#child = new Child({ script, args: [...args, '--json'], cwd, env }, { onLine });
    this.#child.process.on('message', (message) => {
      const parsed = commandProblem.safeParse(message);
      if (parsed.success) problem = parsed.data.problem;
      const progress = checkProgress.safeParse(message);
      if (progress.success) onProgress?.(progress.data.message);
    });
    this.exited = this.#child.ended.then(({ code, error }) => {
      return { ok: code === 0, problem, lastWords: error?.message ?? this.#child.lastWords };
    });
  }

  dispose(): void {
    this.#child.kill();
  }
}
