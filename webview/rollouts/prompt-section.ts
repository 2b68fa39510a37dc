import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { promptText } from '../../src/protocol/message-text.ts';
import type { Prompt } from '../../src/protocol/rewards.ts';
import { columnText } from '../../src/protocol/rollout-query.ts';
import { ANSWER, answersFirst } from '../../src/text/answer-column.ts';
import { type Child, el, setText } from '../dom.ts';
import { markedText } from '../marked-text.ts';
import { promptBlock } from '../prompt-block.ts';
import { copyButton } from './copy.ts';

/** A prompt with more than this is folded, in characters or lines. */
const LONG = { characters: 700, lines: 10 };

/** What the completions of a group are for: the prompt, and the other columns of its row in the dataset, the likely answer first. */
export function promptSection(completion: Completion, rendered: Prompt, search: string): HTMLElement {
  return el(
    'section',
    { 'aria-label': 'Prompt' },
    ...foldedPrompt(rendered, search),
    ...columnList(completion, search),
  );
}

/** A prompt, folded where it is long, below what can be done with it. */
export function foldedPrompt(prompt: Prompt, search = ''): HTMLElement[] {
  const text = promptText(prompt);
  const isLong = text.length > LONG.characters || text.split('\n').length > LONG.lines;
  const block = promptBlock(prompt, search);
  block.classList.toggle('folded', isLong);
  const unfold: HTMLElement = el('button', {
    ...{ class: 'flat', 'aria-expanded': 'false' },
    onclick: () => {
      const folded = block.classList.toggle('folded');
      setText(unfold, folded ? 'Show All' : 'Show Less');
      unfold.setAttribute('aria-expanded', String(!folded));
    },
  });
  setText(unfold, 'Show All');
  const asJson = typeof prompt === 'string' ? prompt : JSON.stringify(prompt, null, 2);
  const copy = copyButton('Copy Prompt', () => asJson);
  const bar = [el('h3', {}, 'Prompt'), el('span', { class: 'spacer' }), isLong && unfold, copy];
  return [el('div', { class: 'bar prompt-bar' }, ...bar), block];
}

function columnList({ columns = {}, exact = {} }: Completion, search: string): Child[] {
  const named = Object.entries(columns).map(([name, value]) => ({ name, text: exact[name] ?? columnText(value) }));
  if (named.length === 0) return [];
  return [
    el(
      'dl',
      { class: 'dataset-columns' },
      ...answersFirst(named).map(({ name, text }, i) =>
        el(
          'div',
          {},
          el('dt', {}, name, i === 0 && ANSWER.test(name) && el('span', { class: 'tag' }, 'expected answer')),
          // One that scrolls is reached with the keyboard.
          el('dd', {}, el('pre', { tabindex: text.length > LONG.characters && 0 }, ...markedText(text, search))),
        ),
      ),
    ),
  ];
}
