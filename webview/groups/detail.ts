import type { Completion } from '../../src/protocol/dashboard.ts';
import type { Prompt } from '../../src/protocol/rewards.ts';
import { type Child, el } from '../dom.ts';
import { formatNumber, formatSigned } from '../format.ts';
import { host } from '../host.ts';
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

/** A prompt as it was written: of a chat each message with its role. */
export function promptBlock(prompt: Prompt): HTMLElement {
  if (typeof prompt === 'string') return el('pre', { class: 'prompt' }, prompt);
  const messages = prompt.map(({ role, content }) =>
    el('div', {}, el('span', { class: 'role' }, role), el('pre', {}, content)),
  );
  return el('div', { class: 'prompt' }, ...messages);
}

function completionCard(completion: Completion): HTMLElement {
  const { advantage, reward, length, truncated, rewards, details, error } = completion;
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
    error !== null && failure(error),
    keep.element,
  );
}

/** What a function found, and why it scored so. */
export function extractedParts({ extracted, reason }: { reason?: string; extracted?: string }): Child[] {
  if (extracted === undefined) return [reason];
  const found = el('code', {}, extracted === '' ? '(empty)' : extracted);
  return ['extracted ', found, reason !== undefined && ' · ', reason];
}

/** `path/to/file.ts:12:3`, as the trainer writes places. */
const PLACE = /((?:[A-Za-z]:)?[^\s:()"']+\.\w+):(\d+)(?::(\d+))?/;

/** A failure, with a link to the place that it names. */
export function failure(error: string): HTMLElement {
  const place = PLACE.exec(error);
  const [text, file, line, column] = place ?? [];
  if (!place || !text || !file) return el('p', { class: 'failure' }, error);
  const open = () => host.postMessage({ type: 'open', file, line: Number(line), column: Number(column ?? 1) });
  return el(
    'p',
    { class: 'failure' },
    error.slice(0, place.index),
    el('button', { class: 'link', onclick: open }, text),
    error.slice(place.index + text.length),
  );
}
