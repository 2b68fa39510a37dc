import { el, setText } from '../dom.ts';
import { host } from './host.ts';

/** What is shown where there is no sample: none in the file, or none that is looked for. */
export class EmptyState {
  readonly element: HTMLElement;
  readonly #title = el('h1', {});
  readonly #text = el('p', { class: 'muted' });
  readonly #make: HTMLElement;
  readonly #clear: HTMLElement;

  constructor(add: () => void, clear: () => void) {
    this.#make = el(
      'div',
      { class: 'bar' },
      el('button', { class: 'primary', onclick: add }, 'Add Sample'),
      el('button', { class: 'secondary', onclick: () => host.postMessage({ type: 'generate' }) }, 'Generate Samples'),
    );
    this.#clear = el(
      'div',
      { class: 'bar' },
      el('button', { class: 'secondary', onclick: clear }, 'Clear Search and Filters'),
    );
    this.element = el('div', { class: 'nothing' }, this.#title, this.#text, this.#make, this.#clear);
  }

  show(what: 'file' | 'filter' | 'none', editable: boolean): void {
    this.element.hidden = what === 'none';
    setText(this.#title, what === 'file' ? 'No samples yet' : 'No sample matches');
    setText(
      this.#text,
      what === 'file'
        ? 'A sample is a prompt with a completion. Your reward functions score it as you write them: add good completions, bad ones, and ones that try to cheat.'
        : 'Change the search or the filter to see samples.',
    );
    this.#make.hidden = what !== 'file' || !editable;
    this.#clear.hidden = what !== 'filter';
  }
}
