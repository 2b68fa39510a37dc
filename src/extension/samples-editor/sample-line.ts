import { parseJson } from '../../files/json.ts';
import { BadInput } from '../../protocol/errors.ts';
import type { Prompt } from '../../protocol/rewards.ts';
import type { ColumnView, LineView, SampleLine } from '../../protocol/samples-view.ts';
import { answersFirst } from '../../text/answer-column.ts';
import { rememberExact } from '../../text/exact-json.ts';
import { shorten } from '../../text/visible.ts';
import { sampleColumns } from '../workspace/sample-columns.ts';

/** What a line shows when it is no sample: enough to recognise it by. */
const BROKEN_LENGTH = 300;

type Fields = Record<string, unknown>;

/** What a line of a samples file shows. Whether it can be scored is for the preview process to say: here counts what can be shown. */
export function lineView(text: string, id: number): LineView {
  if (text.trim() === '') return { kind: 'blank', id };
  try {
    return { kind: 'sample', id, ...sampleOf(text) };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { kind: 'broken', id, text: shorten(text, BROKEN_LENGTH), problem: error.problem.message };
  }
}

function sampleOf(text: string): Omit<SampleLine, 'kind' | 'id'> {
  const value = parseJson(text, { file: '' });
  rememberExact(text, value);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadInput('A row must be a JSON object, { ... }.');
  const { prompt, completion, expect, generated } = value as Fields;
  if (typeof completion !== 'string') throw new BadInput('This sample has no "completion" (a text).');
  return {
    prompt: isPrompt(prompt) ? prompt : null,
    completion,
    columns: columnsOf(value as Fields),
    expect: expectationsOf(expect),
    generated: generated !== undefined && generated !== null && generated !== false,
  };
}

function isPrompt(prompt: unknown): prompt is Prompt {
  const isMessage = (message: unknown) => typeof (message as { role?: unknown } | null)?.role === 'string';
  return typeof prompt === 'string' || (Array.isArray(prompt) && prompt.length > 0 && prompt.every(isMessage));
}

const columnsOf = (fields: Fields): ColumnView[] => answersFirst(sampleColumns(fields));

/** Those that are numbers or ranges; the preview process says what is wrong with others. */
function expectationsOf(expect: unknown): SampleLine['expect'] {
  if (typeof expect !== 'object' || expect === null) return {};
  const isNumber = (value: unknown) => typeof value === 'number';
  const isExpectation = (value: unknown) =>
    isNumber(value) || (Array.isArray(value) && value.length === 2 && value.every(isNumber));
  return Object.fromEntries(Object.entries(expect).filter(([, value]) => isExpectation(value)));
}
