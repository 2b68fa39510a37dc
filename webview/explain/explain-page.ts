import './explain.css';
import type { ExplanationSection, ExplanationTable } from '../../src/protocol/explain-parts.ts';
import { type ExplainedGroup, explainGroup } from '../../src/protocol/explanation.ts';
import { el } from '../dom.ts';
import { withCode } from '../with-code.ts';

/** One page that walks through GRPO with the numbers of a group. */
export class ExplainPage {
  readonly element = el('div', { class: 'open-group' });
  #shown = '';

  /** `key` says what is explained: the same is left alone, for the reader's place in it. */
  show(key: string, group: ExplainedGroup, back: HTMLElement): void {
    if (key === this.#shown) return;
    this.#shown = key;
    const { heading, sections } = explainGroup(group);
    const top = this.element.querySelector('.detail')?.scrollTop ?? 0;
    const page = el(
      'div',
      {
        class: 'detail explanation',
        tabindex: 0,
        role: 'region',
        'aria-label': heading,
      },
      ...sections.map(section),
    );
    const hadFocus = this.element.contains(document.activeElement);
    this.element.replaceChildren(el('div', { class: 'bar group-title-bar' }, back, el('h2', {}, heading)), page);
    page.scrollTop = top;
    if (hadFocus) page.focus({ preventScroll: true });
  }
}

const section = ({ title, source, text, formulas = [], table }: ExplanationSection): HTMLElement =>
  el(
    'section',
    {},
    el('h3', {}, title),
    source !== undefined && el('p', { class: 'source muted' }, source),
    ...text.map((sentence) => el('p', {}, ...withCode(sentence))),
    formulas.length > 0 && el('pre', { class: 'formulas' }, formulas.join('\n')),
    table && tableOf(table, title),
  );

function tableOf({ head, numbers, rows }: ExplanationTable, title: string): HTMLElement {
  const kind = (column: number) => ({ class: numbers[column] ? 'number' : '' });
  return el(
    'div',
    { class: 'explanation-table', tabindex: 0, role: 'region', 'aria-label': `Table of ${title}` },
    el(
      'table',
      {},
      el(
        'thead',
        {},
        el('tr', {}, ...head.map((name, i) => (name === '' ? el('td') : el('th', { scope: 'col', ...kind(i) }, name)))),
      ),
      el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell, i) => el('td', kind(i), cell))))),
    ),
  );
}
