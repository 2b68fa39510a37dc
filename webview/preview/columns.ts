import { promptTitle } from '../../src/protocol/message-text.ts';
import { outcomeText } from '../../src/protocol/outcome-text.ts';
import type { PreviewGroup, PreviewOutcome, PreviewResult, PreviewRow } from '../../src/protocol/preview.ts';
import { formatNumber, signOf } from '../../src/text/numbers.ts';
import { singleSpaced } from '../../src/text/visible.ts';
import { formatSigned } from '../format.ts';

/** A row of the table: the result's, with what is looked up for it. */
export interface TableRow {
  /** In the result. */
  index: number;
  row: PreviewRow;
  group: PreviewGroup;
  prompt: string;
  /** All functions' time for it, in seconds; null where it is not known per sample. */
  seconds: number | null;
  /** All that can be searched for, in lower case. */
  text: string;
}

export interface Column {
  id: string;
  title: string;
  /** CSS width in the grid. */
  width: string;
  number: boolean;
  /** What it is sorted by. */
  value(row: TableRow): number | string | null;
  text(row: TableRow): string;
  /** A class for its cell. */
  kind?(row: TableRow): string;
}

export function tableRows({ rows, groups }: PreviewResult): TableRow[] {
  return rows.map((row, index) => {
    const group = groups[row.group]!;
    const prompt = promptTitle(group.prompt);
    const outcomes = Object.values(row.outcomes);
    const timed = outcomes.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
    const seconds = timed.length === 0 ? null : timed.reduce((sum, value) => sum + value, 0);
    const text = [prompt, row.completion, ...outcomes.map(outcomeSearch)].join('\n').toLowerCase();
    return { index, row, group, prompt, seconds, text };
  });
}

function outcomeSearch(outcome: PreviewOutcome): string {
  switch (outcome.kind) {
    case 'score':
      return `${outcome.extracted ?? ''} ${outcome.reason ?? ''}`;
    case 'abstain':
      return 'abstains';
    case 'failure':
      return outcome.message;
    default:
      return outcome satisfies never;
  }
}

/** One column per function, between those that every result has. */
export function tableColumns({ functions }: PreviewResult): Column[] {
  const advantage = (row: TableRow) => row.row.advantage;
  return [
    {
      id: 'line',
      title: 'Line',
      width: '7ch',
      number: true,
      value: ({ row }) => row.line,
      text: ({ row }) => String(row.line),
    },
    {
      id: 'prompt',
      title: 'Prompt',
      width: 'minmax(8ch, 1fr)',
      number: false,
      value: ({ prompt }) => prompt,
      text: ({ prompt }) => prompt,
    },
    {
      ...{ id: 'completion', title: 'Completion', width: 'minmax(8ch, 2fr)', number: false },
      value: ({ row }) => row.completion,
      text: ({ row }) => (row.completion === '' ? '(empty)' : singleSpaced(row.completion)),
    },
    ...functions.map(({ name }): Column => {
      const outcome = ({ row }: TableRow) => row.outcomes[name];
      return {
        ...{ id: `function ${name}`, title: name, width: 'minmax(7ch, 14ch)', number: true },
        value: (row) => scoreOf(outcome(row)),
        text: (row) => outcomeText(outcome(row), formatNumber),
        kind: (row) => outcome(row)?.kind ?? 'missing',
      };
    }),
    {
      id: 'total',
      title: 'Total',
      width: '8ch',
      number: true,
      value: ({ row }) => row.reward,
      text: ({ row }) => formatNumber(row.reward),
    },
    {
      ...{ id: 'advantage', title: 'Advantage', width: '13ch', number: true },
      value: advantage,
      text: (row) => formatSigned(advantage(row)),
      kind: (row) => signOf(advantage(row)),
    },
    {
      ...{ id: 'expect', title: 'Expected', width: '10ch', number: false },
      value: ({ row }) => row.mismatches.length,
      text: ({ row }) => row.mismatches.map(({ name, expected }) => `${name} ${expectation(expected)}`).join(', '),
      kind: () => 'failure',
    },
    {
      ...{ id: 'time', title: 'Time', width: '9ch', number: true },
      value: ({ seconds }) => seconds,
      text: ({ seconds }) => (seconds === null ? '–' : formatMilliseconds(seconds)),
    },
  ];
}

export const scoreOf = (outcome: PreviewOutcome | undefined): number | null =>
  outcome?.kind === 'score' ? outcome.score : null;

export const expectation = (expected: number | [number, number]): string =>
  typeof expected === 'number' ? formatNumber(expected) : `${formatNumber(expected[0])}–${formatNumber(expected[1])}`;

/** 0.0123 as "12.3 ms". */
export const formatMilliseconds = (seconds: number): string => `${Number((seconds * 1000).toPrecision(3))} ms`;

export const FILTERS: Record<string, { label: string; keeps: (row: TableRow) => boolean }> = {
  all: { label: 'All samples', keeps: () => true },
  signal: { label: 'With signal', keeps: ({ group }) => group.signal === 'signal' },
  'no-signal': { label: 'Without signal', keeps: ({ group }) => group.signal !== 'signal' },
  missed: { label: 'Expectation not met', keeps: ({ row }) => row.mismatches.length > 0 },
  abstained: { label: 'Some abstain', keeps: ({ row }) => hasKind(row, 'abstain') },
  failed: { label: 'Some failed', keeps: ({ row }) => hasKind(row, 'failure') },
};

const hasKind = (row: PreviewRow, kind: PreviewOutcome['kind']): boolean =>
  Object.values(row.outcomes).some((outcome) => outcome.kind === kind);

/** The rows to show; what is missing comes last, in whichever direction. */
export function selectRows(
  rows: readonly TableRow[],
  columns: readonly Column[],
  { search, filter, sort, descending }: { search: string; filter: string; sort: string; descending: boolean },
): TableRow[] {
  const { keeps } = FILTERS[filter] ?? FILTERS.all!;
  const wanted = search.trim().toLowerCase();
  const column = columns.find(({ id }) => id === sort) ?? columns[0]!;
  const sign = descending ? -1 : 1;
  return rows
    .filter((row) => keeps(row) && row.text.includes(wanted))
    .sort((a, b) => {
      const [x, y] = [column.value(a), column.value(b)];
      if (x === null || y === null) return Number(x === null) - Number(y === null);
      const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
      return order * sign || a.index - b.index;
    });
}
