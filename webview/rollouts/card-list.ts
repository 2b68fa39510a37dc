import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { el } from '../dom.ts';
import type { Merged } from './model.ts';

/** Cards that are made at a time: a group may have thousands. */
const CHUNK = 50;

/** The cards of a group, made as they come into sight. */
export class CardList {
  readonly element = el('div', { class: 'cards' });
  readonly #merged: readonly Merged[];
  readonly #make: (merged: Merged, rank: number) => HTMLElement;
  readonly #cards: HTMLElement[] = [];
  /** Of the next card, from 1; equal ones share theirs. */
  #rank = 1;
  readonly #end = el('div');
  readonly #watch: IntersectionObserver;

  constructor(merged: readonly Merged[], make: (merged: Merged, rank: number) => HTMLElement) {
    this.#merged = merged;
    this.#make = make;
    this.element.append(this.#end);
    this.#watch = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) this.#more(this.#cards.length + CHUNK);
      },
      { rootMargin: '1000px' },
    );
    this.#more(CHUNK);
  }

  /** Scrolls to a completion's card, and marks it. */
  reveal(completion: Completion): void {
    const at = this.#merged.findIndex(({ all }) => all.includes(completion));
    if (at < 0) return;
    this.#more(at + CHUNK);
    const card = this.#cards[at]!;
    card.classList.add('found');
    card.scrollIntoView({ block: 'nearest' });
  }

  #more(count: number): void {
    const first = this.#cards.length;
    const added = this.#merged.slice(first, count).map((merged) => {
      const card = this.#make(merged, this.#rank);
      this.#rank += merged.all.length;
      return card;
    });
    this.#cards.push(...added);
    this.#end.before(...added);
    // Observed again: it tells only of changes, and may still be in sight.
    this.#watch.disconnect();
    if (this.#cards.length < this.#merged.length) this.#watch.observe(this.#end);
  }
}
