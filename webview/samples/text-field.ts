import { el, setChildren, setText } from '../dom.ts';
import { withOriginalBreaks } from './line-breaks.ts';
import { visibleText } from './visible-text.ts';

export interface FieldOptions {
  /** What it is: "completion". */
  name: string;
  /** Takes a new text; throws a sentence where it is none that fits. */
  commit: (text: string) => void;
  /** The keyboard has left it. */
  left: () => void;
}

/** The field that is being written in. */
let open: TextField | undefined;

/** Takes over what is being written, as before a file is saved. */
export function commitOpenField(): void {
  open?.commit();
}

/** A text to read, and to write in place: a click or its button opens it, Escape or leaving it closes it, and what was written stays. */
export class TextField {
  readonly element: HTMLElement;
  readonly #options: FieldOptions;
  readonly #shown = el('pre', { class: 'value', onclick: () => this.#onClick() });
  readonly #button: HTMLButtonElement;
  readonly #area: HTMLTextAreaElement;
  readonly #problem = el('p', { class: 'failure', role: 'alert', hidden: true });
  #text = '';
  #editable = false;

  constructor(options: FieldOptions) {
    this.#options = options;
    this.#button = el('button', { class: 'flat edit', onclick: () => this.edit() }, 'Edit');
    this.#button.setAttribute('aria-label', `Edit ${options.name}`);
    this.#area = el('textarea', {
      ...{ 'aria-label': options.name, spellcheck: 'false', rows: 1, hidden: true },
      onblur: () => this.#close(),
      onkeydown: (event: KeyboardEvent) => this.#onKey(event),
    });
    this.element = el('div', { class: 'field' }, this.#shown, this.#area, this.#button, this.#problem);
  }

  get isOpen(): boolean {
    return open === this;
  }

  /** What is being written is left alone. */
  show(text: string, search: string, editable: boolean): void {
    const untouched = this.isOpen && this.#area.value === shownInArea(this.#text);
    this.#text = text;
    this.#editable = editable;
    this.#button.hidden = !editable || this.isOpen;
    this.element.classList.toggle('editable', editable);
    setChildren(this.#shown, JSON.stringify([text, search]), () =>
      text === '' ? [el('span', { class: 'muted' }, '(empty)')] : visibleText(text, search),
    );
    if (untouched && this.#area.value !== shownInArea(text)) this.#area.value = text;
  }

  edit(): void {
    if (!this.#editable || this.isOpen) return;
    this.#area.value = this.#text;
    open = this;
    this.#toggle(true);
    this.#area.focus();
    this.#area.setSelectionRange(this.#area.value.length, this.#area.value.length);
  }

  /** Takes over what is written, if it differs; gives whether nothing is left to do. */
  commit(): boolean {
    if (!this.isOpen || this.#area.value === shownInArea(this.#text)) return true;
    try {
      const text = withOriginalBreaks(this.#text, this.#area.value);
      this.#options.commit(text);
      this.#text = text;
      this.#say('');
      return true;
    } catch (error) {
      this.#say((error as Error).message);
      return false;
    }
  }

  /** Closes it before it shows another sample; what does not fit is dropped. */
  leave(): void {
    if (!this.isOpen) return;
    this.commit();
    this.#say('');
    open = undefined;
    this.#toggle(false);
  }

  #close(): void {
    // What does not fit stays, to be corrected.
    if (!this.isOpen || !this.commit()) return;
    open = undefined;
    this.#toggle(false);
    this.show(this.#text, '', this.#editable);
  }

  #toggle(isOpen: boolean): void {
    this.#shown.hidden = isOpen;
    this.#area.hidden = !isOpen;
    this.#button.hidden = isOpen || !this.#editable;
  }

  #say(problem: string): void {
    setText(this.#problem, problem);
    this.#problem.hidden = problem === '';
    this.#area.setAttribute('aria-invalid', String(problem !== ''));
  }

  /** A text that someone selects is not to be written in. */
  #onClick(): void {
    if (getSelection()?.isCollapsed ?? true) this.edit();
  }

  #onKey(event: KeyboardEvent): void {
    const { key, ctrlKey, metaKey } = event;
    const isCommand = ctrlKey || metaKey;
    // Undoing is the field's while it is open: the editor would undo the edit before.
    if (isCommand && /^[zy]$/i.test(key)) event.stopPropagation();
    if (key !== 'Escape' && !(key === 'Enter' && isCommand)) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.commit()) this.#options.left();
  }
}

const shownInArea = (text: string): string => text.replace(/\r\n?/g, '\n');
