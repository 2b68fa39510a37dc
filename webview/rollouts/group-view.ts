import './detail.css';
import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { decimalsFor, formatAdvantage, formatFixed } from '../../src/text/numbers.ts';
import { el } from '../dom.ts';
import { type CardContext, completionCard, decimalsOf } from './card.ts';
import { CardList } from './card-list.ts';
import { copyButton } from './copy.ts';
import { DiffPanel } from './diff-panel.ts';
import { drawMarks, marksPicture } from './marks.ts';
import { type Group, mergeEqual } from './model.ts';
import { promptSection } from './prompt-section.ts';
import { signalSentence } from './signals.ts';

export interface GroupContext extends Pick<CardContext, 'functions' | 'arithmetic' | 'search' | 'tokens'> {
  /** The step's largest advantage, which marks are drawn by. */
  largest: number;
  /** Shows how GRPO learns from the group. */
  explain(): void;
  /** Shows the prompt in other steps. */
  history(): void;
  /** What is before the title: the way back, where the list is not in sight. */
  back: HTMLElement;
}

/** One group opened: the prompt with its columns, and the completions from best to worst. */
export class GroupView {
  readonly element: HTMLElement;
  readonly #detail: HTMLElement;
  readonly #group: Group;
  readonly #diff = el('div');
  readonly #cards: CardList;

  constructor(group: Group, context: GroupContext) {
    this.#group = group;
    const { completions, index, step, rendered } = group;
    const decimals = decimalsOf(group);
    const cardContext: CardContext = { ...context, decimals, diff: (completion) => this.#openDiff(completion) };
    const merged = mergeEqual(completions);
    this.#cards = new CardList(merged, (equal, rank) => completionCard(equal, rank, cardContext));
    const picture = marksPicture();
    drawMarks(picture, completions, context.largest);
    this.#detail = el(
      'div',
      { class: 'detail', tabindex: 0, role: 'region', 'aria-label': `Completions of group ${index}` },
      promptSection(completions[0]!, rendered, context.search),
      this.#diff,
      this.#cards.element,
    );
    this.element = el(
      'div',
      { class: 'open-group' },
      el(
        'div',
        { class: 'bar group-title-bar' },
        context.back,
        el('h2', {}, `Group ${index}`),
        el('span', { class: 'muted' }, `step ${step}`),
        picture,
      ),
      el('p', { class: 'summary' }, summaryOf(group)),
      // What can be done with the group as a whole.
      el(
        'div',
        { class: 'bar group-actions' },
        !group.discarded && el('button', { class: 'toggle', onclick: () => context.explain() }, 'Explain Group'),
        el('button', { class: 'toggle', onclick: () => context.history() }, 'This Prompt in Other Steps'),
        merged.length > 1 &&
          el('button', { class: 'toggle', onclick: () => this.#openDiff(completions.at(-1)!) }, 'Diff Best and Worst'),
        copyButton('Copy as JSON', () => JSON.stringify(completions, null, 2), 'toggle'),
      ),
      this.#detail,
    );
  }

  get group(): Group {
    return this.#group;
  }

  focus(): void {
    this.#detail.focus({ preventScroll: true });
  }

  reveal(completion: Completion): void {
    this.#cards.reveal(completion);
  }

  #openDiff(right: Completion): void {
    const { completions } = this.#group;
    const decimals = Math.max(2, decimalsFor(completions.map(({ advantage }) => advantage)));
    const sides = completions.map(({ advantage, completion }, i) => ({
      label: `#${i + 1}  ${formatAdvantage(advantage, decimals)}`,
      text: completion,
    }));
    const panel = new DiffPanel(sides, [0, completions.indexOf(right)], () => {
      this.#diff.replaceChildren();
      this.focus();
    });
    this.#diff.replaceChildren(panel.element);
    panel.element.scrollIntoView({ block: 'nearest' });
  }
}

function summaryOf({ completions, mean, spread, signal, discarded, replayedFrom }: Group): string {
  const decimals = Math.max(2, decimalsFor([mean, spread]));
  const count = `${completions.length} ${completions.length === 1 ? 'completion' : 'completions'}`;
  const [average, deviation] = [mean, spread].map((value) => formatFixed(value, decimals));
  return `${count} · mean reward ${average} · std. dev. ${deviation} · ${signalSentence(signal)}${discarded ? ' · discarded: another prompt took its place' : ''}${replayedFrom === undefined ? '' : ` · replayed: sampled in step ${replayedFrom}`}`;
}
