import { EXPORT_FORMS, RUN_EXPORTS, type RunExport } from '../../src/protocol/run-export.ts';
import { el } from '../dom.ts';
import { host } from '../host.ts';
import { menuOf } from '../menu.ts';
import type { Store } from '../store.ts';

/** A button with what can be exported of the run, and of those laid over it. */
export function exportMenu(store: Store): HTMLElement {
  const button = el('button', { class: 'flat' }, 'Export…');
  const choices = RUN_EXPORTS.map((kind) => ({
    label: EXPORT_FORMS[kind].label,
    choose: () => exportRuns(store, kind),
  }));
  return el('span', {}, button, menuOf(button, choices));
}

/** The host asks where to, and makes the files from the run folders. */
function exportRuns({ main, compared }: Store, kind: RunExport): void {
  if (!main) return;
  const heads = [main, ...compared.values()].map(({ head }) => head);
  const runs = heads.map(({ folder, name }) => ({ folder, label: name }));
  host.postMessage({ type: 'exportRuns', kind, runs });
}
