import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A page that runs a script: a webview in the editor, or alone. */
interface Runs {
  run<T>(script: string): Promise<T>;
}

/** What axe finds wrong in a page: the rule, and where. */
export async function violations(page: Runs): Promise<string[]> {
  if (!(await page.run<boolean>('"axe" in window'))) await page.run(`${axe}; undefined`);
  return page.run(`(async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ': ' + failureSummary));
  })()`);
}
