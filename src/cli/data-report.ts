import {
  type DatasetSummary,
  type PromptLengths,
  promptsTitle,
  type RowMapping,
  type ShownPrompt,
} from '../protocol/dataset-summary.ts';
import { findingText } from '../protocol/finding.ts';
import { shorten, singleSpaced, withoutMiddle } from '../text/visible.ts';
import { table } from './table.ts';

const VALUE_WIDTH = 60;
const TYPE_WIDTH = 44;
const PROMPT_LENGTH = 2000;
const BAR_WIDTH = 40;

/** A dataset's summary for a terminal. */
export function reportDataset(summary: DatasetSummary): string {
  const { rows, files, columns, model, prompts, lengths, findings, mapping, proposal } = summary;
  const where = files.length === 1 ? files[0]! : `${files.length} files`;
  const isAll = rows.total === rows.read;
  const count = rows.total === null ? `more than ${formatCount(rows.read)} rows` : `${formatCount(rows.total)} rows`;
  const seen = isAll ? '' : ` (looked at the first ${formatCount(rows.read)})`;
  const columnRows = columns.map(({ name, type, values }) => [
    name,
    shorten(type, TYPE_WIDTH),
    shorten(singleSpaced(values.find((value) => value !== '') ?? ''), VALUE_WIDTH),
  ]);
  return [
    `${where}: ${count}${seen}`,
    section('Columns', table([['name', 'type', 'first value'], ...columnRows])),
    ...(proposal.promptColumn === null && mapping.prompt === null
      ? []
      : [section('In the run config', configLines(mapping))]),
    ...(prompts.length > 0 ? [section(promptsTitle(summary), prompts.flatMap(promptLines))] : []),
    ...(lengths ? [section(lengthsTitle(lengths), histogram(lengths))] : []),
    ...(model || prompts.length === 0
      ? []
      : ['--model MODEL shows the prompts as that model sees them, and counts tokens.']),
    ...(findings.length > 0
      ? [
          section(
            'Note',
            findings.map((finding) => `  ${findingText(finding)}`),
          ),
        ]
      : []),
  ].join('\n\n');
}

const section = (title: string, lines: string[]): string => [`${title}:`, ...lines].join('\n');

const formatCount = (count: number): string => count.toLocaleString('en-US');

/** What to write into the config; nothing where its defaults do. */
function configLines({ prompt, columns }: RowMapping): string[] {
  const fields = Object.entries({ prompt, columns }).filter(([, value]) => value !== null);
  if (fields.length === 0) return ['  nothing: the column "prompt" is used as it is'];
  return fields.map(([name, value]) => `  "${name}": ${spaced(value)},`);
}

/** JSON on one line, as people write it. */
const spaced = (value: unknown): string => JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ');

function promptLines({ text, tokens, answer }: ShownPrompt, index: number): string[] {
  // A line feed at the end, or none, is a part of the prompt.
  const lines = shorten(text, PROMPT_LENGTH).replaceAll('\n', '↵\n').split('\n');
  const body = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  // What a long solution comes to is at its end.
  const result = answer === null ? [] : [`  answer: ${withoutMiddle(singleSpaced(answer), VALUE_WIDTH, VALUE_WIDTH)}`];
  return [
    ...(index > 0 ? [''] : []),
    ...body.map((line) => `  │ ${line}`),
    ...(tokens === null ? [] : [`  ${tokens} tokens`]),
    ...result,
  ];
}

const lengthsTitle = ({ unit, count }: PromptLengths): string => `Lengths of ${formatCount(count)} prompts in ${unit}`;

function histogram({ min, median, p95, max, bins }: PromptLengths): string[] {
  const most = Math.max(...bins.map(({ count }) => count));
  const rows = bins.map(({ from, to, count }) => {
    const bar = '█'.repeat(Math.ceil((BAR_WIDTH * count) / most));
    return [to - from === 1 ? String(from) : `${from}–${to - 1}`, String(count), bar];
  });
  return [
    `  shortest ${min}, median ${median}, 95 % at most ${p95}, longest ${max}`,
    ...table(rows, (column) => column < 2),
  ];
}
