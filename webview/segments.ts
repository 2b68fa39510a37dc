import { el } from './dom.ts';

/** The views of a tab, of which one is shown: a button for each. */
export class Segments<Name extends string> {
  readonly element: HTMLElement;
  readonly #buttons: [Name, HTMLElement][];

  constructor(labels: Readonly<Record<Name, string>>, choose: (name: Name) => void) {
    this.#buttons = (Object.entries(labels) as [Name, string][]).map(([name, label]) => [
      name,
      el('button', { class: 'toggle', onclick: () => choose(name) }, label),
    ]);
    const buttons = this.#buttons.map(([, button]) => button);
    this.element = el('div', { class: 'segments', role: 'group', 'aria-label': 'View' }, ...buttons);
  }

  set chosen(chosen: Name) {
    for (const [name, button] of this.#buttons) button.setAttribute('aria-pressed', String(name === chosen));
  }
}
