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
  /** A model wrote it, unasked by anyone to keep just this one: it may be replaced. */
  generated?: true | undefined;
}

/** What is to change in a samples file; everything else stays as it was written, also lines that are none. */
export interface SampleEdits {
  /** Lines count from 1. */
  replaced: { line: number; text: string }[];
  appended: string[];
  /** Lines that go. */
  removed: number[];
  /** Where each of the samples stands then. */
  lines: number[];
}

type SampleLine = Record<string, unknown>;

/**
 * Puts samples into a samples file's text. One that is there already is not added again; its `expect` becomes that of the new one. Two are
 * the same when prompt, completion and the columns that both have are. `replacing` removes the generated ones that were there, except
 * those that someone gave expectations and those that are the same as new ones.
 */
export function sampleEdits(text: string, samples: readonly NewSample[], { replacing = false } = {}): SampleEdits {
  const lines = text.split('\n').map((line) => line.replace(/^\uFEFF/, ''));
  const known = lines.map(parseLine);
  const edits: SampleEdits = { replaced: [], appended: [], removed: [], lines: [] };
  const again = new Set<number>();
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
    again.add(at);
    if (sample.expect && at < lines.length) {
      const wanted = expectNow(known[at]!, sample.expect);
      if (JSON.stringify(wanted) === JSON.stringify(known[at]!.expect)) continue;
      const replaced = applyEdits(lines[at]!, modify(lines[at]!, ['expect'], wanted, {}));
      edits.replaced.push({ line: at + 1, text: replaced });
    }
  }
  if (!replacing) return edits;
  for (let at = 0; at < lines.length; at++) if (isReplaceable(known[at]) && !again.has(at)) edits.removed.push(at + 1);
  const above = (line: number) => edits.removed.filter((removed) => removed < line).length;
  return { ...edits, lines: edits.lines.map((line) => line - above(line)) };
}

/** How many samples of a text `replacing` may remove. */
export const countReplaceable = (text: string): number => text.split('\n').map(parseLine).filter(isReplaceable).length;

/** Generated, and nobody has said what a function should give it. */
function isReplaceable(line: SampleLine | undefined): boolean {
  const expect = line?.expect ?? {};
  return line?.generated === true && typeof expect === 'object' && Object.keys(expect).length === 0;
}

/** A sample as it stands in the file. */
export function sampleLine({ prompt, completion, columns, expect, generated }: NewSample): SampleLine {
  // A dataset's own columns of these names say neither.
  const { expect: _, generated: __, ...others } = columns;
  return { prompt, ...others, completion, ...(expect && { expect }), ...(generated && { generated }) };
}

/** The text after these edits. */
export function editedSamples(text: string, { replaced, appended, removed }: SampleEdits): string {
  const lines = text.split('\n');
  for (const { line, text: now } of replaced) lines[line - 1] = now;
  const gone = new Set(removed);
  const head = lines.filter((_, index) => !gone.has(index + 1)).join('\n');
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
