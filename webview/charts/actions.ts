import { el } from '../dom.ts';
import { menuOf } from '../menu.ts';

export type ExportKind = 'svg' | 'png' | 'csv';

export interface ChartActions {
  log: HTMLElement;
  table: HTMLElement;
  element: HTMLElement;
}

/** The buttons of a chart: logarithmic axis, table, and a menu with the forms in which it can be saved. */
export function chartActions(
  title: string,
  events: { onLog(): void; onTable(): void; onExport(kind: ExportKind): void },
): ChartActions {
  const save = el('button', { class: 'flat', 'aria-label': `Save ${title}` }, 'Save');
  const kinds = ['svg', 'png', 'csv'] as const;
  const menu = menuOf(
    save,
    kinds.map((kind) => ({ label: kind.toUpperCase(), choose: () => events.onExport(kind) })),
  );
  const log = el(
    'button',
    {
      class: 'flat toggle',
      'aria-pressed': 'false',
      'aria-label': `Log axis of ${title}`,
      onclick: events.onLog,
    },
    'Log',
  );
  const table = el(
    'button',
    { class: 'flat toggle', 'aria-pressed': 'false', 'aria-label': `Table of ${title}`, onclick: events.onTable },
    'Table',
  );
  return { log, table, element: el('div', { class: 'actions' }, log, table, save, menu) };
}
