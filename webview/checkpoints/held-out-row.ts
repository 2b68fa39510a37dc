import type { EvaluatedCompletion } from '../../src/protocol/dashboard-completion.ts';
import { promptTitle } from '../../src/protocol/message-text.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { el, setChildren, setText } from '../dom.ts';
import { evaluatedCards, meanOf } from '../evaluated-card.ts';
import { formatSigned } from '../format.ts';
import type { Row } from '../keyed-list.ts';
import { markedText } from '../marked-text.ts';
import { promptBlock } from '../prompt-block.ts';
import { type HeldOutPrompt, signOf } from './held-out.ts';

export interface ShownPrompt extends HeldOutPrompt {
  /** After which steps. */
  steps: [number, number];
  /** In lower case; what is found of it is marked. */
  search: string;
}

/** A prompt with its mean before and after; it opens to the completions side by side. */
export function heldOutRow(): Row<ShownPrompt> {
  const title = el('span', { class: 'group-title' });
  const means = el('span', { class: 'number' });
  const gain = el('span', { class: 'gain' });
  const body = el('div', { class: 'held-out-body' });
  const element = el('details', { class: 'held-out-prompt' }, el('summary', {}, title, means, gain), body);
  let shown: ShownPrompt | undefined;
  // Made when it is opened: there may be thousands.
  const fill = () => {
    if (!element.open || !shown) return;
    const { before, after, steps, group } = shown;
    const prompt = after[0]!;
    setChildren(body, `${steps} ${group}`, () => [
      promptBlock(prompt.prompt),
      columns(prompt.columns),
      el('div', { class: 'answers' }, side(steps[0], before, shown!.was), side(steps[1], after, shown!.is)),
    ]);
  };
  element.addEventListener('toggle', fill);
  const update = (now: ShownPrompt) => {
    shown = now;
    const words = promptTitle(now.after[0]!.prompt);
    setChildren(title, `${words}\n${now.search}`, () => markedText(words, now.search));
    title.title = words;
    setText(means, `${formatNumber(now.was)} → ${formatNumber(now.is)}`);
    setText(gain, now.gain === null ? '–' : signOf(now.gain) === 'zero' ? '0' : formatSigned(now.gain));
    gain.className = `gain ${signOf(now.gain)}`;
    fill();
  };
  return { element, update };
}

function columns(given: Record<string, unknown> | undefined): HTMLElement | null {
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== null);
  if (entries.length === 0) return null;
  const parts = entries.flatMap(([name, value]) => [
    el('dt', {}, name),
    el('dd', {}, typeof value === 'string' ? value : JSON.stringify(value)),
  ]);
  return el('dl', { class: 'columns' }, ...parts);
}

/** The completions at one evaluation, best first, under their mean reward. */
function side(step: number, rows: readonly EvaluatedCompletion[], reward: number | null): HTMLElement {
  const name = step === 0 ? 'Start model' : `Step ${step}`;
  const best = rows.toSorted((a, b) => (b.reward ?? -Infinity) - (a.reward ?? -Infinity));
  return el(
    'section',
    { class: 'side', 'aria-label': name },
    el(
      'header',
      {},
      el('h2', {}, name),
      el('span', { class: 'side-reward' }, reward === null ? 'no reward' : `reward ${formatNumber(reward)}`),
      el('span', { class: 'muted' }, meanOf(rows)),
    ),
    ...evaluatedCards(best),
  );
}
