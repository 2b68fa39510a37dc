import './completions-view.css';
import {
  countGains,
  decimalsOf,
  gainOf,
  type MatchedPrompt,
  matchPrompts,
  PROMPT_SORTS,
  sortPrompts,
} from '../../src/protocol/matched-prompts.ts';
import { formatAdvantage, formatFixed, signOf } from '../../src/text/numbers.ts';
import { readTheme } from '../charts/theme.ts';
import { el, setChildren, setText } from '../dom.ts';
import { formatCount, formatSigned } from '../format.ts';
import { type SideHeading, sideBySide } from '../held-out/side-by-side.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { ShownRun, Store } from '../store.ts';
import { VirtualList } from '../virtual-list.ts';
import { Evaluations, type RunEvaluation } from './evaluations.ts';
import { shownRuns } from './overlays.ts';

/** A run that has completions of held-out prompts. */
interface Side {
  run: ShownRun;
  label: string;
  /** In a sentence. */
  name: string;
  /** A CSS color. */
  color: string;
  evaluation: RunEvaluation;
}

/** What the runs wrote to the same held-out prompts, side by side. */
export class CompletionsView {
  readonly element: HTMLElement;
  readonly controls: HTMLElement;
  readonly #store: Store;
  readonly #evaluations: Evaluations;
  readonly #stepList = el('span', { class: 'evaluation-steps' });
  readonly #steps = new KeyedList<Side>(
    this.#stepList,
    ({ run }) => run.head.folder,
    ({ run }) => this.#stepChoice(run.head.folder),
  );
  readonly #sort: HTMLSelectElement;
  readonly #other: HTMLSelectElement;
  readonly #otherLabel: HTMLElement;
  readonly #summary = el('p', { class: 'muted', role: 'status' });
  readonly #missing = el('p', { class: 'muted' });
  readonly #body: HTMLElement;
  readonly #list: VirtualList<ListedPrompt>;
  readonly #detail = el('div', {
    class: 'matched-prompt',
    tabindex: 0,
    role: 'region',
    'aria-label': 'Completions side by side',
  });
  /** The prompts of these evaluations, which are matched once. */
  #matched: { rows: readonly unknown[]; prompts: MatchedPrompt[] } = { rows: [], prompts: [] };
  #shown: readonly ListedPrompt[] = [];
  /** The prompt that someone has opened; until then it is the first. */
  #open: string | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#evaluations = new Evaluations(store, () => this.element.hidden || this.update());
    this.#sort = el(
      'select',
      {
        id: 'prompt-sort',
        onchange: () => this.#sortBy(this.#sort.value as keyof typeof PROMPT_SORTS),
      },
      ...Object.entries(PROMPT_SORTS).map(([value, label]) => el('option', { value }, label)),
    );
    this.#other = el('select', { id: 'gain-of', onchange: () => store.setLayout({ evaluationOf: this.#other.value }) });
    this.#otherLabel = el('label', { for: 'gain-of' }, 'Gain of');
    const show = ({ matched }: ListedPrompt) => {
      this.#open = matched.key;
      this.#showDetail();
    };
    this.#list = new VirtualList<ListedPrompt>({
      ...{ label: 'Held-out prompts', rowHeight: 28, key: ({ matched }) => matched.key, make: promptRow },
      ...{ open: show, activated: show },
    });
    this.#body = el('div', { class: 'completions-body' }, this.#list.element, this.#detail);
    this.controls = el(
      'div',
      { class: 'view-controls' },
      el('span', { class: 'labelled' }, el('label', { for: 'prompt-sort' }, 'Sort'), this.#sort),
      el('span', { class: 'labelled' }, this.#otherLabel, this.#other),
      this.#stepList,
    );
    this.element = el('div', { class: 'compare-completions' }, this.#summary, this.#missing, this.#body);
  }

  update(): void {
    if (!this.#store.main) return;
    this.#evaluations.ask();
    const { sides, missing, waiting } = this.#sides();
    this.#steps.show(sides);
    setText(this.#missing, missing.join(' '));
    this.#missing.hidden = missing.length === 0;
    const other = this.#chosenOther(sides);
    this.#sort.value = this.#store.layout.promptSort;
    this.#body.hidden = sides.length === 0;
    const rows = sides.map(({ evaluation }) => evaluation.rows);
    if (rows.length !== this.#matched.rows.length || rows.some((one, i) => one !== this.#matched.rows[i]))
      this.#matched = { rows, prompts: matchPrompts(rows) };
    const { prompts } = this.#matched;
    setText(this.#summary, waiting && sides.length === 0 ? 'Reading completions…' : summaryOf(prompts, sides, other));
    const sorted = sortPrompts(prompts, sides.length > 1 ? this.#store.layout.promptSort : 'order', other);
    const decimals = decimalsOf(prompts);
    this.#shown = sorted.map((matched) => ({ matched, other: sides.length > 1 ? other : 0, decimals }));
    this.#list.items = this.#shown;
    this.#list.active = Math.max(0, this.#shown.indexOf(this.#opened!));
    this.#showDetail();
  }

  #sides(): { sides: Side[]; missing: string[]; waiting: boolean } {
    const runs = shownRuns(this.#store);
    const { palette } = readTheme();
    const sides: Side[] = [];
    const missing: string[] = [];
    let waiting = false;
    for (const run of runs) {
      const { folder, name: label } = run.head;
      const evaluation = this.#evaluations.get(folder);
      if (!evaluation) waiting = true;
      else if (evaluation.problem !== null) missing.push(`${label}: ${evaluation.problem}`);
      else if (evaluation.step === null) missing.push(`${label} has no recorded completions of held-out prompts.`);
      else {
        const own = run === this.#store.main;
        const color = palette[own ? 0 : this.#store.overlayColor(folder)]!;
        sides.push({ run, label, name: own ? 'this run' : label, color, evaluation });
      }
    }
    return { sides, missing, waiting };
  }

  /** The place of the side whose gain over the first one is shown. */
  #chosenOther(sides: readonly Side[]): number {
    const others = sides.slice(1);
    this.#other.hidden = this.#otherLabel.hidden = others.length < 2;
    const options = others.map(({ run, label }) => ({ value: run.head.folder, label }));
    setChildren(this.#other, JSON.stringify(options), () =>
      options.map(({ value, label }) => el('option', { value }, label)),
    );
    const chosen = others.findIndex(({ run }) => run.head.folder === this.#store.layout.evaluationOf);
    if (others.length > 0) this.#other.selectedIndex = Math.max(0, chosen);
    return Math.max(0, chosen) + 1;
  }

  /** What comes first now is what is looked for. */
  #sortBy(promptSort: keyof typeof PROMPT_SORTS): void {
    this.#open = undefined;
    this.#store.setLayout({ promptSort });
  }

  get #opened(): ListedPrompt | undefined {
    return this.#shown.find(({ matched }) => matched.key === this.#open) ?? this.#shown[0];
  }

  #showDetail(): void {
    const shown = this.#opened;
    const { sides } = this.#sides();
    const headings = sides.map(({ run, label, color, evaluation }): SideHeading => {
      const name = `${label}, step ${formatCount(evaluation.step!)}`;
      const own = run === this.#store.main;
      return { label: own ? `${name} (this run)` : name, color, absent: 'Does not have this prompt.' };
    });
    const key = JSON.stringify([shown?.matched.key, headings, sides.map(({ evaluation }) => evaluation.steps)]);
    setChildren(this.#detail, key, () => [shown && sideBySide(shown.matched, headings)]);
  }

  #stepChoice(folder: string): Row<Side> {
    const choose = () => {
      const { evaluationSteps } = this.#store.layout;
      const { [folder]: _, ...others } = evaluationSteps;
      const value = select.value === '' ? {} : { [folder]: Number(select.value) };
      this.#store.setLayout({ evaluationSteps: { ...others, ...value } });
    };
    const select = el('select', { onchange: choose });
    const swatch = el('span', { class: 'swatch' });
    const label = el('span', { class: 'evaluation-name', 'aria-hidden': true });
    const update = ({ label: full, name, color, evaluation: { steps } }: Side) => {
      swatch.style.setProperty('--color', color);
      setText(label, name);
      label.title = full;
      select.setAttribute('aria-label', `Evaluation of ${name}`);
      setChildren(select, JSON.stringify(steps), () => [
        el('option', { value: '' }, `last (step ${formatCount(steps.at(-1)!)})`),
        ...steps.map((step) =>
          el('option', { value: step }, step === 0 ? 'before training' : `step ${formatCount(step)}`),
        ),
      ]);
      const chosen = this.#store.layout.evaluationSteps[folder];
      select.value = chosen !== undefined && steps.includes(chosen) ? String(chosen) : '';
    };
    return { element: el('span', { class: 'evaluation-step' }, swatch, label, select), update };
  }
}

interface ListedPrompt {
  matched: MatchedPrompt;
  /** The side whose gain is shown; 0: there is only one. */
  other: number;
  decimals: number;
}

function promptRow(): Row<ListedPrompt> & { element: HTMLElement } {
  const title = el('span', { class: 'group-title' });
  const rewards = el('span', { class: 'number' });
  const gain = el('span', { class: 'gain' });
  const update = ({ matched, other, decimals }: ListedPrompt) => {
    setText(title, matched.title);
    const shown = other > 0 ? [matched.sides[0], matched.sides[other]] : [matched.sides[0]];
    setText(rewards, shown.map((side) => formatFixed(side?.reward ?? null, decimals)).join(' → '));
    const value = other > 0 ? gainOf(matched, other) : null;
    gain.className = `gain ${value === null ? '' : signOf(value)}`;
    setText(gain, value === null ? '' : formatAdvantage(value, decimals));
  };
  return { element: el('div', { class: 'prompt-row' }, title, rewards, gain), update };
}

/** How many prompts there are, who has them, and what changed on those that both have. */
function summaryOf(prompts: readonly MatchedPrompt[], sides: readonly Side[], other: number): string {
  const [first, second] = [sides[0], sides[other]];
  if (!first) return '';
  const count = (number: number) => `${formatCount(number)} held-out ${number === 1 ? 'prompt' : 'prompts'}`;
  if (!second) return `${count(prompts.length)}.`;
  const both = prompts.filter((prompt) => prompt.sides[0] && prompt.sides[other]);
  const only = (side: number, without: number) =>
    prompts.filter((prompt) => prompt.sides[side] && !prompt.sides[without]).length;
  const rest = [
    { number: only(0, other), name: first.name },
    { number: only(other, 0), name: second.name },
  ].filter(({ number }) => number > 0);
  const more = rest.map(({ number, name }, i) => `${formatCount(number)} ${i === 0 ? 'more ' : ''}only in ${name}`);
  const told = `${count(both.length)} in both${more.length > 0 ? ` (${more.join(', ')})` : ''}`;
  const gains = both.flatMap((prompt) => gainOf(prompt, other) ?? []);
  if (gains.length === 0) return `${told}.`;
  const { up, down } = countGains(both, other);
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  return `${told}: ${second.name} is better on ${formatCount(up)}, worse on ${formatCount(down)}; mean gain ${formatSigned(mean)}.`;
}
