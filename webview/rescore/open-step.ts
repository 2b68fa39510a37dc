import type { HostMessage } from '../../src/protocol/dashboard.ts';
import { el, setText } from '../dom.ts';
import { RescoredGroups } from './groups.ts';

type Rescored = Extract<HostMessage, { type: 'rescored' }>;

export interface OpenStepEvents {
  close(): void;
  /** -1: the step before it in the list, 1: the next one. */
  move(by: -1 | 1): void;
}

/** One of the rescored steps: its groups, and the way back and on. */
export class OpenStep {
  readonly element: HTMLElement;
  readonly #back: HTMLElement;
  readonly #title = el('h2');
  readonly #previous: HTMLButtonElement;
  readonly #next: HTMLButtonElement;
  readonly #empty = el('p', { class: 'empty' }, 'Reading the completions…');
  readonly #groups = new RescoredGroups();

  constructor({ close, move }: OpenStepEvents) {
    const button = (label: string, onclick: () => void) => el('button', { class: 'flat', onclick }, label);
    this.#back = button('← All steps', close);
    this.#previous = button('Previous', () => move(-1));
    this.#next = button('Next', () => move(1));
    const onkeydown = ({ key }: KeyboardEvent) => key === 'Escape' && close();
    const bar = [this.#back, this.#title, el('span', { class: 'spacer' }), this.#previous, this.#next];
    this.element = el(
      'div',
      { class: 'rescored-step', onkeydown },
      el('div', { class: 'bar' }, ...bar),
      this.#empty,
      this.#groups.element,
    );
  }

  /** `rescored` is undefined, or without scores, until they are read. */
  show(step: number, rescored: Rescored | undefined, neighbours: { previous: boolean; next: boolean }): void {
    setText(this.#title, `Step ${step}`);
    this.#previous.disabled = !neighbours.previous;
    this.#next.disabled = !neighbours.next;
    const scored = rescored?.scored ?? null;
    this.#empty.hidden = scored !== null;
    this.#groups.element.hidden = scored === null;
    if (rescored && scored) this.#groups.show(scored, rescored.completions);
  }

  /** It was left. */
  close(): void {
    this.#groups.clear();
  }

  focus(): void {
    this.#back.focus();
  }
}
