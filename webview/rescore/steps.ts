import type { RescoreView } from '../../src/protocol/dashboard.ts';
import { decimalsFor, formatFixed } from '../../src/text/numbers.ts';
import { el, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';

export type Figures = RescoreView['steps'][number];

interface ShownStep {
  figures: Figures;
  /** Of all rewards in the table: their points are below each other. */
  decimals: number;
}

const HEADINGS = ['Step', 'Reward', 'Now', 'Changed', 'Sign flips', 'Gain signal', 'Lose signal', 'Failed'];

/** The rescored steps, with what changes in each; a click opens one. */
export class StepsTable {
  readonly element: HTMLElement;
  readonly #body = el('tbody');
  readonly #rows: KeyedList<ShownStep>;

  constructor(open: (step: number) => void) {
    this.#rows = new KeyedList(
      this.#body,
      ({ figures }) => figures.step,
      ({ figures }) => stepRow(figures.step, open),
    );
    this.element = el(
      'table',
      { class: 'rescored-steps', 'aria-label': 'Steps' },
      el('thead', {}, el('tr', {}, ...HEADINGS.map((heading) => el('th', { scope: 'col' }, heading)))),
      this.#body,
    );
  }

  set steps(steps: readonly Figures[]) {
    const decimals = Math.max(2, decimalsFor(steps.flatMap(({ reward }) => [reward.old, reward.new])));
    this.#rows.show(steps.map((figures) => ({ figures, decimals })));
  }

  /** Focuses a step's button, or the first one. */
  focus(step: number): void {
    const button = this.#body.querySelector<HTMLElement>(`button[aria-label="Step ${step}"]`);
    (button ?? this.#body.querySelector<HTMLElement>('button'))?.focus();
  }
}

function stepRow(step: number, open: (step: number) => void): Row<ShownStep> {
  const button = el('button', { class: 'link', 'aria-label': `Step ${step}` }, String(step));
  const cells = HEADINGS.slice(1).map(() => el('td'));
  const element = el('tr', { onclick: () => open(step) }, el('th', { scope: 'row' }, button), ...cells);
  const update = ({ figures, decimals }: ShownStep) => {
    const { reward, changed, flips, gained, lost, failed, stale } = figures;
    element.classList.toggle('stale', stale);
    const counts = [flips, gained.length, lost.length, failed];
    const rewards = [reward.old, reward.new].map((value) => formatFixed(value, decimals));
    const texts = [...rewards, String(changed), ...counts.map(String)];
    for (const [i, text] of texts.entries()) setText(cells[i]!, text);
    for (const [i, count] of counts.entries())
      cells[texts.length - counts.length + i]!.className = count === 0 ? 'muted' : 'told';
  };
  return { element, update };
}
