import { answerPath } from '../data/describe/answers.ts';
import { valueAt } from '../data/row-path.ts';
import type { RenderedSample } from '../preview/sample-scores.ts';
import { boxed } from '../rewards/library/extract.ts';
import { answersFirst } from '../text/answer-column.ts';

/** A prompt with what is expected of it. */
export interface AuditedPrompt {
  /** A sample of the prompt: its columns are those of all probes. */
  sample: RenderedSample;
  /** The expected answer as text; undefined where no column looks like one. */
  gold: string | undefined;
  /** Completions that may be honest answers, the samples' own first. */
  candidates: string[];
}

/** A prompt and the completion that earned most of the candidates for an honest answer. */
export interface HonestAnswer {
  sample: RenderedSample;
  completion: string;
  gold: string | undefined;
  /** The completion with something else in the place of the answer; undefined where the answer does not appear in it. */
  fill: ((answer: string) => string) | undefined;
  /** The same in all places: "6 times 7 is 42. The answer is 42" has two, and either one may be what is rewarded. */
  fillAll: ((answer: string) => string) | undefined;
}

/** Prompts with several samples first, as their samples say more. `groups`: samples by prompt. */
export function auditedPrompts(groups: readonly RenderedSample[][], most: number): AuditedPrompt[] {
  const rows = groups.map(([first]) => first!.columns as Record<string, never>);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const path = answerPath(rows, columns);
  // What is the same for all prompts is no answer.
  const varying = columns.filter((name) => new Set(rows.map((row) => JSON.stringify(row[name]))).size > 1);
  return groups
    .toSorted((a, b) => b.length - a.length)
    .slice(0, most)
    .map((samples) => {
      const sample = samples[0]!;
      const texts = samples.map(({ completion }) => completion).filter((completion) => completion.trim() !== '');
      const gold = goldOf(sample, path, texts, varying);
      const made = gold === undefined ? [] : [`<answer>${gold}</answer>`, `\\boxed{${gold}}`, gold];
      return { sample, gold, candidates: [...texts, ...made] };
    });
}

/** Of a solution, what is behind `####` or in the last `\boxed{…}`. */
function goldOf(
  { columns }: RenderedSample,
  path: string | null,
  completions: string[],
  varying: string[],
): string | undefined {
  const short = (value: unknown): string | undefined => {
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') return undefined;
    const text = (boxed(value) ?? value.split('####').at(-1)!).trim();
    return text !== '' && text.length <= 60 && !text.includes('\n') ? text : undefined;
  };
  const named = path === null ? undefined : short(valueAt(columns as never, path)?.value);
  if (named !== undefined) return named;
  // Any column whose value the samples' completions have in them.
  return answersFirst(varying.map((name) => ({ name, value: columns[name] })))
    .map(({ value }) => short(value))
    .find((text) => text !== undefined && completions.some((completion) => placesOf(completion, text).length > 0));
}

/** `1,250` may be written as 1250 in the completion, and the other way round: the gold is what is written last. */
export function honestAnswer(sample: RenderedSample, completion: string, expected: string | undefined): HonestAnswer {
  if (expected === undefined) return { sample, completion, gold: undefined, fill: undefined, fillAll: undefined };
  const plain = /^-?\d{1,3}(,\d{3})+$/.test(expected) ? expected.replaceAll(',', '') : expected;
  const places = [...new Set([plain, expected])]
    .flatMap((written) => placesOf(completion, written).map((at) => ({ at, end: at + written.length })))
    .toSorted((a, b) => b.at - a.at);
  const fillAt = (all: typeof places) => (answer: string) =>
    all.reduce((text, { at, end }) => `${text.slice(0, at)}${answer}${text.slice(end)}`, completion);
  const isThere = places.length > 0;
  return {
    ...{ sample, completion, gold: plain },
    fill: isThere ? fillAt(places.slice(0, 1)) : undefined,
    fillAll: isThere ? fillAt(places) : undefined,
  };
}

/** Where the answer is in a text, and not as a part of a longer number or word. */
export function placesOf(text: string, gold: string): number[] {
  const part = /[\p{L}\p{N}]/u;
  const places: number[] = [];
  for (let at = text.indexOf(gold); at >= 0; at = text.indexOf(gold, at + gold.length))
    if (!part.test(text[at - 1] ?? '') && !part.test(text[at + gold.length] ?? '')) places.push(at);
  return places;
}
