/** A row that is made once, for its key, and from then on says what its item says. */
export interface Row<T> {
  element: Element;
  update?(item: T): void;
  /** It is no longer in the list. */
  removed?(): void;
}

/**
 * Keeps the children of an element in step with items while data arrives. A row stays the same element as long as its key is there, so that a
 * click on it, its focus and a selection in it are not lost. The element must have no other children; keys must differ.
 */
export class KeyedList<T> {
  readonly #parent: Element;
  readonly #key: (item: T) => string | number;
  readonly #make: (item: T) => Row<T>;
  #rows = new Map<string | number, Row<T>>();

  constructor(parent: Element, key: (item: T) => string | number, make: (item: T) => Row<T>) {
    this.#parent = parent;
    this.#key = key;
    this.#make = make;
  }

  show(items: readonly T[]): void {
    const before = this.#rows;
    this.#rows = new Map();
    for (const item of items) {
      const key = this.#key(item);
      const row = before.get(key) ?? this.#make(item);
      this.#rows.set(key, row);
      row.update?.(item);
    }
    for (const [key, row] of before) {
      if (this.#rows.has(key)) continue;
      row.element.remove();
      row.removed?.();
    }
    arrange(
      this.#parent,
      [...this.#rows.values()].map(({ element }) => element),
    );
  }
}

/** Puts children in order. An element that is moved loses the focus and the selection: the one that has them stays, and the others move around it. */
function arrange(parent: Element, children: readonly Element[]): void {
  const held = [document.activeElement, getSelection()?.anchorNode ?? null];
  const fixed = held.map((node) => node && children.find((child) => child.contains(node))).find(Boolean);
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === fixed || child === next) next = child.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}
