/** Spoiled input of every kind: what the command says of it, and what that takes. */

import { rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { type CaseResult, FAULTS, REFUSAL_LIMITS, runCase } from './fuzz/case.ts';
import { makeWorkspace, targetsOf } from './fuzz/subject.ts';
import { countOf, parseOptions } from './options.ts';
import { median } from './statistics.ts';

/** Runs cases `0` to `cases - 1` of a seed, `jobs` at a time. */
export async function fuzz(
  { seed, cases, jobs, signal }: { seed: number; cases: number; jobs: number; signal?: AbortSignal },
  onResult: (result: CaseResult) => void = () => {},
): Promise<CaseResult[]> {
  const workspace = makeWorkspace();
  try {
    const targets = targetsOf(workspace);
    const results: CaseResult[] = [];
    let next = 0;
    const lane = async () => {
      for (let number = next++; number < cases && !signal?.aborted; number = next++) {
        const result = await runCase(workspace, targets, seed, number);
        results.push(result);
        onResult(result);
      }
    };
    await Promise.all(Array.from({ length: jobs }, lane));
    return results.sort((a, b) => a.case - b.case);
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

/** What is wrong with a case, and how to see it again. */
export const describeCase = (
  { case: number, faults, outcome, command, what, stderr }: CaseResult,
  seed: number,
): string =>
  [
    `case ${number}: ${faults.join(', ') || outcome}; ${command}; ${what}`,
    `  ${JSON.stringify(stderr.slice(0, 300))}`,
    `  again: npm run bench -- fuzz --seed ${seed} --case ${number}`,
  ].join('\n');

/** `npm run bench -- fuzz`. */
export async function benchFuzz(args: string[]): Promise<void> {
  const options = parseOptions('fuzz', args, {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(Math.max(1, cpus().length - 1)) },
    case: { type: 'string' },
  });
  const seed = countOf('seed', options.seed);
  if (options.case !== undefined) return showCase(seed, Number(options.case));
  // Ctrl-C: the table of what has been run.
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  const results = await fuzz(
    { seed, cases: countOf('cases', options.cases), jobs: countOf('jobs', options.jobs), signal: stopping.signal },
    (result) => {
      if (result.faults.length > 0) console.error(describeCase(result, seed));
    },
  );
  console.log(table(results));
  if (results.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}

async function showCase(seed: number, number: number): Promise<void> {
  const workspace = makeWorkspace();
  const { stdout, stderr, ...result } = await runCase(workspace, targetsOf(workspace), seed, number, true);
  rmSync(workspace, { recursive: true, force: true });
  console.log({ ...result, stdout: stdout.slice(0, 2000) });
  console.log(stderr);
}

/** A Markdown table: a row for each kind of file, then all of them. */
function table(results: CaseResult[]): string {
  const groups = [...new Set(results.map(({ group }) => group))].sort();
  const headings = [
    ...['corrupted', 'cases', 'refused (2)', 'failed (1)', 'accepted (0)', 'ran on'],
    ...['faults', 'refusal: median CPU', 'most', 'median memory', 'most'],
  ];
  const row = (name: string, some: CaseResult[]): string[] => {
    const count = (outcome: CaseResult['outcome']) =>
      String(some.filter((result) => result.outcome === outcome).length);
    const refused = some.filter(({ outcome }) => outcome === 'refused');
    const faulty = some.filter(({ faults }) => faults.length > 0).length;
    return [
      ...[name, String(some.length), count('refused'), count('failed'), count('accepted'), count('ran on')],
      String(faulty),
      ...middleAndMost(
        refused.flatMap(({ cpuSeconds }) => cpuSeconds ?? []),
        (value) => `${value.toFixed(2)} s`,
      ),
      ...middleAndMost(
        refused.flatMap(({ peakBytes }) => peakBytes ?? []),
        (value) => `${Math.round(value / 1e6)} MB`,
      ),
    ];
  };
  const rows = [
    ...groups.map((group) =>
      row(
        group,
        results.filter((result) => result.group === group),
      ),
    ),
    row('all', results),
  ];
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const faults = FAULTS.map((fault) => `${fault} ${results.filter((result) => result.faults.includes(fault)).length}`);
  return [
    ...[line(headings), line(headings.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line), ''],
    `Faults: ${faults.join(', ')} (slow: more than ${REFUSAL_LIMITS.cpuSeconds} s of processor time for a refusal; large: more than ${REFUSAL_LIMITS.bytes / 1e6} MB).`,
  ].join('\n');
}

const middleAndMost = (values: number[], format: (value: number) => string): string[] =>
  values.length === 0 ? ['', ''] : [format(median(values)), format(Math.max(...values))];
