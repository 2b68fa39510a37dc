import { el } from './dom.ts';

/** Rows beyond either edge that are kept, so that fast scrolling shows no holes. */
const MARGIN = 6;

/**
 * A list box of any length, or with a `head` a grid, that makes only the rows in sight. Arrow keys, Home, End and Page Up/Down move the
 * active row; Enter, Space or a click open it.
 */
export class VirtualList<T> {
  readonly element: HTMLElement;
  readonly #canvas: HTMLElement;
  readonly #head: HTMLElement | undefined;
  readonly #rowHeight: number;
  readonly #render: (item: T) => HTMLElement;
  readonly #open: (item: T) => void;
  #items: readonly T[] = [];
  #active = 0;

  constructor(
    label: string,
    rowHeight: number,
    render: (item: T) => HTMLElement,
    open: (item: T) => void,
    head?: HTMLElement,
  ) {
    this.#head = head;
    this.#canvas = el('div', { class: 'virtual-canvas', role: head ? 'rowgroup' : 'presentation' });
    this.#rowHeight = rowHeight;
    this.#render = render;
    this.#open = open;
    this.element = el(
      'div',
      {
        class: 'virtual-list',
        role: head ? 'grid' : 'listbox',
        tabindex: 0,
        'aria-label': label,
        onscroll: () => this.#draw(),
        onkeydown: (event: KeyboardEvent) => this.#onKey(event),
      },
      head,
      this.#canvas,
    );
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  set items(items: readonly T[]) {
    this.#items = items;
    this.#active = Math.min(this.#active, Math.max(0, items.length - 1));
    if (this.#head) this.element.setAttribute('aria-rowcount', String(items.length + 1));
    this.#canvas.style.height = `${items.length * this.#rowHeight}px`;
    this.#draw();
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.#rowHeight) - MARGIN);
    const last = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / this.#rowHeight) + MARGIN);
    const rows: HTMLElement[] = [];
    for (let index = first; index < last; index++) rows.push(this.#row(index));
    this.#canvas.replaceChildren(...rows);
    const active = this.#active >= first && this.#active < last;
    if (active) this.element.setAttribute('aria-activedescendant', `option-${this.#active}`);
    else this.element.removeAttribute('aria-activedescendant');
  }

  #row(index: number): HTMLElement {
    const item = this.#items[index]!;
    const row = this.#render(item);
    row.id = `option-${index}`;
    row.setAttribute('role', this.#head ? 'row' : 'option');
    row.setAttribute('aria-selected', String(index === this.#active));
    if (this.#head) row.setAttribute('aria-rowindex', String(index + 2));
    else {
      row.setAttribute('aria-posinset', String(index + 1));
      row.setAttribute('aria-setsize', String(this.#items.length));
    }
    row.style.transform = `translateY(${index * this.#rowHeight}px)`;
    row.addEventListener('click', () => {
      this.#active = index;
      this.#open(item);
    });
    return row;
  }

  /** Of the rows' part of the window: the head stays in sight. */
  get #height(): number {
    return this.element.clientHeight - (this.#head?.offsetHeight ?? 0);
  }

  #onKey(event: KeyboardEvent): void {
    // A button in the head has keys of its own.
    if (event.target !== this.element) return;
    const page = Math.max(1, Math.floor(this.#height / this.#rowHeight) - 1);
    const moves: Record<string, number> = {
      ArrowUp: this.#active - 1,
      ArrowDown: this.#active + 1,
      PageUp: this.#active - page,
      PageDown: this.#active + page,
      Home: 0,
      End: this.#items.length - 1,
    };
    const target = moves[event.key];
    const item = this.#items[this.#active];
    if (target !== undefined) this.#activate(target);
    else if ((event.key === 'Enter' || event.key === ' ') && item !== undefined) this.#open(item);
    else return;
    event.preventDefault();
  }

  #activate(index: number): void {
    this.#active = Math.max(0, Math.min(this.#items.length - 1, index));
    const top = this.#active * this.#rowHeight;
    const { scrollTop } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.#rowHeight > scrollTop + this.#height)
      this.element.scrollTop = top + this.#rowHeight - this.#height;
    this.#draw();
  }
}
