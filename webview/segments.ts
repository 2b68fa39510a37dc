import { el } from './dom.ts';

/** A few things of which one is chosen, such as the views of a tab: a button for each. */
export class Segments<Name extends string> {
  readonly element: HTMLElement;
  readonly #buttons: [Name, HTMLElement][];

  constructor(labels: Readonly<Record<Name, string>>, choose: (name: Name) => void, label = 'View') {
    this.#buttons = (Object.entries(labels) as [Name, string][]).map(([name, label]) => [
      name,
      el('button', { class: 'toggle', onclick: () => choose(name) }, label),
    ]);
    const buttons = this.#buttons.map(([, button]) => button);
    this.element = el('div', { class: 'segments', role: 'group', 'aria-label': label }, ...buttons);
  }

  set chosen(chosen: Name) {
    for (const [name, button] of this.#buttons) button.setAttribute('aria-pressed', String(name === chosen));
  }
}
