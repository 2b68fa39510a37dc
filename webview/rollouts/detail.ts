import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { formatLocation, type SourceLocation } from '../../src/protocol/errors.ts';
import { type Child, el } from '../dom.ts';
import { formatNumber, formatSigned } from '../format.ts';
import { host } from '../host.ts';
import { promptBlock } from '../prompt-block.ts';
import { keepButtons } from './keep.ts';
import type { Group } from './model.ts';
import { signalSentence } from './signals.ts';

/** One group opened: the prompt, and its completions from highest to lowest advantage. */
export function groupDetail(group: Group): HTMLElement {
  const { prompt } = group;
  const shown = group.completions.toSorted((a, b) => b.advantage - a.advantage);
  return el(
    'div',
    { class: 'detail', tabindex: 0, role: 'region', 'aria-label': `Completions of group ${group.index}` },
    promptBlock(prompt),
    el(
      'p',
      { class: 'summary' },
      `${shown.length} completions, mean reward ${formatNumber(group.mean)}, std. dev. ${formatNumber(group.spread)}: ${signalSentence(group.signal)}.`,
    ),
    ...shown.map(completionCard),
  );
}

function completionCard(completion: Completion): HTMLElement {
  const { advantage, reward, length, truncated, rewards, details } = completion;
  const sign = Math.abs(advantage) < 1e-8 ? 'zero' : advantage > 0 ? 'up' : 'down';
  const keep = keepButtons();
  keep.update({ completion, scores: rewards });
  return el(
    'article',
    { class: `completion ${sign}` },
    el(
      'header',
      {},
      el('span', { class: 'advantage', title: 'Advantage' }, formatSigned(advantage)),
      el('span', {}, reward === null ? 'no reward' : `reward ${formatNumber(reward)}`),
      el('span', { class: 'muted' }, `${length} tokens`),
      truncated && el('span', { class: 'tag warning' }, 'truncated'),
    ),
    el('pre', {}, completion.completion === '' ? '(empty)' : completion.completion),
    el(
      'dl',
      { class: 'scores' },
      ...Object.entries(rewards).map(([name, score]) =>
        el(
          'div',
          {},
          el('dt', {}, name),
          el('dd', {}, score === null ? 'abstained' : formatNumber(score)),
          details?.[name] && el('dd', { class: 'muted' }, ...extractedParts(details[name])),
        ),
      ),
    ),
    rowFailure(completion),
    keep.element,
  );
}

/** What a function found, and why it scored so. */
export function extractedParts({ extracted, reason }: { reason?: string; extracted?: string }): Child[] {
  if (extracted === undefined) return [reason];
  const found = el('code', {}, extracted === '' ? '(empty)' : extracted);
  return ['extracted ', found, reason !== undefined && ' · ', reason];
}

/** Why a completion has no score of a function. */
export function rowFailure({ error, failure: data }: Pick<Completion, 'error' | 'failure'>): Child {
  return data ? failure(`${data.name}: ${data.message}`, data.place) : error !== null && failure(error);
}

/** What went wrong, behind a link to the place if there is one. */
export function failure(words: string, place?: SourceLocation): HTMLElement {
  if (!place) return el('p', { class: 'failure' }, words);
  const { file, line = 1, column = 1 } = place;
  const open = () => host.postMessage({ type: 'open', file, line, column });
  const link = el('button', { class: 'link', onclick: open }, formatLocation(place));
  return el('p', { class: 'failure' }, link, `: ${words}`);
}
