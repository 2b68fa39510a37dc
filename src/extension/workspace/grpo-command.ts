import type { Disposable } from 'vscode';
import { Child } from '../../processes/child.ts';
import type { Problem } from '../../protocol/errors.ts';
import type { HostCommand } from '../../protocol/events.ts';
import { type CommandProgress, commandProblem, commandProgress } from '../../protocol/problem.ts';

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

  /** `script` is `dist/grpo.js`; `onLine` gets each line of the output. `env`: for commands that load an engine; `onProgress` hears of those that tell how far they are. */
  constructor(
    script: string,
    args: string[],
    cwd: string,
    onLine: (line: string) => void,
    {
      env = process.env,
      onProgress,
    }: { env?: NodeJS.ProcessEnv; onProgress?: ((progress: CommandProgress) => void) | undefined } = {},
  ) {
    let problem: Problem | undefined;
    this.#child = new Child({ script, args: [...args, '--json'], cwd, env }, { onLine });
    this.#child.process.on('message', (message) => {
      const parsed = commandProblem.safeParse(message);
      if (parsed.success) problem = parsed.data.problem;
      const progress = commandProgress.safeParse(message);
      if (progress.success) onProgress?.(progress.data);
    });
    this.exited = this.#child.ended.then(({ code, error }) => {
      return { ok: code === 0, problem, lastWords: error?.message ?? this.#child.lastWords };
    });
  }

  /** Asks it to end in its own time, which commands that train do: with checkpoints. When we are gone, they do so too. */
  stop(): void {
    this.#child.send({ type: 'stop' } satisfies HostCommand);
  }

  dispose(): void {
    this.#child.kill();
  }
}
