import './term.css';
import { GLOSSARY, type Term } from '../src/protocol/glossary.ts';
import { el } from './dom.ts';
import { withCode } from './with-code.ts';

/** A term of the glossary; what it means shows while the pointer is over it or it has the focus. `text`: where it is called otherwise. */
export const term = (name: Term, text: string = name): HTMLElement =>
  explain(el('dfn', { class: 'term', tabindex: 0 }, text), name);

/** Lets an element that can have the focus already, such as a button, explain a term in the same way. Gives the element. */
export function explain<E extends HTMLElement>(element: E, name: Term): E {
  element.dataset.term = name;
  element.setAttribute('aria-describedby', tooltipOf(name).id);
  return element;
}

interface Shown {
  tooltip: HTMLElement;
  anchor: HTMLElement;
}

/** One for each term that is shown somewhere: screen readers find it though it is hidden. */
const tooltips = new Map<Term, HTMLElement>();
let open: Shown | undefined;
let closing: ReturnType<typeof setTimeout> | undefined;

function tooltipOf(name: Term): HTMLElement {
  let tooltip = tooltips.get(name);
  if (!tooltip) {
    if (tooltips.size === 0) listen();
    const id = `term-${name.replaceAll(/\W+/g, '-')}`;
    // A popover is above everything else, and no scrolling container cuts it off.
    tooltip = el('div', { id, class: 'tooltip', role: 'tooltip', popover: 'manual' }, ...withCode(GLOSSARY[name]));
    document.body.append(tooltip);
    tooltips.set(name, tooltip);
  }
  return tooltip;
}

/** Once for the page, so that elements which come and go need no listeners of their own. */
function listen(): void {
  document.addEventListener('pointerover', ({ target }) => point(target));
  document.documentElement.addEventListener('pointerleave', closeSoon);
  document.addEventListener('focusin', ({ target }) => {
    const anchor = anchorOf(target);
    // A click shows nothing that the pointer does not show.
    if (anchor?.matches(':focus-visible')) show(anchor);
    else close();
  });
  document.addEventListener('focusout', close);
  // The focus may have scrolled the term into sight.
  document.addEventListener('scroll', () => open && place(open), true);
  document.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || !open) return;
      close();
      // Only the tooltip: Escape would also leave what is behind it.
      event.stopPropagation();
    },
    true,
  );
}

const anchorOf = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>('[data-term]') : null;

function point(target: EventTarget | null): void {
  const anchor = anchorOf(target);
  if (anchor) show(anchor);
  // The pointer may go over to the tooltip, to read or select it.
  else if (target instanceof Node && open?.tooltip.contains(target)) clearTimeout(closing);
  else closeSoon();
}

function show(anchor: HTMLElement): void {
  clearTimeout(closing);
  if (open?.anchor === anchor) return;
  close();
  const tooltip = tooltipOf(anchor.dataset.term as Term);
  tooltip.showPopover();
  open = { tooltip, anchor };
  place(open);
}

function place({ tooltip, anchor }: Shown): void {
  const { left, top, bottom } = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const below = bottom + 6 + height <= innerHeight;
  tooltip.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 4))}px`;
  tooltip.style.top = `${below ? bottom + 6 : Math.max(4, top - height - 6)}px`;
}

function closeSoon(): void {
  clearTimeout(closing);
  if (open && document.activeElement !== open.anchor) closing = setTimeout(close, 120);
}

function close(): void {
  clearTimeout(closing);
  open?.tooltip.hidePopover();
  open = undefined;
}
