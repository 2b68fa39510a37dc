import { el } from '../dom.ts';
import type { Store } from '../store.ts';
import { exportButton } from './export.ts';

/** What the run has saved. */
export class Checkpoints {
  readonly element: HTMLElement;

  constructor(_store: Store) {
    this.element = el('div', { class: 'checkpoints' }, el('div', { class: 'bar toolbar' }, exportButton()));
  }
}
