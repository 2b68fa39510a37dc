import './side-by-side.css';
import { formatNumber } from '../../src/text/numbers.ts';
import { type Child, el } from '../dom.ts';
import { evaluatedCards, meanOf } from '../evaluated-card.ts';
import { formatSigned } from '../format.ts';
import { promptBlock } from '../prompt-block.ts';
import { gainOf, type MatchedPrompt, type PromptSide } from './match-prompts.ts';

/** Whose completions a side has. */
export interface SideHeading {
  label: string;
  /** A CSS color. */
  color: string;
  /** What is said where it does not have the prompt. */
  absent: string;
}

/** What each side wrote to the same prompt: the first one is what the others are compared with. */
export function sideBySide(matched: MatchedPrompt, headings: readonly SideHeading[]): HTMLElement {
  const columns = matched.sides.map((side) => (side ? JSON.stringify(side.columns) : undefined));
  const known = columns.filter((text) => text !== undefined);
  const shared = known.every((text) => text === known[0]);
  const first = matched.sides.find((side) => side !== undefined)!;
  return el(
    'div',
    { class: 'side-by-side' },
    promptBlock(matched.prompt),
    shared && columnList(first.columns),
    el(
      'div',
      { class: 'sides' },
      ...headings.map((heading, i) => {
        const side = matched.sides[i];
        return el(
          'section',
          { class: 'side', 'aria-label': heading.label },
          sideHeading(heading, side, i > 0 ? gainOf(matched, i) : null),
          side && !shared && columnList(side.columns),
          ...(side ? evaluatedCards(side.completions) : [el('p', { class: 'muted' }, heading.absent)]),
        );
      }),
    ),
  );
}

function sideHeading({ label, color }: SideHeading, side: PromptSide | undefined, gain: number | null): HTMLElement {
  const swatch = el('span', { class: 'swatch' });
  swatch.style.setProperty('--color', color);
  const count = side && meanOf(side.completions);
  return el(
    'header',
    {},
    el('h2', {}, swatch, label),
    side &&
      el('span', { class: 'side-reward' }, side.reward === null ? 'no reward' : `reward ${formatNumber(side.reward)}`),
    gain !== null && el('span', { class: `gain ${gainClass(gain)}` }, formatSigned(gain)),
    count && el('span', { class: 'muted' }, count),
  );
}

export const gainClass = (gain: number): string => (Math.abs(gain) < 1e-8 ? 'zero' : gain > 0 ? 'up' : 'down');

/** What the dataset's row has besides the prompt, the expected answer first. */
function columnList(columns: Record<string, unknown>): Child {
  const entries = Object.entries(columns);
  if (entries.length === 0) return null;
  const rank = ([name]: [string, unknown]) => Number(!ANSWER.test(name));
  const ordered = entries.toSorted((a, b) => rank(a) - rank(b));
  const rows = ordered.map(([name, value]) =>
    el('div', {}, el('dt', {}, name), el('dd', {}, typeof value === 'string' ? value : JSON.stringify(value))),
  );
  return el('dl', { class: 'row-columns' }, ...rows);
}
const ANSWER = /^(answer|expected|solution|target|label|ground_?truth|gold)/i;
