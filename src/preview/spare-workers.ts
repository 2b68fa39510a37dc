import type { WorkerLaunch } from '../rewards/prepare-worker.ts';
import type { WorkerSource } from '../rewards/reward-file.ts';
import { type WorkerLimits, WorkerProcess } from '../rewards/worker-process.ts';

/**
 * Workers that are started before they are needed, so that an edit need not wait for Node or Python to come up. Python workers that
 * are done with a text come back: what they have imported stays warm. (An ES module cannot be unloaded, and Node starts fast.)
 */
export class SpareWorkers implements WorkerSource {
  readonly #spares = new Map<string, WorkerProcess[]>();
  #closed = false;

  take(launch: WorkerLaunch, limits: WorkerLimits): WorkerProcess {
    const spares = this.#sparesFor(launch);
    let worker = spares.pop();
    while (worker && !worker.alive) worker = spares.pop();
    worker ??= new WorkerProcess(launch, limits);
    worker.limits = limits;
    return worker;
  }

  async leave(launch: WorkerLaunch, worker: WorkerProcess): Promise<void> {
    if (launch.language === 'python' && !this.#closed) this.#sparesFor(launch).push(worker);
    else await end(worker);
  }

  /** Has one ready for the next `take`. */
  refill(launch: WorkerLaunch): void {
    const spares = this.#sparesFor(launch);
    if (this.#closed || spares.some(({ alive }) => alive)) return;
    const { memoryLimitBytes } = launch.load;
    const limits = { memoryLimitBytes, outputLimitBytes: 0, onOutput: () => {}, onStray: () => {} };
    spares.push(new WorkerProcess(launch, limits));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const spares = [...this.#spares.values()].flat();
    this.#spares.clear();
    await Promise.all(spares.map(end));
  }

  #sparesFor({ command, args, cwd, env }: WorkerLaunch): WorkerProcess[] {
    const key = JSON.stringify([command, args, cwd, env]);
    const spares = this.#spares.get(key) ?? [];
    this.#spares.set(key, spares);
    return spares;
  }
}

const end = (worker: WorkerProcess) => worker.end({ failure: 'crash', message: 'The preview was closed.' });
