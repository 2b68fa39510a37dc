import './side-by-side.css';
import { gainOf, type MatchedPrompt, type PromptSide } from '../../src/protocol/matched-prompts.ts';
import { formatNumber, signOf } from '../../src/text/numbers.ts';
import { el } from '../dom.ts';
import { formatSigned } from '../format.ts';
import { promptBlock } from '../prompt-block.ts';
import { rowColumns } from '../row-columns.ts';
import { evaluatedCards, meanOf } from './evaluated-card.ts';

/** Whose completions a side has. */
export interface SideHeading {
  label: string;
  /** A CSS color, where it has one. */
  color?: string;
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
    shared && rowColumns(first.columns),
    el(
      'div',
      { class: 'sides' },
      ...headings.map((heading, i) => {
        const side = matched.sides[i];
        return el(
          'section',
          { class: 'side', 'aria-label': heading.label },
          sideHeading(heading, side, i > 0 ? gainOf(matched, i) : null),
          side && !shared && rowColumns(side.columns),
          ...(side ? evaluatedCards(side.completions) : [el('p', { class: 'muted' }, heading.absent)]),
        );
      }),
    ),
  );
}

function sideHeading({ label, color }: SideHeading, side: PromptSide | undefined, gain: number | null): HTMLElement {
  const swatch = color !== undefined && el('span', { class: 'swatch' });
  if (swatch) swatch.style.setProperty('--color', color!);
  const count = side && meanOf(side.completions);
  return el(
    'header',
    {},
    el('h2', {}, swatch, label),
    side && el('span', {}, side.reward === null ? 'no reward' : `reward ${formatNumber(side.reward)}`),
    gain !== null && el('span', { class: `gain ${signOf(gain)}` }, formatSigned(gain)),
    count && el('span', { class: 'muted' }, count),
  );
}
