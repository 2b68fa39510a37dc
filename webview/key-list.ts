import './key-list.css';
import { el } from './dom.ts';

/** The keys of the dashboard, by where they work. */
const KEYS: Record<string, readonly (readonly [keys: string, does: string])[]> = {
  Everywhere: [
    ['1 – 5', 'go to a tab; ← → between tabs, ↓ into its list'],
    ['/', 'search, where the tab has a search field'],
    ['?', 'show these keys'],
    ['Esc', 'close what is open; go back'],
  ],
  Charts: [
    ['← →', 'move the cursor by a step; with Shift, further'],
    ['↑ ↓', 'in the distribution: move by a range of rewards'],
    ['Home End', 'first and last step in sight'],
    ['+ − 0', 'zoom in, zoom out, show all'],
    ['PgUp PgDn', 'move along the axis'],
    ['Enter', 'read the completions of the step'],
  ],
  Lists: [
    ['↑ ↓', 'next and previous'],
    ['Enter', 'open'],
    ['Esc', 'back to the list'],
    ['← →', 'on the border beside the groups: narrower, wider; Enter puts it back'],
  ],
};

/** A button, and the list of keys that it shows. */
export function keyList(): { button: HTMLElement; list: HTMLElement } {
  const list = el(
    'div',
    { id: 'keys', class: 'key-list', popover: 'auto', role: 'dialog', 'aria-label': 'Keyboard shortcuts' },
    ...Object.entries(KEYS).flatMap(([where, keys]) => [
      el('h2', {}, where),
      el('dl', {}, ...keys.flatMap(([key, does]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, does)])),
    ]),
  );
  const button = el(
    'button',
    { class: 'flat keys', popovertarget: 'keys', title: 'Keyboard shortcuts (?)', 'aria-label': 'Keyboard shortcuts' },
    '?',
  );
  return { button, list };
}
