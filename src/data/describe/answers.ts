import type { JsonObject } from '../../files/json-lines.ts';
import type { Finding } from '../../protocol/finding.ts';
import { own } from '../../text/own.ts';
import { valueAt } from '../row-path.ts';
import { isObject } from './columns.ts';

/** Names of columns with the right answer, the most likely first. */
const NAMES = [
  ...[
    'answer',
    'final_answer',
    'expected_answer',
    'correct_answer',
    'ground_truth',
    'groundtruth',
    'gold',
    'gold_answer',
  ],
  ...['solution', 'target', 'label', 'answers', 'reference_answer', 'expected', 'answerkey'],
];

/** The column that holds the right answer, or the path to it in one that is an object (`reward_model.ground_truth`); null: none looks like it. */
export function answerPath(rows: readonly JsonObject[], columns: readonly string[]): string | null {
  const find = (names: readonly string[], holds: (name: string) => boolean): string | undefined =>
    NAMES.flatMap((wanted) => names.filter((name) => plain(name) === plain(wanted) && holds(name)))[0];
  const onTop = find(columns, (name) => rows.some((row) => isAnswer(own(row, name))));
  if (onTop !== undefined) return onTop;
  for (const column of columns) {
    const objects = rows.map((row) => own(row, column)).filter(isObject);
    const fields = [...new Set(objects.flatMap((object) => Object.keys(object)))];
    const field = find(fields, (name) => objects.some((object) => isAnswer(own(object, name))));
    if (field !== undefined) return `${column}.${field}`;
  }
  return null;
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, '');

/** A text, a number, or several of them that are all right. */
function isAnswer(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => typeof item === 'string');
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean';
}

const HASHES = /####\s*[-+]?[$\d][\d,.]*\s*$/;

/** What there is to know of answers that come with the way to them. */
export function answerFindings(rows: readonly JsonObject[], path: string | null): Finding[] {
  if (path === null) return [];
  const texts = rows.map((row) => valueAt(row, path)?.value).filter((value) => typeof value === 'string');
  if (texts.length === 0) return [];
  const hashes = texts.filter((text) => HASHES.test(text)).length;
  if (hashes === texts.length)
    return [
      information(
        'answer-after-hashes',
        `"${path}" holds solutions that end in "#### 42", as in GSM8K: the helpers numericMatch and mathMatch read the answer behind the marks; other rewards get the whole text.`,
      ),
    ];
  const boxed = texts.filter((text) => text.includes('\\boxed{')).length;
  if (boxed < texts.length / 2) return [];
  return [
    information(
      'boxed-answer',
      `"${path}" holds solutions with the answer in \\boxed{…} (${boxed} of ${texts.length} rows): the helpers mathMatch and numericMatch read what is in the last box; other rewards get the whole text.`,
    ),
  ];
}

const information = (kind: string, evidence: string): Finding => ({ kind, severity: 'information', evidence });
