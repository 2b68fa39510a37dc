import { outcomeText } from '../../protocol/outcome-text.ts';
import type { PreviewFunction, PreviewGroup, PreviewOutcome, PreviewRow } from '../../protocol/preview.ts';

/** 0.6234 as `0.62`, 3 as `3`, with a minus sign that is one. */
export function shortNumber(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  const text = size !== 0 && (size < 0.005 || size >= 1e6) ? value.toExponential(1) : String(Number(value.toFixed(2)));
  return text.replace(/^-/, '−').replace('e+', 'e');
}

export const signed = (value: number): string => `${value > 0 ? '+' : ''}${shortNumber(value)}`;

/** 0.0123 s as `12 ms`. */
export const shortTime = (seconds: number): string =>
  seconds < 0.0995 ? `${shortNumber(seconds * 1000)} ms` : `${shortNumber(seconds)} s`;

/** As many characters as a number in front of a row may have: `−12.35`, `100000`, `−3e12`. */
const FIXED_WIDTH = 6;

/** 6.5 as `6.50`, right-aligned in six characters; with fewer decimals where it would be longer, so that numbers of a column line up. */
export function fixedNumber(value: number | null, sign = false): string {
  if (value === null) return padded('–');
  // What rounds to zero has no sign.
  const text = [2, 1, 0]
    .map((decimals) => value.toFixed(decimals).replace(/^-(?=[0.]*$)/, ''))
    .find((candidate) => candidate.replace('-', '').length < FIXED_WIDTH && !/e/.test(candidate));
  const shown = (text ?? value.toExponential(0).replace('e+', 'e')).replace(/^-/, '−');
  return padded(sign && value > 0 && /[1-9]/.test(shown) ? `+${shown}` : shown);
}

/** With spaces that CSS keeps. */
const padded = (text: string): string => text.padStart(FIXED_WIDTH, '\u00a0');

export type RowMark = 'failure' | 'missed' | 'none';

const MARKS: Record<RowMark, string> = { failure: '✗', missed: '!', none: '\u00a0' };

/** What is shown in front of a row's line, `▲ +0.87` and `6.50  │`; while functions still score it, that they do. */
export function frontWords(
  row: PreviewRow,
  functions: readonly PreviewFunction[],
): { advantage: string; total: string } {
  const mark = MARKS[rowMark(row)];
  if (!isScored(row, functions)) return { advantage: '', total: `${padded('…')}\u00a0${mark}│` };
  const direction = row.reward === null || isNoAdvantage(row) ? '\u00a0' : row.advantage > 0 ? '▲' : '▼';
  const advantage = row.reward === null ? '' : `${direction}${fixedNumber(row.advantage, true)}`;
  return { advantage, total: `${fixedNumber(row.reward)}\u00a0${mark}│` };
}

/** The worst of what there is to say of a row. */
export const rowMark = ({ outcomes, mismatches }: PreviewRow): RowMark =>
  Object.values(outcomes).some(({ kind }) => kind === 'failure')
    ? 'failure'
    : mismatches.length > 0
      ? 'missed'
      : 'none';

const ZERO = 1e-8;
export const isNoAdvantage = ({ advantage }: PreviewRow): boolean => Math.abs(advantage) < ZERO;

const count = (number: number, thing: string, things = `${thing}s`): string =>
  `${number} ${number === 1 ? thing : things}`;

/** `12 samples · mean 0.62 · 2 abstain · 1 error`; of one that no run config names that it is not counted. */
export function functionSummary({ samples, mean, abstained, failed, trial }: PreviewFunction): string {
  const parts = [count(samples, 'sample')];
  if (mean !== null) parts.push(`mean ${shortNumber(mean)}`);
  if (abstained > 0) parts.push(count(abstained, 'abstains', 'abstain'));
  if (failed > 0) parts.push(count(failed, 'error'));
  if (trial) parts.push('not counted');
  return parts.join(' · ');
}

/** `4`, `abstains`, or what went wrong in a word. */
export const outcomeWord = (outcome: PreviewOutcome | undefined): string => outcomeText(outcome, shortNumber);

/** `inclusion 4 · ordering 3 · total 7 · not counted: draft 1` */
export function rowSummary(row: PreviewRow, functions: readonly PreviewFunction[]): string {
  const { outcomes, reward } = row;
  const scores = (some: readonly PreviewFunction[]) => some.map(({ name }) => `${name} ${outcomeWord(outcomes[name])}`);
  const counted = countedOf(functions);
  const trials = scores(functions.filter(({ trial }) => trial)).join(', ');
  const total = reward === null ? 'no reward' : `total ${shortNumber(reward)}`;
  return [
    ...scores(counted),
    ...(counted.length > 0 && isScored(row, functions) ? [total] : []),
    ...(trials === '' ? [] : [`not counted: ${trials}`]),
  ].join(' · ');
}

const countedOf = (functions: readonly PreviewFunction[]): PreviewFunction[] => functions.filter(({ trial }) => !trial);

/** Whether every function that counts is done with it: a sum of some says nothing. */
export const isScored = ({ outcomes }: PreviewRow, functions: readonly PreviewFunction[]): boolean =>
  countedOf(functions).every(({ name }) => outcomes[name]);

/** The text behind a row whose group teaches nothing; the reason on the group's first row only. */
export function signalNote({ signal, why }: PreviewGroup, first: boolean): string {
  if (signal === 'signal') return '';
  return first ? why : 'no signal';
}

export const expectedWord = (expected: number | readonly [number, number]): string =>
  typeof expected === 'number' ? shortNumber(expected) : `${shortNumber(expected[0])} to ${shortNumber(expected[1])}`;
