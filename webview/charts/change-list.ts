import { el, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';

interface Change {
  step: number;
  text: string;
}

/** What has changed about the run since it started: in words what the charts mark; a click finds the mark. */
export class ChangeList {
  readonly element = el('ul', { class: 'changes', 'aria-label': 'Changes during the run', hidden: true });
  readonly #rows: KeyedList<Change>;

  constructor(onShow: (step: number) => void) {
    this.#rows = new KeyedList<Change>(
      this.element,
      ({ step }) => step,
      ({ step }) => changeRow(() => onShow(step)),
    );
  }

  show(changes: readonly Change[]): void {
    this.element.hidden = changes.length === 0;
    this.#rows.show(changes);
  }
}

function changeRow(onShow: () => void): Row<Change> {
  const button = el('button', { class: 'flat', onclick: onShow, title: 'Show on the charts' });
  return { element: el('li', {}, button), update: ({ text }) => setText(button, text) };
}
