/**
 * Trains what of the experiments in `sample-workspace/remedies` is not done, and writes their tables into `docs/remedies.md`:
 * `npm run remedies [-- NAME …]`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ExperimentResults, experimentLine, meanText } from '../src/protocol/experiment-results.ts';
import { table, withPart } from './make-docs.ts';

const EXPERIMENTS = ['length', 'normalization', 'difficulty', 'updates'];
const PAGE = 'docs/remedies.md';

const pathOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

function resultsOf(experiment: string): ExperimentResults {
  const args = ['compare', pathOf(`sample-workspace/remedies/${experiment}.experiment.json`), '--json', '--jobs', '2'];
  const { status, stdout } = spawnSync(process.execPath, [pathOf('dist/grpo.js'), ...args], {
    ...{ stdio: ['inherit', 'pipe', 'inherit'], encoding: 'utf8' },
  });
  if (status !== 0) throw new Error(`grpo ${args.join(' ')} ended with status ${status}.`);
  const results = experimentLine.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1)!));
  if (results.type !== 'results') throw new Error(`grpo ${args.join(' ')} printed no results.`);
  return results;
}

/** Mean ± standard deviation over the seeds. */
function tableOf({ measure, metrics, settings }: ExperimentResults): string {
  const headings = Object.keys(metrics);
  const rows = settings.map((setting) => [
    ...[setting.label, meanText(setting)],
    ...headings.map((heading) => meanText(setting.metrics[heading]!)),
  ]);
  return table(['', measure, ...headings], rows);
}

const named = process.argv.slice(2);
for (const experiment of named.length > 0 ? named : EXPERIMENTS) {
  const made = tableOf(resultsOf(experiment));
  const page = pathOf(PAGE);
  writeFileSync(page, withPart(readFileSync(page, 'utf8'), experiment, made));
}
