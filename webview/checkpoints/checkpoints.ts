import './checkpoints.css';
import './try.css';
import type { HostMessage } from '../../src/protocol/dashboard.ts';
import { el, setText } from '../dom.ts';
import { onMessage } from '../host.ts';
import type { Layout } from '../layout.ts';
import { Segments } from '../segments.ts';
import type { Store } from '../store.ts';
import { BeforeAfter } from './before-after.ts';
import { CheckpointList } from './list.ts';
import { measured } from './measured.ts';
import { Try } from './try.ts';

const VIEWS = { try: 'Try', evaluations: 'Before and After' } as const satisfies Record<
  Layout['checkpointView'],
  string
>;
type View = Layout['checkpointView'];

/** What the run has saved, how good it is, and what it writes. */
export class Checkpoints {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #list: CheckpointList;
  readonly #empty = el('p', { class: 'empty' });
  readonly #try = new Try();
  readonly #beforeAfter: BeforeAfter;
  readonly #views: Record<View, HTMLElement>;
  readonly #segments: Segments<View>;
  #told: Extract<HostMessage, { type: 'checkpoints' }> | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.#list = new CheckpointList((step) => store.setLayout({ checkpoint: step, evaluations: [null, null] }));
    this.#beforeAfter = new BeforeAfter(store);
    this.#views = { try: this.#try.element, evaluations: this.#beforeAfter.element };
    this.#segments = new Segments(VIEWS, (checkpointView) => store.setLayout({ checkpointView }));
    this.element = el(
      'div',
      { class: 'checkpoints' },
      el('div', { class: 'checkpoints-side' }, this.#list.element, this.#empty),
      el('div', { class: 'checkpoints-main' }, this.#segments.element, ...Object.values(this.#views)),
    );
    onMessage('checkpoints', (message) => {
      this.#told = message;
      this.#update();
    });
    store.subscribe((changes) => {
      if (changes.has('layout') || changes.has('columns') || changes.has('head')) this.#update();
    });
    this.#update();
  }

  #update(): void {
    const { main, layout } = this.#store;
    const { saved = [], evaluated = [], trusted = true } = this.#told ?? {};
    const checkpoints = main ? measured(saved, main.columns) : [];
    const chosen = (checkpoints.find(({ step }) => step === layout.checkpoint) ?? checkpoints[0])?.step;
    this.#list.show(checkpoints, chosen, this.#store.stages);
    this.#empty.hidden = this.#told === undefined || checkpoints.length > 0;
    setText(this.#empty, main ? `No checkpoint yet: one is saved every ${main.head.config.saveSteps} steps.` : '');
    this.#segments.chosen = layout.checkpointView;
    for (const view of Object.keys(VIEWS) as View[]) this.#views[view].hidden = view !== layout.checkpointView;
    this.#try.show(chosen, trusted);
    if (layout.tab === 'checkpoints')
      this.#beforeAfter.show(evaluated, chosen, layout.checkpointView === 'evaluations');
  }
}
