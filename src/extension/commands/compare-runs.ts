import { window } from 'vscode';
import type { Lab } from '../lab.ts';
import { pickRuns, runsOf } from './pick-run.ts';

/** Opens the dashboard of the first of several runs with the others beside it: those selected in the view, or chosen in a list. */
export async function compareRuns(lab: Lab, given?: unknown, all?: unknown): Promise<void> {
  const selected = runsOf(lab, given, all);
  const runs =
    selected.length > 1 ? selected : await pickRuns(lab, 'Compare Runs', 'Select the runs to compare, two or more');
  if (!runs) return;
  const [first, ...others] = runs;
  if (!first || others.length === 0) {
    void window.showInformationMessage('Compare Runs: select two or more runs.');
    return;
  }
  const dashboard = (await lab.dashboards()).open(first.folder);
  dashboard.show({ type: 'show', view: 'compare', folders: others.map(({ folder }) => folder) });
}
