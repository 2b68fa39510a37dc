import './rescore.css';
import type { RescoreView } from '../../src/protocol/dashboard.ts';
import { fileName } from '../../src/text/files-by-name.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { el, setChildren, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { host } from '../host.ts';
import { failure } from '../rollouts/outcome.ts';
import type { Change, Store } from '../store.ts';
import { OpenStep } from './open-step.ts';
import { type Figures, StepsTable } from './steps.ts';

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
  readonly #steps = new StepsTable((rescored) => this.#store.setLayout({ rescored }));
  readonly #step = new OpenStep({
    close: () => this.#store.setLayout({ rescored: null }),
    move: (by) => this.#store.setLayout({ rescored: this.#neighbour(by) ?? this.#open }),
  });
  /** The step that is open. */
  #open: number | null = null;
  /** Where the list was left. */
  #listTop = 0;
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
    setText(this.#button, rescore ? 'Rescore Again' : 'Rescore Run');
    setText(this.#status, rescore ? statusOf(rescore) : '');
    setText(this.#basis, rescore ? basisOf(rescore) : IDLE);
    const { problem = null, place } = rescore ?? {};
    setChildren(this.#problem, JSON.stringify([problem, place]), () => [problem !== null && failure(problem, place)]);
    if (!rescore) return;
    const open = rescore.steps.find(({ step }) => step === layout.rescored);
    if (open) this.#showStep(open);
    else this.#showSteps(rescore);
  }

  #showSteps({ steps }: RescoreView): void {
    const left = this.#open;
    if (left !== null) this.#step.close();
    this.#open = null;
    this.#asked = '';
    this.#steps.steps = steps;
    this.#body.classList.remove('stale');
    this.#show(this.#steps.element, () => this.#steps.focus(left ?? 0));
    this.#steps.element.hidden = steps.length === 0;
  }

  /** Asked for again when it was scored again; what is there stays until then. */
  #showStep(figures: Figures): void {
    const { step, stale } = figures;
    const wanted = JSON.stringify(figures);
    if (wanted !== this.#asked) {
      this.#asked = wanted;
      if (!stale) host.postMessage({ type: 'rescored', step });
    }
    if (this.#open !== null && step !== this.#open) this.#body.scrollTop = 0;
    this.#open = step;
    const { rescored } = this.#store;
    const neighbours = { previous: this.#neighbour(-1) !== undefined, next: this.#neighbour(1) !== undefined };
    this.#step.show(step, rescored?.step === step ? rescored : undefined, neighbours);
    this.#body.classList.toggle('stale', stale);
    this.#show(this.#step.element, () => this.#step.focus());
  }

  /** The step before (-1) or after (1) the open one. The list has the newest first. */
  #neighbour(by: -1 | 1): number | undefined {
    const steps = this.#store.rescore?.steps ?? [];
    return steps[steps.findIndex(({ step }) => step === this.#open) - by]?.step;
  }

  /** In the place of what was there, with the focus if that had it. */
  #show(element: HTMLElement, focus: () => void): void {
    if (this.#body.firstChild === element) return;
    const focused = this.#body.contains(document.activeElement);
    if (this.#body.firstChild === this.#steps.element) this.#listTop = this.#body.scrollTop;
    this.#body.replaceChildren(element);
    this.#body.scrollTop = element === this.#steps.element ? this.#listTop : 0;
    if (focused) focus();
  }
}

const IDLE =
  "Re-scores this run's completions with the current reward code; nothing is generated. Shows which advantages change sign and which groups gain or lose their signal.";

function statusOf({ state, steps, start }: RescoreView): string {
  const fresh = steps.filter(({ stale }) => !stale);
  if (state === 'running') return `Scoring ${fresh.length} of ${start?.steps.length ?? '…'} steps…`;
  const sum = (of: (figures: RescoreView['steps'][number]) => number) =>
    formatCount(fresh.reduce((total, figures) => total + of(figures), 0));
  if (fresh.length === 0) return '';
  return [
    `${sum(({ flips }) => flips)} of ${sum(({ completions }) => completions)} advantages change sign`,
    `${sum(({ gained }) => gained.length)} groups gain a signal, ${sum(({ lost }) => lost.length)} lose it`,
  ].join('; ');
}

/** What is compared with what. */
function basisOf({ start }: RescoreView): string {
  if (!start) return '';
  const file = fileName(start.config.file);
  const functions = start.functions.map(({ name, weight, was }) => {
    const before = was !== null && was !== weight ? ` (was × ${formatNumber(was)})` : '';
    return `${name}${weight === 1 && before === '' ? '' : ` × ${formatNumber(weight)}`}${before}`;
  });
  const which =
    start.config.used === 'current'
      ? `With the current rewards of ${file}`
      : `With the config recorded in the run, because ${file} cannot be used (${start.config.why})`;
  return `${which}: ${functions.join(', ')}. Updates when you save a reward file or the config.`;
}
