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

const count = (number: number, thing: string, things = `${thing}s`): string =>
  `${number} ${number === 1 ? thing : things}`;

/** `12 samples · mean 0.62 · 2 abstain · 1 error` */
export function functionSummary({ samples, mean, abstained, failed }: PreviewFunction): string {
  const parts = [count(samples, 'sample')];
  if (mean !== null) parts.push(`mean ${shortNumber(mean)}`);
  if (abstained > 0) parts.push(count(abstained, 'abstains', 'abstain'));
  if (failed > 0) parts.push(count(failed, 'error'));
  return parts.join(' · ');
}

/** `4`, `abstains`, or what went wrong in a word. */
export const outcomeWord = (outcome: PreviewOutcome | undefined): string => outcomeText(outcome, shortNumber);

/** `inclusion 4 · ordering 3 · total 7` */
export function rowSummary({ outcomes, reward }: PreviewRow, functions: readonly PreviewFunction[]): string {
  const parts = functions.map(({ name }) => `${name} ${outcomeWord(outcomes[name])}`);
  const done = functions.every(({ name }) => outcomes[name]);
  if (done) parts.push(reward === null ? 'no reward' : `total ${shortNumber(reward)}`);
  return parts.join(' · ');
}

/** The text behind a row whose group teaches nothing; the reason on the group's first row only. */
export function signalNote({ signal, why }: PreviewGroup, first: boolean): string {
  if (signal === 'signal') return '';
  return first ? why : 'no signal';
}

export const expectedWord = (expected: number | readonly [number, number]): string =>
  typeof expected === 'number' ? shortNumber(expected) : `${shortNumber(expected[0])} to ${shortNumber(expected[1])}`;
