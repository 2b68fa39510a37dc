import type { Arithmetic } from '../../src/grpo/advantage-arithmetic.ts';
import { reachOf } from '../../src/grpo/signal.ts';
import { isZero } from '../../src/grpo/statistics.ts';
import { arithmeticText } from '../../src/protocol/arithmetic-text.ts';
import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { columnText } from '../../src/protocol/rollout-query.ts';
import type { WeightedFunction } from '../../src/protocol/step-settings.ts';
import { decimalsFor, formatAdvantage, formatFixed, formatNumber } from '../../src/text/numbers.ts';
import { type Child, el } from '../dom.ts';
import { tokensText } from '../format.ts';
import { markedText } from '../marked-text.ts';
import { term } from '../term.ts';
import { tokenToggle } from '../tokens/token-toggle.ts';
import { copyButton } from './copy.ts';
import { keepButtons } from './keep.ts';
import type { Group, Merged } from './model.ts';
import { extractedParts, rowFailure, unscored } from './outcome.ts';

/** What the cards of a group have in common. */
export interface CardContext {
  functions: readonly WeightedFunction[];
  /** How completions came to their advantages, where that is known. */
  arithmetic: ReadonlyMap<Completion, Arithmetic>;
  /** Those that a rejection stage keeps; undefined where the step learns from all. */
  kept: ReadonlySet<Completion> | undefined;
  /** What is searched for. */
  search: string;
  /** Digits after the point: of advantages, of rewards, and of functions' scores. */
  decimals: { advantage: number; reward: number; score: number };
  /** A completion token by token, in an element that takes the place of its text. */
  tokens(completion: Completion): Promise<HTMLElement>;
  /** Compares a completion with the best one. */
  diff(completion: Completion): void;
}

export function decimalsOf({ completions }: Group): CardContext['decimals'] {
  const advantages = completions.map(({ advantage }) => advantage);
  return {
    // 0 and 1 are advantages like any others.
    advantage: Math.max(2, decimalsFor(advantages)),
    reward: decimalsFor(completions.map(({ reward }) => reward)),
    score: decimalsFor(completions.flatMap(({ rewards }) => Object.values(rewards))),
  };
}

/** A completion, or several equal ones, with what it earned and why. `rank` counts from 1. */
export function completionCard({ completion, all }: Merged, rank: number, context: CardContext): HTMLElement {
  const { advantage, reward, length, truncated, rewards } = completion;
  const { decimals, search } = context;
  // Of equal ones, one is kept.
  const isKept = context.kept && all.some((row) => context.kept?.has(row));
  const sign = isKept === undefined ? signOf(completion) : isKept ? 'up' : 'zero';
  const keep = keepButtons();
  keep.update({ completion, scores: rewards });
  const text = completion.completion;
  const written = el('pre', {}, ...(text === '' ? ['(empty)'] : markedText(text, search)));
  const actions = [
    tokenToggle(written, () => context.tokens(completion)),
    copyButton('Copy', () => text),
    rank > 1 && el('button', { class: 'flat', onclick: () => context.diff(completion) }, 'Diff with Best'),
  ];
  keep.element.prepend(...actions.filter((action) => action !== false));
  return el(
    'article',
    { class: `completion ${sign}`, 'aria-label': `Completion ${rank}` },
    el(
      'header',
      {},
      el('span', { class: 'muted rank' }, `#${rank}`),
      isKept === undefined &&
        el('span', { class: 'advantage', title: 'Advantage' }, formatAdvantage(advantage, decimals.advantage)),
      el('span', {}, reward === null ? 'no reward' : `reward ${formatFixed(reward, decimals.reward)}`),
      el('span', { class: 'muted' }, tokensText(length)),
      isKept && el('span', { class: 'tag' }, term('kept')),
      truncated && el('span', { class: 'tag warning' }, 'truncated'),
      all.length > 1 && el('span', { class: 'tag times', title: `${all.length} equal completions` }, `× ${all.length}`),
    ),
    ...(isKept === undefined ? explanation(completion, context) : []),
    written,
    scoreList(completion, context),
    rowFailure(completion, search),
    keep.element,
  );
}

function signOf(completion: Completion): 'up' | 'down' | 'zero' {
  const { up, down } = reachOf(completion);
  return isZero(up) && isZero(down) ? 'zero' : up >= down ? 'up' : 'down';
}

/** The advantage as the arithmetic that it is. */
function explanation(completion: Completion, { arithmetic, functions, decimals }: CardContext): Child[] {
  const own = arithmetic.get(completion);
  if (!own) return [];
  const names = functions.map(({ name }) => name);
  const recorded = completion.advantage;
  const text = arithmeticText({ arithmetic: own, functions: names, recorded, decimals: decimals.advantage });
  const { up, down } = reachOf(completion);
  const [least, most] = [-down, up].map((value) => formatAdvantage(value, decimals.advantage));
  const words =
    own.kind === 'steps' &&
    `Advantage of the first token, which led to all scored steps; a later token has that of the steps that end after it: between ${least} and ${most}.`;
  return [
    el('p', { class: 'arithmetic', title: 'How the advantage is computed' }, text),
    words && el('p', { class: 'muted' }, words),
  ];
}

function scoreList(completion: Completion, context: CardContext): HTMLElement {
  const { rewards, details, steps, extra } = completion;
  const { functions, decimals, search } = context;
  // Of a single function with its own weight there is nothing to tell.
  const hasWeights = functions.length > 1 || functions.some(({ weight }) => weight !== 1);
  return el(
    'dl',
    { class: 'scores' },
    ...functions.map(({ name, weight }) => {
      const score = rewards[name];
      const shown =
        score === null || score === undefined ? unscored(name, completion) : formatFixed(score, decimals.score);
      const detail = details?.[name];
      const count = steps?.[name]?.length ?? 0;
      return el(
        'div',
        {},
        el('dt', {}, name),
        el('dd', { class: 'number' }, shown),
        hasWeights && el('dd', { class: 'muted weight', title: 'Weight' }, `× ${formatNumber(weight)}`),
        el(
          'dd',
          { class: 'muted' },
          count > 0 && `${count} ${count === 1 ? 'step' : 'steps'}${detail ? ' · ' : ''}`,
          ...(detail ? extractedParts(detail, search) : []),
        ),
      );
    }),
    ...Object.entries(extra ?? {}).map(([name, value]) =>
      el('div', {}, el('dt', {}, name), el('dd', { class: 'muted logged' }, columnText(value))),
    ),
  );
}
