import { structuredPatch } from 'diff';

/** A line of a diff; `-` is only in the first text, `+` only in the second. Lines count from 1. */
export interface DiffLine {
  kind: ' ' | '-' | '+';
  text: string;
  /** In the first and in the second text; undefined where it is not in there. */
  from?: number;
  to?: number;
}

/** More changed lines would take seconds to find. */
const MOST_CHANGES = 2000;

/**
 * The fewest removed and added lines that make one text of the other, in pieces with three lines around each; undefined where there are too
 * many to find them soon. Ends of lines are no changes.
 */
export function lineDiff(before: string, after: string): DiffLine[][] | undefined {
  const options = { context: 3, stripTrailingCr: true, maxEditLength: MOST_CHANGES };
  const patch = structuredPatch('', '', ended(before), ended(after), '', '', options);
  return patch?.hunks.map(({ oldStart, newStart, lines }) => {
    let [from, to] = [oldStart, newStart];
    return lines.map((line): DiffLine => {
      const [kind, text] = [line[0] as DiffLine['kind'], line.slice(1)];
      if (kind === '-') return { kind, text, from: from++ };
      return kind === '+' ? { kind, text, to: to++ } : { kind, text, from: from++, to: to++ };
    });
  });
}

const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
