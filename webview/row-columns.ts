import './row-columns.css';
import { answersFirst } from '../src/text/answer-column.ts';
import { type Child, el } from './dom.ts';

/** What the dataset's row has besides the prompt, the expected answer first. */
export function rowColumns(columns: Record<string, unknown>): Child {
  const named = Object.entries(columns).flatMap(([name, value]) => (value === null ? [] : { name, value }));
  if (named.length === 0) return null;
  const rows = answersFirst(named).map(({ name, value }) =>
    el('div', {}, el('dt', {}, name), el('dd', {}, typeof value === 'string' ? value : JSON.stringify(value))),
  );
  return el('dl', { class: 'row-columns' }, ...rows);
}
