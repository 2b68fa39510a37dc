import type { Hit } from '../../src/protocol/dashboard-rollouts.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { el, setChildren, setText } from '../dom.ts';
import type { Row } from '../keyed-list.ts';
import { markedText } from '../marked-text.ts';
import { VirtualList } from '../virtual-list.ts';

const ROW_HEIGHT = 62;
const FOUND_IN: Record<Hit['in'], string> = {
  completion: '',
  reason: 'reason',
  error: 'error',
  prompt: 'prompt',
  column: 'column',
};

/** What a search through all steps has found, newest step first. */
export class HitList {
  readonly element: HTMLElement;
  readonly #list: VirtualList<Hit>;
  #search = '';
  #hits: readonly Hit[] = [];
  #quiet = false;

  constructor(open: (hit: Hit) => void, move: (hit: Hit) => void) {
    this.#list = new VirtualList({
      ...{ label: 'Hits', rowHeight: ROW_HEIGHT, open },
      activated: (hit) => this.#quiet || move(hit),
      key: ({ step, row }) => `${step} ${row}`,
      make: () => this.#row(),
    });
    this.element = this.#list.element;
    this.element.classList.add('hit-list');
  }

  show(hits: readonly Hit[], search: string): void {
    this.#search = search;
    this.#hits = hits;
    this.#list.items = hits;
  }

  /** The keyboard continues from this hit. */
  mark(open: Pick<Hit, 'step' | 'row'> | null): void {
    const index = open ? this.#hits.findIndex(({ step, row }) => step === open.step && row === open.row) : -1;
    if (index >= 0 && index !== this.#list.active) this.#list.active = index;
  }

  focus(): void {
    this.element.focus();
  }

  #row(): Row<Hit> & { element: HTMLElement } {
    const place = el('span', { class: 'hit-place' });
    const title = el('span', { class: 'group-title muted' });
    const reward = el('span', { class: 'number' });
    const tags = el('span', { class: 'tag warning' });
    const times = el('span', { class: 'tag times' });
    const found = el('span', { class: 'muted' });
    const excerpt = el('span', { class: 'hit-excerpt' });
    const element = el(
      'div',
      { class: 'hit-row' },
      el('div', { class: 'hit-line' }, place, title, tags, times, reward),
      el('div', { class: 'hit-line' }, found, excerpt),
    );
    const update = (hit: Hit) => {
      setText(place, `Step ${hit.step} · group ${hit.group}`);
      setText(title, hit.title);
      setText(reward, hit.reward === null ? 'no reward' : `reward ${formatNumber(hit.reward)}`);
      setText(tags, [hit.truncated && 'truncated', hit.failed && 'failed'].filter(Boolean).join(', '));
      setText(times, hit.count > 1 ? `× ${hit.count}` : '');
      setText(found, FOUND_IN[hit.in]);
      found.hidden = FOUND_IN[hit.in] === '';
      const text = hit.excerpt === '' ? '(empty)' : hit.excerpt;
      setChildren(excerpt, `${this.#search} ${text}`, () => markedText(text, this.#search));
    };
    return { element, update };
  }
}
