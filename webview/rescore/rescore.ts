import './rescore.css';
import type { RescoreView } from '../../src/protocol/dashboard.ts';
import { el, setText } from '../dom.ts';
import { formatCount, formatNumber } from '../format.ts';
import { failure } from '../groups/detail.ts';
import { host } from '../host.ts';
import type { Change, Store } from '../store.ts';
import { rescoredStep } from './step.ts';

/** A run's recorded completions under its rewards as they are now: what changes in each step, and one of them opened. */
export class Rescore {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #button = el(
    'button',
    { class: 'toggle', onclick: () => host.postMessage({ type: 'command', command: 'rescoreRun' }) },
    'Rescore',
  );
  readonly #status = el('span', { role: 'status' });
  readonly #basis = el('p', { class: 'muted' });
  readonly #problem = el('div');
  readonly #body = el('div', { class: 'rescore-body' });
  #shown = '';
  #asked = '';

  constructor(store: Store) {
    this.#store = store;
    this.element = el(
      'div',
      { class: 'rescore' },
      el('div', { class: 'bar' }, this.#button, this.#status),
      this.#basis,
      this.#problem,
      this.#body,
    );
    store.subscribe((changes) => this.#onChange(changes));
    this.#update();
  }

  #onChange(changes: ReadonlySet<Change>): void {
    if (changes.has('rescore') || changes.has('layout')) this.#update();
  }

  #update(): void {
    const { rescore, layout } = this.#store;
    setText(this.#button, rescore ? 'Rescore again' : 'Rescore this run');
    setText(this.#status, rescore ? statusOf(rescore) : '');
    setText(this.#basis, rescore ? basisOf(rescore) : IDLE);
    this.#problem.replaceChildren(...(rescore?.problem ? [failure(rescore.problem)] : []));
    if (!rescore) return;
    const open = rescore.steps.find(({ step }) => step === layout.rescored);
    if (open) this.#showStep(open);
    else this.#showSteps(rescore);
  }

  #showSteps({ steps }: RescoreView): void {
    this.#asked = '';
    this.#replace(JSON.stringify(steps), () => (steps.length === 0 ? [] : [this.#table(steps)]));
  }

  /** Asked for again when it was scored anew; what is there stays until then. */
  #showStep(figures: RescoreView['steps'][number]): void {
    const wanted = JSON.stringify(figures);
    if (wanted !== this.#asked) {
      this.#asked = wanted;
      if (!figures.stale) host.postMessage({ type: 'rescored', step: figures.step });
    }
    const { rescored, rescore } = this.#store;
    const scored = rescored?.step === figures.step ? rescored : undefined;
    const at = rescore!.steps.findIndex(({ step }) => step === figures.step);
    // Steps stand newest first.
    const neighbour = (by: number) => rescore!.steps[at - by];
    const step = (by: number) => {
      const next = neighbour(by);
      return () => next && this.#store.setLayout({ rescored: next.step });
    };
    const close = () => this.#store.setLayout({ rescored: null });
    this.#replace(`step ${figures.step} ${JSON.stringify(scored?.scored ?? null)}`, () => [
      el(
        'div',
        {
          class: 'rescored-step',
          onkeydown: (event: KeyboardEvent) => {
            if (event.key === 'Escape') close();
          },
        },
        el(
          'div',
          { class: 'bar' },
          el('button', { class: 'flat', onclick: close }, '← All steps'),
          el('h2', {}, `Step ${figures.step}`),
          el('span', { class: 'spacer' }),
          el('button', { class: 'flat', disabled: !neighbour(-1), onclick: step(-1) }, 'Previous'),
          el('button', { class: 'flat', disabled: !neighbour(1), onclick: step(1) }, 'Next'),
        ),
        scored?.scored
          ? rescoredStep(scored.scored, scored.completions)
          : el('p', { class: 'empty' }, 'Reading the completions…'),
      ),
    ]);
    this.#body.classList.toggle('stale', figures.stale);
  }

  #replace(key: string, make: () => HTMLElement[]): void {
    if (key === this.#shown) return;
    this.#shown = key;
    this.#body.classList.remove('stale');
    const focused = this.#body.contains(document.activeElement);
    const top = this.#body.scrollTop;
    this.#body.replaceChildren(...make());
    this.#body.scrollTop = top;
    if (focused) this.#body.querySelector<HTMLElement>('button')?.focus();
  }

  #table(steps: RescoreView['steps']): HTMLElement {
    const headings = ['Step', 'Reward', 'Now', 'Changed', 'Sign flips', 'Gain signal', 'Lose signal', 'Failed'];
    return el(
      'table',
      { class: 'rescored-steps', 'aria-label': 'Steps' },
      el('thead', {}, el('tr', {}, ...headings.map((heading) => el('th', { scope: 'col' }, heading)))),
      el(
        'tbody',
        {},
        ...steps.map((figures) => {
          const { step, reward, changed, flips, gained, lost, failed, stale } = figures;
          const cells = [formatNumber(reward.old), formatNumber(reward.new), String(changed)];
          return el(
            'tr',
            { class: stale ? 'stale' : null, onclick: () => this.#store.setLayout({ rescored: step }) },
            el('th', { scope: 'row' }, el('button', { class: 'link', 'aria-label': `Step ${step}` }, String(step))),
            ...cells.map((text) => el('td', {}, text)),
            ...[flips, gained.length, lost.length, failed].map((count) =>
              el('td', { class: count === 0 ? 'muted' : 'told' }, String(count)),
            ),
          );
        }),
      ),
    );
  }
}

const IDLE =
  'Scores the completions of this run again, with its rewards as they are now, without generating any: which advantages change their sign, which groups gain or lose their signal.';

function statusOf({ state, steps, start }: RescoreView): string {
  const fresh = steps.filter(({ stale }) => !stale);
  if (state === 'running') return `Scoring ${fresh.length} of ${start?.steps.length ?? '…'} steps…`;
  const sum = (of: (figures: RescoreView['steps'][number]) => number) =>
    formatCount(fresh.reduce((total, figures) => total + of(figures), 0));
  if (fresh.length === 0) return '';
  return [
    `${sum(({ flips }) => flips)} of ${sum(({ completions }) => completions)} advantages change their sign`,
    `${sum(({ gained }) => gained.length)} groups gain a signal, ${sum(({ lost }) => lost.length)} lose it`,
  ].join('; ');
}

/** What is compared with what. */
function basisOf({ start }: RescoreView): string {
  if (!start) return '';
  const file = start.config.file.replace(/^.*[\\/]/, '');
  const functions = start.functions.map(({ name, weight, was }) => {
    const before = was !== null && was !== weight ? ` (was × ${formatNumber(was)})` : '';
    return `${name}${weight === 1 && before === '' ? '' : ` × ${formatNumber(weight)}`}${before}`;
  });
  const which =
    start.config.used === 'current'
      ? `With the rewards of ${file} as it is now`
      : `With the config that the run keeps, as ${file} cannot be used (${start.config.why})`;
  return `${which}: ${functions.join(', ')}. Save a reward file or the config, and this is scored again.`;
}
