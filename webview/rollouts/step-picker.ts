import { spanAt, stageText } from '../../src/protocol/stage-spans.ts';
import { el, setText } from '../dom.ts';
import type { Store } from '../store.ts';

/** Which step's groups are shown: one to type or step to, or always the newest. */
export class StepPicker {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #input: HTMLInputElement;
  readonly #of = el('span', { class: 'muted' });
  readonly #follow: HTMLElement;

  constructor(store: Store) {
    this.#store = store;
    this.#input = el('input', {
      type: 'number',
      min: 1,
      class: 'step',
      'aria-label': 'Step',
      onchange: () => this.#choose(Number(this.#input.value)),
    });
    this.#follow = el(
      'button',
      { class: 'toggle', 'aria-pressed': 'true', onclick: () => this.#toggle() },
      'Follow latest',
    );
    this.element = el(
      'div',
      { class: 'bar step-picker' },
      el('span', {}, 'Step'),
      el(
        'button',
        { class: 'flat', 'aria-label': 'Previous step', onclick: () => this.#choose(this.#shown - 1, true) },
        '‹',
      ),
      this.#input,
      el('button', { class: 'flat', 'aria-label': 'Next step', onclick: () => this.#choose(this.#shown + 1) }, '›'),
      this.#of,
      this.#follow,
    );
    store.subscribe(() => this.#update());
  }

  get #shown(): number {
    return this.#store.layout.step ?? this.#store.newestRollouts;
  }

  /** `back`: over what has no completions, go back. */
  #choose(step: number, back = false): void {
    if (!this.#store.main || !Number.isFinite(step)) return;
    const nearest = this.#store.nearestRollouts(step, back);
    if (nearest === undefined) return;
    this.#store.setLayout({ step: nearest, hit: null });
    this.#update();
  }

  #toggle(): void {
    const { layout } = this.#store;
    this.#store.setLayout(
      layout.step === null ? { step: this.#shown } : { step: null, group: null, hit: null, groupView: 'completions' },
    );
  }

  #update(): void {
    const { main, layout } = this.#store;
    if (!main) return;
    const shown = String(this.#shown);
    if (this.#input.value !== shown && document.activeElement !== this.#input) this.#input.value = shown;
    const stage = spanAt(this.#store.stages, this.#shown);
    setText(this.#of, `of ${this.#store.newestRollouts}${stage ? ` · ${stage.name}` : ''}`);
    this.#of.title = stage ? `Stage ${stageText(stage)}` : '';
    this.#follow.setAttribute('aria-pressed', String(layout.step === null));
  }
}
