import { attempt, type JsonLine, parseJsonLines, raise, readJsonLines } from '../files/json-lines.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { readPrompt } from './read-prompt.ts';
import type { MappedRow } from './row-mapping.ts';
import { RESERVED, sharedColumns } from './shared-columns.ts';

/** A completion to try reward functions on. */
export interface SampleRow extends MappedRow {
  /** In the samples file, from 1. */
  line: number;
  completion: string;
  /** What each reward function should give, by name ("total": the weighted sum): a number, or a range. */
  expect?: Record<string, number | [number, number]>;
  /** A model wrote it: Generate Samples may replace it. */
  generated?: true;
}

const RESERVED_IN_SAMPLES = new Set([...RESERVED, 'expect', 'generated']);

/** Reads samples (`*.samples.jsonl`; `at` is the line that names them): dataset rows with a `completion` and, if wanted, `expect`. Throws BadInput at file:line. */
export function loadSamples(file: string, at?: SourceLocation): SampleRow[] {
  return toSamples(readJsonLines(file, 'samples file', at), file, raise);
}

/** The samples of a text that may be in the middle of an edit: those that can be read, and a problem for each line that cannot. */
export function parseSamples(text: string, file: string): { samples: SampleRow[]; problems: BadInput[] } {
  const problems: BadInput[] = [];
  const onProblem = (problem: BadInput) => void problems.push(problem);
  const samples = toSamples(parseJsonLines(text, file, onProblem), file, onProblem);
  return { samples, problems };
}

function toSamples(lines: JsonLine[], file: string, onProblem: (problem: BadInput) => void): SampleRow[] {
  const columnsOf = sharedColumns(lines, RESERVED_IN_SAMPLES);
  const samples: SampleRow[] = [];
  for (const row of lines) {
    const { line, value } = row;
    attempt(() => {
      const at = { file, line };
      const prompt = readPrompt(value.prompt, 'prompt', at);
      const { completion } = value;
      if (typeof completion !== 'string') throw new BadInput('This sample has no "completion" (a text).', at);
      const expect = readExpect(value.expect, at);
      const generated = value.generated === true && { generated: true as const };
      samples.push({ prompt, completion, columns: columnsOf(row), line, ...(expect && { expect }), ...generated });
    }, onProblem);
  }
  return samples;
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
