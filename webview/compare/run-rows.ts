import type { RunHead, RunSummary } from '../../src/protocol/dashboard.ts';
import type { MetricColumns } from '../../src/protocol/metric-columns.ts';
import { type RunResults, resultsOf } from '../../src/protocol/run-results.ts';
import { shortTime } from '../../src/text/start-time.ts';

/** A line of the table of runs. */
export interface RunRow {
  folder: string;
  name: string;
  state: RunHead['state'];
  step: number;
  seed: number | undefined;
  createdAt: string;
  /** When it started. */
  started: string;
  results: RunResults | undefined;
  own: boolean;
}

/** What the table can be sorted by, and how its values compare; undefined has no place among the others and comes last. */
const SORTS = {
  name: ({ name }) => name,
  state: ({ state }) => state,
  steps: ({ step }) => step,
  heldOut: ({ results }) => results?.heldOut?.reward,
  best: ({ results }) => bestOf(results)?.best,
  last: ({ results }) => results?.training?.reward,
  duration: ({ results }) => results?.seconds ?? undefined,
  seed: ({ seed }) => seed,
  started: ({ createdAt }) => createdAt,
} as const satisfies Record<string, (row: RunRow) => string | number | undefined>;
export type Sort = keyof typeof SORTS;

/** What a run is judged by: held-out rewards where there are any. */
export const bestOf = (results: RunResults | undefined) => results?.heldOut ?? results?.training;

interface MeasuredRun {
  head: RunHead;
  columns: MetricColumns;
}

/** A run that is shown says more of itself than the list does, and sooner. */
export function runRows(main: MeasuredRun, others: readonly RunSummary[]): RunRow[] {
  const { head, columns } = main;
  const { folder, name, createdAt, state, config } = head;
  const step = Math.max(head.step, columns.lastStep);
  const own = { folder, name, createdAt, state, step, seed: config.seed, results: ownResults(main) };
  const all: RunSummary[] = [own, ...others];
  return all.map(({ folder, name, createdAt, state, step, seed, results }, i) => {
    const described = { folder, name, createdAt, state, step, seed, results };
    return { ...described, started: shortTime(createdAt), own: i === 0 };
  });
}

/** Of a long run they take a while, and are wanted with every step of any other. */
let known: { columns: MetricColumns; length: number; results: RunResults } | undefined;
function ownResults({ columns }: MeasuredRun): RunResults {
  if (known?.columns !== columns || known.length !== columns.length)
    known = { columns, length: columns.length, results: resultsOf(columns) };
  return known.results;
}

/** The rows that a search finds, by name, state or seed, in order; this run first, found or not. */
export function arranged(rows: readonly RunRow[], search: string, sort: string): RunRow[] {
  const wanted = search.trim().toLowerCase();
  const found = rows.filter((row) => row.own || textOf(row).includes(wanted));
  const down = sort.startsWith('-');
  const key = sort.replace('-', '');
  const value: (row: RunRow) => string | number | undefined = SORTS[key in SORTS ? (key as Sort) : 'started'];
  return found.sort((a, b) => Number(b.own) - Number(a.own) || compare(value(a), value(b), down ? -1 : 1));
}

const textOf = ({ name, state, seed, started }: RunRow): string =>
  `${name} ${state} ${seed === undefined ? '' : `seed ${seed}`} ${started}`.toLowerCase();

function compare(a: string | number | undefined, b: string | number | undefined, sign: 1 | -1): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (typeof a === 'string' && typeof b === 'string') return sign * a.localeCompare(b, 'en', { numeric: true });
  return sign * (Number(a) - Number(b));
}
