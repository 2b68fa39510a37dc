import type { Store } from '../store.ts';

/** The scroll event comes many times a second. */
const SETTLED_MS = 200;

/** Remembers how far an element is scrolled, and scrolls it there again once its content is as high as it was. */
export function keepScrolled(store: Store, element: HTMLElement, content: HTMLElement): void {
  let wanted = store.layout.scrolled;
  let timer: ReturnType<typeof setTimeout> | undefined;
  element.addEventListener('scroll', () => {
    clearTimeout(timer);
    timer = setTimeout(() => wanted === 0 && store.keep({ scrolled: element.scrollTop }), SETTLED_MS);
  });
  const stop = () => {
    wanted = 0;
  };
  // Someone scrolls: that is where they want to be.
  element.addEventListener('wheel', stop, { passive: true });
  element.addEventListener('keydown', stop);
  element.addEventListener('pointerdown', stop);
  const observer = new ResizeObserver(() => {
    if (wanted === 0) return observer.disconnect();
    if (element.scrollHeight - element.clientHeight < wanted || element.clientHeight === 0) return;
    element.scrollTop = wanted;
    wanted = 0;
  });
  observer.observe(content);
}

/** Makes a change above `content`, which stays where it is though it is at the top: where something is scrolled, the browser sees to that. */
export function inPlace(scroller: HTMLElement, content: HTMLElement, change: () => void): void {
  const isAtTop = scroller.scrollTop === 0;
  const before = content.getBoundingClientRect().top;
  change();
  if (isAtTop) scroller.scrollTop = content.getBoundingClientRect().top - before;
}
