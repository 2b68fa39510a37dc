import { mean } from '../../src/grpo/statistics.ts';
import type { EvaluatedCompletion } from '../../src/protocol/dashboard-completion.ts';
import { rewardText } from '../../src/protocol/held-out.ts';
import {
  countGains,
  decimalsOf,
  type MatchedPrompt,
  matchPrompts,
  PROMPT_SORTS,
  sortPrompts,
} from '../../src/protocol/matched-prompts.ts';
import { promptText } from '../../src/protocol/message-text.ts';
import { el, setChildren, setText } from '../dom.ts';
import { host, onMessage } from '../host.ts';
import { KeyedList } from '../keyed-list.ts';
import type { Store } from '../store.ts';
import { heldOutRow, type ShownPrompt } from './held-out-row.ts';

/** Held-out prompts at two evaluations side by side, with what got worse first. */
export class BeforeAfter {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #before = this.#stepSelect('Before', 0);
  readonly #after = this.#stepSelect('After', 1);
  readonly #order = el(
    'select',
    { 'aria-label': 'Order', onchange: () => this.#list() },
    // What got worse is first.
    ...Object.entries(PROMPT_SORTS).map(([value, label]) => el('option', { value, selected: value === 'gain' }, label)),
  );
  readonly #search = el('input', {
    type: 'search',
    placeholder: 'Search prompts and completions (/)',
    'aria-label': 'Search',
    oninput: () => this.#list(),
  });
  readonly #summary = el('p', { class: 'summary', role: 'status' });
  readonly #empty = el('p', { class: 'empty' });
  readonly #bar: HTMLElement;
  readonly #prompts = el('div', { class: 'held-out-prompts' });
  readonly #rows = new KeyedList<ShownPrompt>(this.#prompts, ({ matched }) => matched.key, heldOutRow);
  /** As they came; a run that was rewound asks for them again. */
  readonly #evaluations = new Map<number, EvaluatedCompletion[]>();
  readonly #asked = new Set<number>();
  #steps: readonly number[] = [];
  #checkpoint: number | undefined;
  #visible = false;
  #problem: string | undefined;
  #paired: { prompts: MatchedPrompt[]; steps: [number, number] } | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#bar = el(
      'div',
      { class: 'bar' },
      el('label', {}, 'Before ', this.#before),
      el('label', {}, 'After ', this.#after),
      this.#order,
      this.#search,
    );
    this.element = el(
      'section',
      { class: 'before-after', 'aria-label': 'Before and after' },
      this.#bar,
      this.#summary,
      this.#empty,
      this.#prompts,
    );
    onMessage('evaluation', ({ step, rows, problem }) => {
      if (problem === null) this.#evaluations.set(step, rows);
      this.#problem = problem ?? undefined;
      this.#pair();
    });
  }

  /** What was evaluated, and which checkpoint is looked at. `visible`: completions are read for those who see them. */
  show(steps: readonly number[], checkpoint: number | undefined, visible: boolean): void {
    this.#visible = visible;
    // A run that was rewound evaluates the same steps again.
    for (const step of this.#asked) if (!steps.includes(step)) this.#forget(step);
    this.#steps = steps;
    this.#checkpoint = checkpoint;
    const options = steps.map((step) => [step, this.#label(step)] as const);
    for (const select of [this.#before, this.#after])
      setChildren(select, JSON.stringify(options), () =>
        options.map(([step, label]) => el('option', { value: step }, label)),
      );
    this.#pair();
  }

  /** The two steps that are compared: those chosen, else the first one and that of the checkpoint. */
  get #chosen(): [number, number] | undefined {
    const [first, last] = [this.#steps[0], this.#steps.at(-1)];
    if (first === undefined || last === undefined || first === last) return undefined;
    const [before, after] = this.#store.layout.evaluations;
    const of = this.#checkpoint;
    const nearest = of === undefined ? last : (this.#steps.findLast((step) => step <= of && step !== first) ?? last);
    const there = (step: number | null) => step !== null && this.#steps.includes(step);
    return [there(before) ? before! : first, there(after) ? after! : nearest];
  }

  #pair(): void {
    const chosen = this.#chosen;
    this.#bar.hidden = chosen === undefined;
    this.#paired = undefined;
    if (chosen && this.#visible) {
      this.#before.value = String(chosen[0]);
      this.#after.value = String(chosen[1]);
      for (const step of chosen) this.#ask(step);
      const [before, after] = chosen.map((step) => this.#evaluations.get(step));
      if (before && after) {
        const prompts = matchPrompts([before, after]).filter(({ sides }) => sides.every((side) => side));
        this.#paired = { prompts, steps: chosen };
      }
    }
    this.#list();
  }

  #list(): void {
    const paired = this.#paired;
    const search = this.#search.value.trim().toLowerCase();
    const found = (paired?.prompts ?? []).filter((prompt) => matches(prompt, search));
    const shown = sortPrompts(found, this.#order.value as keyof typeof PROMPT_SORTS, 1);
    const decimals = decimalsOf(paired?.prompts ?? []);
    this.#rows.show(shown.map((matched) => ({ matched, steps: paired!.steps, search, decimals })));
    setText(this.#summary, paired ? summary(paired.prompts, found.length) : '');
    const why = this.#problem ?? (this.#chosen ? (paired ? undefined : 'Reading …') : this.#whyNone());
    this.#empty.hidden = why === undefined;
    setText(this.#empty, why ?? '');
  }

  #whyNone(): string {
    if (this.#steps.length === 1)
      return `Completions of held-out prompts were recorded once, at step ${this.#steps[0]}: there is nothing to compare yet.`;
    const config = this.#store.main?.head.config;
    const isEvaluated = config && ((config.evalDataset ?? null) !== null || (config.evalSplit ?? null) !== null);
    return isEvaluated
      ? 'No completions of held-out prompts are recorded: none was evaluated yet, or the run is of an earlier release. "grpo eval CONFIG --checkpoint DIR" evaluates a checkpoint now.'
      : 'This run has no held-out prompts. Set "evalDataset" or "evalSplit" in its config, and the next run records them.';
  }

  #ask(step: number): void {
    if (this.#asked.has(step)) return;
    this.#asked.add(step);
    host.postMessage({ type: 'evaluation', step });
  }

  #forget(step: number): void {
    this.#asked.delete(step);
    this.#evaluations.delete(step);
  }

  #label(step: number): string {
    const { main } = this.#store;
    const row = main?.columns.indexOf(step);
    const reward = row === undefined ? undefined : main?.columns.values('eval_reward')?.[row];
    const name = step === 0 ? 'start model' : `step ${step}`;
    return reward === undefined || Number.isNaN(reward) ? name : `${name} (${rewardText(reward)})`;
  }

  #stepSelect(label: string, which: 0 | 1): HTMLSelectElement {
    const choose = () => {
      const chosen: [number | null, number | null] = [...this.#store.layout.evaluations];
      chosen[which] = Number(select.value);
      this.#store.setLayout({ evaluations: chosen });
      this.#pair();
    };
    const select = el('select', { 'aria-label': label, onchange: choose });
    return select;
  }
}

function summary(prompts: readonly MatchedPrompt[], found: number): string {
  const { up, down, zero } = countGains(prompts, 1);
  const means = [0, 1].map((side) => rewardText(mean(prompts.map(({ sides }) => sides[side]!.reward))));
  const some = found < prompts.length ? ` ${found} of ${prompts.length} found.` : '';
  return `${prompts.length} prompts: ${up} better, ${down} worse, ${zero} unchanged; mean reward ${means.join(' → ')}.${some}`;
}

function matches({ prompt, sides }: MatchedPrompt, search: string): boolean {
  if (search === '') return true;
  const texts = sides.flatMap((side) => side!.completions.map(({ completion }) => completion));
  return [promptText(prompt), ...texts].some((text) => text.toLowerCase().includes(search));
}
