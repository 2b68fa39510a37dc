import type { EvaluatedCompletion } from '../../src/protocol/dashboard-completion.ts';
import { groupBy } from '../../src/text/group-by.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { el } from '../dom.ts';
import { tokensText } from '../format.ts';
import { extractedParts, rowFailure, unscored } from '../rollouts/outcome.ts';

/** Completions of a held-out prompt as cards, in this order; equal ones with equal rewards share one. */
export function evaluatedCards(completions: readonly EvaluatedCompletion[]): HTMLElement[] {
  const groups = groupBy(completions, ({ completion, rewards, error }) => JSON.stringify([completion, rewards, error]));
  return [...groups.values()].map((equal) => card(equal[0]!, equal.length));
}

function card(row: EvaluatedCompletion, times: number): HTMLElement {
  const { completion, reward, length, truncated, rewards, details } = row;
  const scores = Object.entries(rewards).map(([name, score]) =>
    el(
      'div',
      {},
      el('dt', {}, name),
      el('dd', { class: 'number' }, score === null ? unscored(name, row) : formatNumber(score)),
      details?.[name] && el('dd', { class: 'muted' }, ...extractedParts(details[name])),
    ),
  );
  return el(
    'article',
    { class: 'answer' },
    el(
      'header',
      {},
      el('span', { class: 'reward' }, reward === null ? 'no reward' : `reward ${formatNumber(reward)}`),
      el('span', { class: 'muted' }, tokensText(length)),
      truncated && el('span', { class: 'tag warning' }, 'truncated'),
      times > 1 && el('span', { class: 'tag times', title: `${times} equal completions` }, `× ${times}`),
    ),
    el('pre', {}, completion === '' ? '(empty)' : completion),
    el('dl', { class: 'scores' }, ...scores),
    rowFailure(row),
  );
}

/** How many completions a mean is of, where it is one. */
export const meanOf = (completions: readonly EvaluatedCompletion[]): string =>
  completions.length > 1 ? `mean of ${completions.length} completions` : '';
