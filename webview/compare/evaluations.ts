import type { HostMessage } from '../../src/protocol/dashboard.ts';
import { heldOutOf } from '../../src/protocol/run-results.ts';
import { host, onMessage } from '../host.ts';
import type { ShownRun, Store } from '../store.ts';
import { shownRuns } from './overlays.ts';

export type RunEvaluation = Extract<HostMessage, { type: 'runEvaluation' }>;

/** The recorded evaluations of the runs that are shown, as they were asked for. */
export class Evaluations {
  readonly #store: Store;
  readonly #known = new Map<string, RunEvaluation>();
  readonly #asked = new Map<string, string>();

  constructor(store: Store, onArrival: () => void) {
    this.#store = store;
    onMessage('runEvaluation', (message) => {
      const wanted = this.#wanted(message.folder);
      // An earlier answer, of a step that has since been changed for another.
      if (wanted !== null && message.step !== wanted && message.steps.includes(wanted)) return;
      this.#known.set(message.folder, message);
      onArrival();
    });
  }

  get(folder: string): RunEvaluation | undefined {
    return this.#known.get(folder);
  }

  /** Asks for what is not there yet: also when a run has been evaluated since. */
  ask(): void {
    for (const run of shownRuns(this.#store)) {
      const { folder } = run.head;
      const wanted = this.#wanted(folder);
      const key = JSON.stringify([wanted, lastEvaluated(run)]);
      if (this.#asked.get(folder) === key) continue;
      this.#asked.set(folder, key);
      host.postMessage({ type: 'runEvaluation', folder, step: wanted });
    }
  }

  #wanted(folder: string): number | null {
    return this.#store.layout.evaluationSteps[folder] ?? null;
  }
}

const lastEvaluated = ({ columns }: ShownRun): number | undefined => heldOutOf(columns, 'eval_reward')?.step;
