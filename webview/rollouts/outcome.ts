import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { formatLocation, type SourceLocation } from '../../src/protocol/errors.ts';
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

/** Why a completion has no score of a function. */
export function rowFailure({ error, failure: data }: Pick<Completion, 'error' | 'failure'>, search = ''): Child {
  if (data) return failure(`${data.name}: ${data.message}`, data.place, search);
  return error !== null && failure(error, undefined, search);
}

/** What went wrong, behind a link to the place if there is one. */
export function failure(words: string, place?: SourceLocation, search = ''): HTMLElement {
  if (!place) return el('p', { class: 'failure' }, ...markedText(words, search));
  const { file, line = 1, column = 1 } = place;
  const open = () => host.postMessage({ type: 'open', file, line, column });
  const link = el('button', { class: 'link', onclick: open }, formatLocation(place));
  return el('p', { class: 'failure' }, link, ': ', ...markedText(words, search));
}
