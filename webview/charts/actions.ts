import { el } from '../dom.ts';

export type ExportKind = 'svg' | 'png' | 'csv';

export interface ChartActions {
  log: HTMLElement;
  table: HTMLElement;
  element: HTMLElement;
}

let menus = 0;

/** The buttons of a chart: logarithmic axis, table, and a menu with the forms in which it can be saved. */
export function chartActions(
  title: string,
  events: { onLog(): void; onTable(): void; onExport(kind: ExportKind): void },
): ChartActions {
  const id = `save-${menus++}`;
  const menu = el('div', { id, class: 'menu', popover: 'auto' });
  const save = el('button', { class: 'flat', popovertarget: id, 'aria-label': `Save ${title}` }, 'Save');
  for (const kind of ['svg', 'png', 'csv'] as const)
    menu.append(
      el(
        'button',
        {
          onclick: () => {
            menu.hidePopover();
            events.onExport(kind);
          },
        },
        kind.toUpperCase(),
      ),
    );
  // Next to its button; anchor positioning in CSS would need a newer browser.
  menu.addEventListener('toggle', () => {
    const { right, bottom } = save.getBoundingClientRect();
    menu.style.left = `${right - menu.offsetWidth}px`;
    menu.style.top = `${Math.min(bottom + 2, innerHeight - menu.offsetHeight)}px`;
  });
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
