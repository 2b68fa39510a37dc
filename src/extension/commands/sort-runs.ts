import { window } from 'vscode';
import type { Lab } from '../lab.ts';
import { RUN_ORDERS, type RunOrder } from '../workspace/sort-runs.ts';

const DETAILS: Record<RunOrder, string> = {
  newest: 'By state, the newest first',
  best: 'Held-out reward, or else the mean reward of the last 10 steps',
  name: 'Alphabetically',
};

/** How the runs view is sorted; the order in use comes first. */
export async function sortRuns({ tree }: Lab): Promise<void> {
  const orders = (Object.keys(RUN_ORDERS) as RunOrder[]).sort(
    (a, b) => Number(b === tree.order) - Number(a === tree.order),
  );
  const items = orders.map((order) => ({
    label: RUN_ORDERS[order],
    description: order === tree.order ? 'current' : '',
    detail: DETAILS[order],
    order,
  }));
  const chosen = await window.showQuickPick(items, { title: 'GRPO: Sort Runs By', ignoreFocusOut: true });
  if (chosen) await tree.sortBy(chosen.order);
}
