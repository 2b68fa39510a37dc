import { applyEdits, modify } from 'jsonc-parser';
import { type ExactJson, parseExact, stringifyExact, withExact } from '../text/exact-json.ts';
import type { Prompt } from './rewards.ts';

/** A completion that someone wants to keep as a sample. */
export interface NewSample {
  /** Exact where its messages hold what JavaScript has not got exactly. */
  prompt: Prompt | ExactJson;
  completion: string;
  /** The dataset row's other columns. */
  columns: Record<string, unknown>;
  /** What each reward function should give. */
  expect?: Record<string, number> | undefined;
}

/** What is to change in a samples file; everything else stays as it was written, also lines that are none. */
export interface SampleEdits {
  /** Lines count from 1. */
  replaced: { line: number; text: string }[];
  appended: string[];
  /** Where each of the samples stands then. */
  lines: number[];
}

type SampleLine = Record<string, unknown>;

/**
 * Puts samples into a samples file's text. One that is there already is not added again; its `expect` becomes that of the new one. Two are
 * the same when prompt, completion and the columns that both have are.
 */
export function sampleEdits(text: string, samples: readonly NewSample[]): SampleEdits {
  const lines = text.split('\n').map((line) => line.replace(/^\uFEFF/, ''));
  const known = lines.map(parseLine);
  const edits: SampleEdits = { replaced: [], appended: [], lines: [] };
  // What follows the last line feed is where the next line goes, if it is empty.
  const written = known.length - (lines.at(-1) === '' ? 1 : 0);
  for (const sample of samples) {
    const at = known.findIndex((line) => line !== undefined && isSame(line, sample));
    if (at < 0) {
      const line = sampleLine(sample);
      edits.appended.push(stringifyExact(line));
      edits.lines.push(written + edits.appended.length);
      known.push(line);
      continue;
    }
    edits.lines.push(at < lines.length ? at + 1 : written + at - lines.length + 1);
    if (sample.expect && at < lines.length) {
      const wanted = expectNow(known[at]!, sample.expect);
      if (JSON.stringify(wanted) === JSON.stringify(known[at]!.expect)) continue;
      const replaced = applyEdits(lines[at]!, modify(lines[at]!, ['expect'], wanted, {}));
      edits.replaced.push({ line: at + 1, text: replaced });
    }
  }
  return edits;
}

/** A sample as it stands in the file. */
export function sampleLine({ prompt, completion, columns, expect }: NewSample): SampleLine {
  // A dataset's own column of that name is no expectation.
  const { expect: _, ...others } = columns;
  return { prompt, ...others, completion, ...(expect && { expect }) };
}

/** The text after these edits. */
export function editedSamples(text: string, { replaced, appended }: SampleEdits): string {
  const lines = text.split('\n');
  for (const { line, text: now } of replaced) lines[line - 1] = now;
  const head = lines.join('\n');
  return [head, head === '' || head.endsWith('\n') ? '' : '\n', ...appended.map((line) => `${line}\n`)].join('');
}

/** Expectations of other functions stay; the total follows from what the functions should give. */
function expectNow({ expect }: SampleLine, wanted: Record<string, number>): Record<string, unknown> {
  const { total: _, ...others } = (typeof expect === 'object' && expect !== null ? expect : {}) as SampleLine;
  return { ...others, ...wanted };
}

function isSame(line: SampleLine, { prompt, completion, columns }: NewSample): boolean {
  const same = (a: unknown, b: unknown) => stringifyExact(a) === stringifyExact(b);
  if (line.completion !== completion || !same(line.prompt, prompt)) return false;
  return Object.entries(sampleLine({ prompt, completion, columns })).every(
    ([name, value]) => line[name] === undefined || same(line[name], value),
  );
}

function parseLine(line: string): SampleLine | undefined {
  try {
    const value = parseExact(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const { expect } = value as SampleLine;
    return { ...withExact(value as SampleLine), ...(expect !== undefined && { expect }) };
  } catch {
    return undefined;
  }
}
