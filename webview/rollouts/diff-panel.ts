import { diffWordsWithSpace } from 'diff';
import { type Child, el, setChildren } from '../dom.ts';

/** Something that can be compared. */
export interface DiffSide {
  /** What it is called in the lists to choose from. */
  label: string;
  text: string;
}

/** Texts in which it takes longer to find the fewest changes are shown without marks, in milliseconds. */
const TIMEOUT_MS = 500;

/** Two texts side by side, with the words marked that only one of them has; either side can be chosen. */
export class DiffPanel {
  readonly element: HTMLElement;
  readonly #sides: DiffSide[];
  readonly #body = el('div', { class: 'diff-body' });
  #chosen: [number, number];

  constructor(sides: DiffSide[], chosen: [number, number], close: () => void) {
    this.#sides = sides;
    this.#chosen = chosen;
    this.element = el(
      'section',
      { class: 'diff-panel', 'aria-label': 'Diff' },
      el(
        'div',
        { class: 'bar' },
        el('h3', {}, 'Diff'),
        this.#select('Left', 0),
        el('span', { class: 'muted', 'aria-hidden': 'true' }, '↔'),
        this.#select('Right', 1),
        el('span', { class: 'spacer' }),
        el('button', { class: 'flat', onclick: close, 'aria-label': 'Close diff', title: 'Close' }, '✕'),
      ),
      this.#body,
    );
    this.#draw();
  }

  #select(label: string, side: 0 | 1): HTMLElement {
    const select: HTMLSelectElement = el(
      'select',
      {
        'aria-label': label,
        onchange: () => {
          this.#chosen[side] = Number(select.value);
          this.#draw();
        },
      },
      ...this.#sides.map(({ label: name }, i) => el('option', { value: i, selected: i === this.#chosen[side] }, name)),
    );
    return select;
  }

  #draw(): void {
    const [left, right] = this.#chosen.map((i) => this.#sides[i]!.text) as [string, string];
    const changes = diffWordsWithSpace(left, right, { timeout: TIMEOUT_MS });
    setChildren(this.#body, JSON.stringify([left, right]), () => {
      if (left === right) return [el('p', { class: 'muted' }, 'Both are equal.'), el('pre', {}, shown(left))];
      if (!changes)
        return [
          el('p', { class: 'muted' }, 'These are too long and too different for their words to be compared.'),
          el('pre', {}, shown(left)),
          el('pre', {}, shown(right)),
        ];
      const side = (other: 'added' | 'removed', tag: 'del' | 'ins'): HTMLElement => {
        const own = changes.filter((change) => !change[other]);
        const parts = own.map(({ value, added, removed }): Child => (added || removed ? el(tag, {}, value) : value));
        return el('pre', {}, ...(own.length === 0 ? ['(empty)'] : parts));
      };
      return [side('added', 'del'), side('removed', 'ins')];
    });
  }
}

const shown = (text: string): string => (text === '' ? '(empty)' : text);
