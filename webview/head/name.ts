import { el, setText } from '../dom.ts';
import { host } from '../host.ts';

/** The run's name. Double-click it, or press Enter on it, to change it; Escape leaves it as it was. */
export class RunName {
  readonly element = el('h1', {});
  readonly #button = el('button', {
    class: 'run-name',
    onclick: (event: MouseEvent) => {
      // The keyboard's click, and that of a screen reader, count no clicks; a mouse has to mean it.
      if (event.detail === 0 || event.detail === 2) this.#edit();
    },
  });
  readonly #input = el('input', {
    class: 'run-name',
    'aria-label': 'Name of the run',
    onkeydown: (event: KeyboardEvent) => {
      if (event.key === 'Enter') this.#leave(true);
      else if (event.key === 'Escape') this.#leave(false);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    // As when a file is renamed.
    onblur: () => this.#leave(true),
  });
  #name = 'GRPO run';

  constructor() {
    this.#input.hidden = true;
    this.element.append(this.#button, this.#input);
    this.show(this.#name, false);
  }

  /** `editable`: there is a run that can have a name. */
  show(name: string, editable: boolean): void {
    this.#name = name;
    setText(this.#button, name);
    this.#button.disabled = !editable;
    this.#button.title = editable ? 'Double-click or press Enter to rename this run' : '';
  }

  #edit(): void {
    this.#button.hidden = true;
    this.#input.hidden = false;
    this.#input.value = this.#name;
    this.#input.size = Math.max(20, this.#name.length);
    this.#input.focus();
    this.#input.select();
  }

  #leave(keep: boolean): void {
    if (this.#input.hidden) return;
    const name = this.#input.value.trim();
    const hadFocus = document.activeElement === this.#input;
    this.#input.hidden = true;
    this.#button.hidden = false;
    if (hadFocus) this.#button.focus();
    // A name that was left as it is stays one that follows what differs.
    if (keep && name !== this.#name) host.postMessage({ type: 'renameRun', name });
  }
}
