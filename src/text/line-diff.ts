/** A line of a diff; `-` is only in the first text, `+` only in the second. Lines count from 1. */
export interface DiffLine {
  kind: ' ' | '-' | '+';
  text: string;
  /** In the first and in the second text; undefined where it is not in there. */
  from?: number;
  to?: number;
}

/** Cells of the table of common lines: more would take seconds. */
const MOST_CELLS = 4e6;

/** The fewest removed and added lines that make one text of the other; undefined where both are too long and too different to tell soon. */
export function lineDiff(before: string, after: string): DiffLine[] | undefined {
  const [a, b] = [before, after].map((text) => text.replace(/\r?\n$/, '').split(/\r?\n/)) as [string[], string[]];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [height, width] = [a.length - start - end, b.length - start - end];
  if (height * width > MOST_CELLS) return undefined;
  const lines: DiffLine[] = [];
  const same = (i: number, j: number) => lines.push({ kind: ' ', text: a[i]!, from: i + 1, to: j + 1 });
  for (let i = 0; i < start; i++) same(i, i);
  const common = commonLengths(a.slice(start, a.length - end), b.slice(start, b.length - end));
  let [i, j] = [0, 0];
  while (i < height || j < width) {
    if (i < height && j < width && a[start + i] === b[start + j]) same(start + i++, start + j++);
    else if (i < height && (j === width || common(i + 1, j) >= common(i, j + 1)))
      lines.push({ kind: '-', text: a[start + i]!, from: start + ++i });
    else lines.push({ kind: '+', text: b[start + j]!, to: start + ++j });
  }
  for (let k = end; k > 0; k--) same(a.length - k, b.length - k);
  return lines;
}

/** How many lines the rests of both, from these lines on, have in common in order. */
function commonLengths(a: readonly string[], b: readonly string[]): (i: number, j: number) => number {
  const row = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * row);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * row + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * row + j + 1]! + 1
          : Math.max(lengths[(i + 1) * row + j]!, lengths[i * row + j + 1]!);
  return (i, j) => lengths[i * row + j]!;
}

/** Changed lines with those around them, in pieces: what is far from any change is not in there. */
export function diffHunks(lines: readonly DiffLine[], context = 3): DiffLine[][] {
  const hunks: DiffLine[][] = [];
  let end = -1;
  for (const [at, { kind }] of lines.entries()) {
    if (kind === ' ') continue;
    const start = Math.max(0, at - context);
    if (start > end || hunks.length === 0) hunks.push([]);
    hunks.at(-1)!.push(...lines.slice(Math.max(start, end), at + context + 1));
    end = Math.min(lines.length, at + context + 1);
  }
  return hunks;
}
