import { decimalsFor, formatFixed, formatNumber, formatShare } from '../../src/text/numbers.ts';
import { el, setChildren, setText } from '../dom.ts';
import { host, onMessage } from '../host.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { DiffPanel } from './diff-panel.ts';
import { drawMarks, marksPicture } from './marks.ts';
import { type Group, largestAdvantage } from './model.ts';
import { promptCharts } from './prompt-chart.ts';
import { foldedPrompt } from './prompt-section.ts';
import { defaultThreshold, differentTexts, type PromptStep, promptSteps } from './prompt-steps.ts';

type Found = Parameters<typeof promptSteps>[0][number];

/** What of a step's completions a row shows; `largest` is the largest advantage of all steps. */
interface ShownStep {
  at: PromptStep;
  largest: number;
  decimals: number;
}

/** One prompt through the run: how often it was solved, and its completions and rewards at every step in which it was drawn. */
export class PromptHistory {
  readonly element: HTMLElement;
  readonly #back = el('span');
  readonly #prompt = el('div');
  readonly #status = el('span', { class: 'muted', role: 'status' });
  readonly #threshold: HTMLInputElement;
  readonly #charts = el('div');
  readonly #diff = el('div');
  readonly #compare: HTMLElement;
  readonly #table: HTMLElement;
  readonly #rows: KeyedList<ShownStep>;
  #asked = '';
  #id = 0;
  #groups: Found[] = [];
  #said = '';
  /** Null: the highest reward of all. */
  #chosen: number | null = null;

  constructor(open: (step: number, group: number) => void) {
    this.#threshold = el('input', {
      ...{ type: 'number', step: 'any', class: 'bound', 'aria-label': 'Reward from which a completion is solved' },
      oninput: () => {
        this.#chosen = this.#threshold.value === '' ? null : Number(this.#threshold.value);
        this.#draw();
      },
    });
    this.#compare = el('button', { class: 'toggle', onclick: () => this.#openDiff() }, 'Diff First and Last');
    const body = el('tbody');
    const headings = ['Step', 'Mean', 'Solved', 'Advantages', 'Texts', 'Best completion'];
    this.#rows = new KeyedList(
      body,
      ({ at }) => `${at.step} ${at.group}`,
      ({ at }) => stepRow(at, open),
    );
    this.#table = el(
      'table',
      { class: 'prompt-steps', 'aria-label': 'Steps with this prompt' },
      el('thead', {}, el('tr', {}, ...headings.map((heading) => el('th', { scope: 'col' }, heading)))),
      body,
    );
    const label = el('label', { class: 'filter' }, 'Solved: reward of at least', this.#threshold);
    this.element = el(
      'div',
      { class: 'open-group' },
      el('div', { class: 'bar group-title-bar' }, this.#back, el('h2', {}, 'This prompt in other steps')),
      el(
        'div',
        { class: 'detail', tabindex: 0, role: 'region', 'aria-label': 'This prompt in other steps' },
        this.#prompt,
        el(
          'div',
          { class: 'bar prompt-settings' },
          label,
          this.#compare,
          el('span', { class: 'spacer' }),
          this.#status,
        ),
        ...[this.#charts, this.#diff, this.#table],
      ),
    );
    onMessage('promptGroups', ({ id, groups, searched, of, unreadable, done }) => {
      if (id !== this.#id) return;
      this.#groups = [...this.#groups, ...groups];
      const failed = unreadable > 0 ? `, ${unreadable} of them unreadable` : '';
      this.#said = done ? `of ${of} in the run${failed}` : `so far; ${searched} of ${of} read…`;
      this.#draw();
    });
  }

  /** `back` leads to the group that it was opened from. */
  show({ prompt, rendered }: Group, back: HTMLElement): void {
    if (this.#back.firstChild !== back) this.#back.replaceChildren(back);
    const asked = JSON.stringify(prompt);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#groups = [];
    this.#said = 'so far…';
    this.#chosen = null;
    this.#diff.replaceChildren();
    setChildren(this.#prompt, asked, () => foldedPrompt(rendered));
    host.postMessage({ type: 'promptGroups', id: ++this.#id, prompt });
    this.#draw();
  }

  /** It was left: what is collected again may be more. */
  close(): void {
    if (this.#asked === '') return;
    this.#asked = '';
    this.#id++;
    host.postMessage({ type: 'cancel', what: 'promptGroups' });
  }

  #draw(): void {
    const all = this.#groups.flatMap(({ rows }) => rows);
    const threshold = this.#chosen ?? defaultThreshold(all);
    const steps = promptSteps(this.#groups, threshold);
    const decimals = decimalsFor(all.map(({ reward }) => reward));
    const largest = largestAdvantage(all);
    if (document.activeElement !== this.#threshold) this.#threshold.value = threshold === null ? '' : String(threshold);
    setText(this.#status, `${steps.length} ${steps.length === 1 ? 'step' : 'steps'} ${this.#said}`);
    this.#compare.hidden = steps.length < 2;
    this.#table.hidden = steps.length === 0;
    const drawn = JSON.stringify([steps.map(({ step, group }) => [step, group]), threshold]);
    setChildren(this.#charts, drawn, () => (steps.length < 2 ? [] : [promptCharts(steps, decimals)]));
    this.#rows.show(steps.toReversed().map((at) => ({ at, largest, decimals: Math.max(2, decimals) })));
  }

  #openDiff(): void {
    const steps = promptSteps(this.#groups, null);
    const sides = steps.flatMap(({ step, completions }) =>
      completions.map(({ completion, reward }, i) => ({
        label: `step ${step} #${i + 1}, ${reward === null ? 'no reward' : `reward ${formatNumber(reward)}`}`,
        text: completion,
      })),
    );
    // The best of either.
    const last = sides.length - steps.at(-1)!.completions.length;
    const panel = new DiffPanel(sides, [0, last], () => this.#diff.replaceChildren());
    this.#diff.replaceChildren(panel.element);
  }
}

function stepRow({ step, group }: PromptStep, open: (step: number, group: number) => void): Row<ShownStep> {
  const button = el('button', { class: 'link', 'aria-label': `Step ${step}, group ${group}` }, String(step));
  const picture = marksPicture();
  const number = () => el('td', { class: 'number' });
  const [mean, solved, texts] = [number(), number(), number()];
  const best = el('td', { class: 'best' });
  const cells = [mean, solved, el('td', {}, picture), texts, best];
  const element = el('tr', { onclick: () => open(step, group) }, el('th', { scope: 'row' }, button), ...cells);
  const update = ({ at, largest, decimals }: ShownStep) => {
    setText(mean, formatFixed(at.mean, decimals));
    setText(solved, formatShare(at.solved));
    setText(texts, `${differentTexts(at.completions)} of ${at.completions.length}`);
    setText(best, at.completions[0]!.completion || '(empty)');
    drawMarks(picture, at.completions, largest);
  };
  return { element, update };
}
