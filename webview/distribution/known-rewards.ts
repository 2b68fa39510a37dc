import type { StepRewards } from '../../src/protocol/dashboard-overview.ts';
import { sampledUpTo } from '../../src/protocol/stage-spans.ts';
import { host, onMessage } from '../host.ts';
import type { Store } from '../store.ts';
import { sampledSteps } from './sampled-steps.ts';

/** The rewards of steps as far as the host has read them; asks for those that are missing in what is shown. */
export class KnownRewards {
  readonly #store: Store;
  /** Undefined: cannot be read. */
  readonly #steps = new Map<number, StepRewards | undefined>();
  #asked: ReadonlySet<number> = new Set();
  #run: object | undefined;
  /** Whether some of what was asked for last has not been read yet. */
  waits = false;

  constructor(store: Store, onNews: () => void) {
    this.#store = store;
    onMessage('distribution', ({ steps, missing }) => {
      for (const rewards of steps) this.#steps.set(rewards.step, rewards);
      for (const step of missing) this.#steps.set(step, undefined);
      onNews();
    });
  }

  /** Those of a range of steps that are known, in ascending order. The others are on their way. */
  within(from: number, to: number): StepRewards[] {
    const { main, newestRollouts, stages } = this.#store;
    // After it was taken back, the run may have other completions at the same steps.
    if (main !== this.#run) {
      this.#run = main;
      this.#steps.clear();
      this.#asked = new Set();
    }
    const wanted = sampledSteps(from, Math.min(to, newestRollouts)).filter(
      (step) => sampledUpTo(stages, step) === step,
    );
    const unknown = wanted.filter((step) => !this.#steps.has(step));
    this.waits = unknown.length > 0;
    this.#ask(unknown);
    return wanted.flatMap((step) => this.#steps.get(step) ?? []).sort((a, b) => a.step - b.step);
  }

  #ask(steps: readonly number[]): void {
    // The rest of what was asked for is still being read.
    if (steps.every((step) => this.#asked.has(step))) return;
    this.#asked = new Set(steps);
    host.postMessage({ type: 'distribution', steps: [...steps] });
  }
}
