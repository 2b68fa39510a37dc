import type { Hit } from '../../src/protocol/dashboard-rollouts.ts';
import { filterCount, type RolloutQuery } from '../../src/protocol/rollout-query.ts';
import { formatCount } from '../format.ts';
import { host, onMessage } from '../host.ts';

/** Typing goes on for this long before the host is asked, in milliseconds. */
const TYPING_MS = 120;

/** A search through the rollouts of all steps: the host reads the files, and says what it finds. */
export class AllSteps {
  hits: Hit[] = [];
  /** Undefined: nothing was asked. */
  #asked: string | undefined;
  #id = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #progress = { searched: 0, of: 0, unreadable: 0, done: false, full: false };
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
    onMessage('hits', ({ id, hits, ...progress }) => {
      if (id !== this.#id) return;
      this.hits = [...this.hits, ...hits];
      this.#progress = progress;
      this.#changed();
    });
  }

  /** Asks for this, unless it has been asked for already; undefined stops what is under way. */
  ask(query: RolloutQuery | undefined): void {
    const isAnything = query && (query.text.trim() !== '' || filterCount(query) > 0);
    const asked = isAnything ? JSON.stringify(query) : undefined;
    if (asked === this.#asked) return;
    const wasRunning = this.running;
    this.#asked = asked;
    this.#id++;
    this.hits = [];
    this.#progress = { searched: 0, of: 0, unreadable: 0, done: false, full: false };
    clearTimeout(this.#timer);
    if (query && isAnything)
      this.#timer = setTimeout(() => host.postMessage({ type: 'search', id: this.#id, query }), TYPING_MS);
    else if (wasRunning) host.postMessage({ type: 'cancel', what: 'search' });
  }

  /** Keeps what has been found so far. */
  stop(): void {
    host.postMessage({ type: 'cancel', what: 'search' });
    this.#id++;
    this.#progress.done = true;
    this.#changed();
  }

  /** What was found by another page of this view is asked for again. */
  get running(): boolean {
    return this.#asked !== undefined && !this.#progress.done;
  }

  get status(): string {
    if (this.#asked === undefined) return '';
    const { searched, of, unreadable, done, full } = this.#progress;
    const count = this.hits.length;
    const hits = `${full ? 'First ' : ''}${formatCount(count)} ${count === 1 ? 'hit' : 'hits'}`;
    const steps = done && !full ? stepCount(searched) : `${formatCount(searched)} of ${stepCount(of)}`;
    const failed = unreadable > 0 ? `, ${unreadable} of them unreadable` : '';
    return `${hits} in ${steps}${failed}${full ? '; narrow the search to see others' : done ? '' : '…'}`;
  }
}

const stepCount = (count: number): string => `${formatCount(count)} ${count === 1 ? 'step' : 'steps'}`;
