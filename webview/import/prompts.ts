import type { ShownPrompt } from '../../src/protocol/dataset-summary.ts';
import { singleSpaced, withoutMiddle } from '../../src/text/visible.ts';
import { el, setChildren } from '../dom.ts';
import { formatCount } from '../format.ts';

/** How tokens of chat templates look. */
const SPECIAL = /<\|[^|\n]{1,40}\|>|<\/?(?:s|bos|eos|start_of_turn|end_of_turn)>|\[\/?INST\]|\n/g;

/** Characters of a prompt that are shown: what the template writes is at both ends. */
const PROMPT = { head: 3000, tail: 1000 };
/** Of an answer: what a long solution comes to is at its end. */
const ANSWER = { head: 60, tail: 60 };

/** The first prompts, with the special tokens and line feeds that nobody would see otherwise. */
export class PromptList {
  readonly element = el('ol', { class: 'prompts' });

  show(prompts: readonly ShownPrompt[]): void {
    setChildren(this.element, JSON.stringify(prompts), () => prompts.map(promptItem));
  }
}

function promptItem({ text, tokens, answer }: ShownPrompt, index: number): HTMLElement {
  const count = tokens === null ? `${formatCount(text.length)} characters` : `${formatCount(tokens)} tokens`;
  return el(
    'li',
    {},
    el('p', { class: 'muted' }, `Prompt ${index + 1} · ${count}`),
    el('pre', {}, ...marked(withoutMiddle(text, PROMPT.head, PROMPT.tail, gap))),
    answer === null
      ? null
      : el(
          'p',
          { class: 'answer', title: answer },
          el('span', { class: 'muted' }, 'answer: '),
          withoutMiddle(singleSpaced(answer), ANSWER.head, ANSWER.tail),
        ),
  );
}

const gap = (length: number): string => `\n… ${formatCount(length)} characters …\n`;

function marked(text: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(SPECIAL)) {
    parts.push(text.slice(end, index));
    if (found === '\n') parts.push(el('span', { class: 'line-end', 'aria-hidden': 'true' }, '↵'), '\n');
    else parts.push(el('span', { class: 'special' }, found));
    end = index + found.length;
  }
  return [...parts, text.slice(end)];
}
