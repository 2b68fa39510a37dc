import { Child } from '../processes/child.ts';
import { reasonIn } from '../processes/reason-in.ts';
import { BadInput, RunFailure } from '../protocol/errors.ts';
import type { MetricsRow } from '../protocol/run-folder.ts';
import { scalarsOf } from '../tensorboard/tags.ts';
import { oneLine } from '../text/visible.ts';

/** Ends with 3 where there is no trackio; otherwise when its input does, which is also what the death of whoever started it looks like. */
const SCRIPT = `import json, sys
try:
    import trackio
except ImportError:
    sys.exit(3)
sys.stdin.reconfigure(encoding="utf-8")
run = json.loads(sys.stdin.readline())
trackio.init(project=run["project"], name=run["name"], config=run["config"], embed=False, auto_log_gpu=False, auto_log_cpu=False)
for line in sys.stdin:
    step, metrics = json.loads(line)
    trackio.log(metrics, step=step)
trackio.finish()
`;
const NO_TRACKIO = 3;

/** The command of Python where nobody names an interpreter. */
export const DEFAULT_PYTHON = process.platform === 'win32' ? 'python' : 'python3';

export interface TrackioOptions {
  project: string;
  name: string;
  config: object;
  /** The interpreter that has trackio. */
  python: string;
}

/**
 * A run in trackio, Hugging Face's experiment tracker, written through the Python package, with the names that transformers gives the metrics. It
 * follows trackio's own settings: by default all stays on this machine.
 */
export class TrackioRun {
  /** Settled when Python has ended: why, if it failed. */
  readonly ended: Promise<Error | undefined>;
  readonly #child: Child;

  constructor({ python, ...run }: TrackioOptions) {
    this.#child = new Child({ command: python, args: ['-c', SCRIPT], stdio: ['pipe', 'pipe', 'pipe'] });
    // Its end tells.
    this.#child.process.stdin?.on('error', () => {});
    this.#write(run);
    this.ended = this.#child.ended.then(({ code, error }) => this.#problem(code, error, python));
  }

  log({ step, ...metrics }: MetricsRow): void {
    this.#write([step, scalarsOf({ step, ...metrics })]);
  }

  /** Why it failed, if it did. One that does not end within that time is killed. */
  async finish(seconds: number): Promise<Error | undefined> {
    this.#child.process.stdin?.end();
    if (await this.#child.leaves(seconds)) return this.ended;
    this.#child.kill();
    return new RunFailure(`trackio did not finish within ${seconds} s.`);
  }

  #write(line: unknown): void {
    this.#child.process.stdin?.write(`${JSON.stringify(line)}\n`);
  }

  #problem(code: number | null, error: Error | undefined, python: string): Error | undefined {
    if (error) return new BadInput(`The Python interpreter ${python} cannot be run; name another one.`);
    if (code === NO_TRACKIO)
      return new BadInput(
        `${python} has no trackio: install it with "${python} -m pip install trackio", or name another interpreter.`,
      );
    // Python's last line says what went wrong.
    const words = reasonIn(this.#child.lastWords);
    return code === 0
      ? undefined
      : new RunFailure(`trackio did not take the run: ${oneLine(words || `status ${code}`)}`);
  }
}
