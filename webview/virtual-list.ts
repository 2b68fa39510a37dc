import { el } from './dom.ts';
import { KeyedList, type Row } from './keyed-list.ts';

/** Rows beyond either edge that are kept, so that fast scrolling shows no holes. */
const MARGIN = 6;

export interface VirtualListOptions<T> {
  label: string;
  rowHeight: number;
  key: (item: T) => string | number;
  /** A row that says nothing yet. */
  make: () => Row<T> & { element: HTMLElement };
  open: (item: T) => void;
  /** Another row is the active one. */
  activated?: (item: T) => void;
  /** Makes it a grid. */
  head?: HTMLElement;
}

interface Shown<T> {
  item: T;
  index: number;
}

let lists = 0;

/**
 * A list box of any length, or with a `head` a grid, that makes only the rows in sight. Arrow keys, Home, End and Page Up/Down move the
 * active row; Enter, Space or a click open it.
 */
export class VirtualList<T> {
  readonly element: HTMLElement;
  readonly #options: VirtualListOptions<T>;
  /** Of its rows: there may be other lists on the page. */
  readonly #id = `list-${lists++}`;
  readonly #canvas: HTMLElement;
  readonly #rows: KeyedList<Shown<T>>;
  #items: readonly T[] = [];
  #active = 0;

  constructor(options: VirtualListOptions<T>) {
    const { label, head, key } = options;
    this.#options = options;
    this.#canvas = el('div', { class: 'virtual-canvas', role: head ? 'rowgroup' : 'presentation' });
    this.#rows = new KeyedList(
      this.#canvas,
      ({ item }) => key(item),
      () => this.#row(),
    );
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
    if (this.#options.head) this.element.setAttribute('aria-rowcount', String(items.length + 1));
    this.#canvas.style.height = `${items.length * this.#options.rowHeight}px`;
    this.#draw();
  }

  /** The active row, by its place; it is not scrolled into view. */
  set active(index: number) {
    this.#active = index;
    this.#draw();
  }

  #draw(): void {
    const { scrollTop, clientHeight } = this.element;
    const { rowHeight } = this.#options;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - MARGIN);
    const last = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / rowHeight) + MARGIN);
    const indices = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
    this.#rows.show(indices.map((index) => ({ item: this.#items[index]!, index })));
    const active = this.#active >= first && this.#active < last;
    if (active) this.element.setAttribute('aria-activedescendant', `${this.#id}-${this.#active}`);
    else this.element.removeAttribute('aria-activedescendant');
  }

  #row(): Row<Shown<T>> {
    const { make, head, rowHeight, open } = this.#options;
    const row = make();
    const { element } = row;
    let shown: Shown<T> | undefined;
    element.setAttribute('role', head ? 'row' : 'option');
    element.addEventListener('click', () => {
      if (!shown) return;
      this.#active = shown.index;
      open(shown.item);
    });
    const update = (now: Shown<T>) => {
      if (now.item !== shown?.item) row.update?.(now.item);
      shown = now;
      const { index } = now;
      element.id = `${this.#id}-${index}`;
      element.setAttribute('aria-selected', String(index === this.#active));
      if (head) element.setAttribute('aria-rowindex', String(index + 2));
      else {
        element.setAttribute('aria-posinset', String(index + 1));
        element.setAttribute('aria-setsize', String(this.#items.length));
      }
      element.style.transform = `translateY(${index * rowHeight}px)`;
    };
    return { element, update };
  }

  get active(): number {
    return this.#active;
  }

  /** Makes a row the active one, and scrolls it into view. */
  reveal(index: number): void {
    this.#activate(index);
  }

  /** Of the rows' part of the window: the head stays in sight. */
  get #height(): number {
    return this.element.clientHeight - (this.#options.head?.offsetHeight ?? 0);
  }

  #onKey(event: KeyboardEvent): void {
    // A button in the head has keys of its own.
    if (event.target !== this.element) return;
    const page = Math.max(1, Math.floor(this.#height / this.#options.rowHeight) - 1);
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
    else if ((event.key === 'Enter' || event.key === ' ') && item !== undefined) this.#options.open(item);
    else return;
    event.preventDefault();
  }

  #activate(index: number): void {
    this.#active = Math.max(0, Math.min(this.#items.length - 1, index));
    const { rowHeight } = this.#options;
    const top = this.#active * rowHeight;
    const { scrollTop } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + rowHeight > scrollTop + this.#height) this.element.scrollTop = top + rowHeight - this.#height;
    this.#draw();
    const item = this.#items[this.#active];
    if (item !== undefined) this.#options.activated?.(item);
  }
}
