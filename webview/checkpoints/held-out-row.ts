import { gainOf, type MatchedPrompt } from '../../src/protocol/matched-prompts.ts';
import { formatAdvantage, formatFixed, signOf } from '../../src/text/numbers.ts';
import { el, setChildren, setText } from '../dom.ts';
import { sideBySide } from '../held-out/side-by-side.ts';
import type { Row } from '../keyed-list.ts';
import { markedText } from '../marked-text.ts';

export interface ShownPrompt {
  matched: MatchedPrompt;
  /** After which steps. */
  steps: [number, number];
  /** In lower case; what is found of it is marked. */
  search: string;
  decimals: number;
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
    const { matched, steps } = shown;
    const headings = steps.map((step) => ({ label: step === 0 ? 'Start model' : `Step ${step}`, absent: '' }));
    setChildren(body, `${steps} ${matched.key}`, () => [sideBySide(matched, headings)]);
  };
  element.addEventListener('toggle', fill);
  const update = (now: ShownPrompt) => {
    shown = now;
    const { matched, search, decimals } = now;
    setChildren(title, `${matched.title}\n${search}`, () => markedText(matched.title, search));
    title.title = matched.title;
    setText(means, matched.sides.map((side) => formatFixed(side?.reward ?? null, decimals)).join(' → '));
    const gained = gainOf(matched, 1);
    setText(gain, gained === null ? '–' : formatAdvantage(gained, decimals));
    gain.className = `gain ${signOf(gained)}`;
    fill();
  };
  return { element, update };
}
