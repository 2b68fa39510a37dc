import type { DatasetSummary, RowMapping } from '../../protocol/dataset-summary.ts';
import type { Clock } from '../workspace/clock.ts';

/** What to look at the dataset with. */
export interface Look {
  model: string | null;
  /** Null: the proposal. */
  mapping: RowMapping | null;
}

/** One `grpo data` under way. */
export interface Looking {
  /** A summary, or why there is none, in a sentence. */
  result: Promise<DatasetSummary | string>;
  cancel(): void;
}

/** While the user types, nothing is looked at until this long after the last change. */
const PAUSE_MILLISECONDS = 250;

/** The summary of the newest look: one process at a time, and an older one ends when there is something newer to look at. */
export class LatestSummary {
  summary: DatasetSummary | null = null;
  error: string | null = null;
  readonly #look: (look: Look) => Looking;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #stopWaiting = () => {};
  #looking: Looking | undefined;
  #isWaiting = false;

  constructor(look: (look: Look) => Looking, clock: Clock, onChange: () => void) {
    this.#look = look;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get running(): boolean {
    return this.#isWaiting || this.#looking !== undefined;
  }

  /** `pause`: wait for the user to stop typing. */
  ask(look: Look, { pause = true }: { pause?: boolean } = {}): void {
    this.cancel();
    this.#isWaiting = true;
    this.#stopWaiting = this.#clock.after(pause ? PAUSE_MILLISECONDS : 0, () => void this.#start(look));
    this.#onChange();
  }

  cancel(): void {
    this.#stopWaiting();
    this.#isWaiting = false;
    this.#looking?.cancel();
    this.#looking = undefined;
  }

  async #start(look: Look): Promise<void> {
    this.#isWaiting = false;
    const looking = this.#look(look);
    this.#looking = looking;
    const result = await looking.result;
    // Something newer is asked for by now.
    if (this.#looking !== looking) return;
    this.#looking = undefined;
    // The last summary stays visible next to an error.
    if (typeof result === 'string') this.error = result;
    else [this.summary, this.error] = [result, null];
    this.#onChange();
  }
}
