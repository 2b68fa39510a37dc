import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { type DatasetRow, readPrompt, sharedColumns } from './dataset.ts';
import { readJsonLines } from './json-lines.ts';

/** A completion to try reward functions on. */
export interface SampleRow extends DatasetRow {
  completion: string;
  /** What each reward function should give, by name ("total": the weighted sum): a number, or a range. */
  expect?: Record<string, number | [number, number]>;
}

const RESERVED = new Set(['prompt', 'prompts', 'completion', 'completions', 'completion_ids', 'expect']);

/** Reads samples (`*.samples.jsonl`): dataset rows with a `completion` and, if wanted, `expect`. Throws BadInput at file:line. */
export function loadSamples(file: string): SampleRow[] {
  const lines = readJsonLines(file, 'samples file');
  const columnsOf = sharedColumns(lines, RESERVED);
  return lines.map(({ line, value }) => {
    const at = { file, line };
    const prompt = readPrompt(value, at);
    const { completion } = value;
    if (typeof completion !== 'string') throw new BadInput('This sample has no "completion" (a text).', at);
    const expect = readExpect(value.expect, at);
    return { prompt, completion, columns: columnsOf(value), line, ...(expect && { expect }) };
  });
}

function readExpect(expect: unknown, at: SourceLocation): SampleRow['expect'] {
  if (expect === undefined || expect === null) return undefined;
  if (typeof expect !== 'object' || Array.isArray(expect))
    throw new BadInput('"expect" must be an object, such as { "ordering": 3, "total": [6, 7] }.', at);
  for (const [name, wanted] of Object.entries(expect)) {
    const numbers: unknown[] = Array.isArray(wanted) && wanted.length === 2 ? wanted : [wanted];
    if (!numbers.every((number) => typeof number === 'number'))
      throw new BadInput(`"expect.${name}" must be a number, or a range such as [6, 7].`, at);
    if (numbers.length === 2 && Number(numbers[0]) > Number(numbers[1]))
      throw new BadInput(`"expect.${name}" must give the lower end of the range first.`, at);
  }
  return expect as SampleRow['expect'];
}
