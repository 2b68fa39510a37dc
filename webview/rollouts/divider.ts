import './divider.css';
import { el } from '../dom.ts';
import type { Store } from '../store.ts';

/** How much of the width the list may have, in percent. */
const LEAST = 20;
const MOST = 75;

/**
 * The border between the list and the open group: it is dragged, or moved with the arrow keys (Shift: further); a double click or Enter puts
 * it back. The style sheet keeps both sides wide enough.
 */
export class Divider {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #body: HTMLElement;

  /** `body` is what both are in, `list` what gets the width. */
  constructor(store: Store, body: HTMLElement, list: HTMLElement) {
    this.#store = store;
    this.#body = body;
    this.element = el('div', {
      ...{ class: 'divider', role: 'separator', tabindex: 0, title: 'Drag to resize · double-click to reset' },
      ...{ 'aria-label': 'Width of the list', 'aria-orientation': 'vertical' },
      ...{ 'aria-valuemin': LEAST, 'aria-valuemax': MOST, 'aria-valuenow': LEAST },
      onpointerdown: (event: PointerEvent) => this.#grab(event),
      onpointermove: (event: PointerEvent) => this.#drag(event),
      ondblclick: () => this.#set(null),
      onkeydown: (event: KeyboardEvent) => this.#onKey(event),
    });
    this.#show();
    new ResizeObserver(() => {
      const share = Math.round((100 * list.offsetWidth) / Math.max(1, body.offsetWidth));
      this.element.setAttribute('aria-valuenow', String(share));
    }).observe(list);
  }

  #grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    // Otherwise texts are selected on the way.
    event.preventDefault();
    this.element.focus();
  }

  #drag({ pointerId, clientX }: PointerEvent): void {
    if (!this.element.hasPointerCapture(pointerId)) return;
    const { left, width } = this.#body.getBoundingClientRect();
    this.#set((100 * (clientX - left)) / width);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const now = Number(this.element.getAttribute('aria-valuenow'));
    const by = event.shiftKey ? 10 : 2;
    const to = { ArrowLeft: now - by, ArrowRight: now + by, Home: LEAST, End: MOST, Enter: null }[event.key];
    if (to === undefined) return;
    this.#set(to);
    event.preventDefault();
  }

  /** Null: the width that it has without anyone's doing. */
  #set(percent: number | null): void {
    this.#store.keep({ listWidth: percent === null ? null : Math.min(MOST, Math.max(LEAST, percent)) });
    this.#show();
  }

  #show(): void {
    const { listWidth } = this.#store.layout;
    if (listWidth === null) this.#body.style.removeProperty('--list-width');
    else this.#body.style.setProperty('--list-width', `${listWidth}%`);
  }
}
