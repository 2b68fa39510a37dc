import { el, setText } from '../dom.ts';

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** A control with its label, a hint, and what is wrong with it. */
export class Field<T extends Control = Control> {
  readonly element: HTMLElement;
  readonly control: T;
  readonly #error = el('p', { class: 'error', hidden: true });

  constructor(label: string, control: T, hint = '') {
    this.control = control;
    const id = control.id || `field-${label.toLowerCase().replaceAll(/\W+/g, '-')}`;
    control.id = id;
    this.#error.id = `${id}-error`;
    control.setAttribute('aria-describedby', this.#error.id);
    const hinted = hint === '' ? null : el('p', { class: 'muted hint' }, hint);
    this.element = el('div', { class: 'field' }, el('label', { for: id }, label), control, hinted, this.#error);
  }

  set error(message: string | null) {
    setText(this.#error, message ?? '');
    this.#error.hidden = message === null;
    if (message === null) this.control.removeAttribute('aria-invalid');
    else this.control.setAttribute('aria-invalid', 'true');
  }
}

/** The style sheet makes it as high as its text. */
export function templateArea(placeholder: string, oninput: () => void): HTMLTextAreaElement {
  return el('textarea', { rows: 1, spellcheck: 'false', placeholder, oninput });
}

/** Leaves the cursor where it is when nothing changes. */
export function setValue(control: Control, value: string): void {
  if (control.value !== value) control.value = value;
}

/** A choice's options, made again only when they differ; the chosen one stays. */
export function setOptions(select: HTMLSelectElement, options: readonly [value: string, label: string][]): void {
  const key = JSON.stringify(options);
  if (select.dataset.options === key) return;
  const { value } = select;
  select.dataset.options = key;
  select.replaceChildren(...options.map(([name, label]) => el('option', { value: name }, label)));
  if (options.some(([name]) => name === value)) select.value = value;
}
