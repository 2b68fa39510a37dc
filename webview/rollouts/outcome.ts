import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { formatLocation, type SourceLocation } from '../../src/protocol/errors.ts';
import { fileName } from '../../src/text/files-by-name.ts';
import { type Child, el } from '../dom.ts';
import { host } from '../host.ts';
import { markedText } from '../marked-text.ts';

/** What a function found, and why it scored so. */
export function extractedParts({ extracted, reason }: { reason?: string; extracted?: string }, search = ''): Child[] {
  const why = markedText(reason ?? '', search);
  if (extracted === undefined) return why;
  const found = el('code', {}, ...(extracted === '' ? ['(empty)'] : markedText(extracted, search)));
  return ['extracted ', found, ...(reason === undefined ? [] : [' · ', ...why])];
}

/** What a function has said that gave no number. */
export const unscored = (name: string, { failure: data }: Pick<Completion, 'failure'>): string =>
  data?.name === name ? 'failed' : 'abstained';

/** Why a completion has no score of a function. */
export function rowFailure({ error, failure: data }: Pick<Completion, 'error' | 'failure'>, search = ''): Child {
  if (data) return failure(`${data.name}: ${data.message}`, data.place, search);
  return error !== null && failure(error, undefined, search);
}

/** What went wrong, behind a link to the place if there is one. */
export const failure = (words: string, place?: SourceLocation, search = ''): HTMLElement =>
  el('p', { class: 'failure' }, ...failureWords(words, place, search));

/** The link has the file's name alone: there may be little room. */
export function failureWords(words: string, place?: SourceLocation, search = ''): Child[] {
  if (!place) return markedText(words, search);
  const { file, line = 1, column = 1 } = place;
  const onclick = () => host.postMessage({ type: 'open', file, line, column });
  const short = formatLocation({ ...place, file: fileName(file) });
  const link = el('button', { class: 'link', title: formatLocation(place), onclick }, short);
  return [link, ': ', ...markedText(words, search)];
}
