import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Dashboard } from './dashboard.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with the dashboard in sight: the rule, and where. */
export function violations(dashboard: Dashboard): Promise<string[]> {
  return dashboard.run(`(async () => {
    ${axe};
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ': ' + failureSummary));
  })()`);
}
