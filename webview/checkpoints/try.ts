import type { ChatEvent, ChatSide } from '../../src/protocol/chat.ts';
import { formatBytes } from '../../src/text/bytes.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { el, setText } from '../dom.ts';
import { host, onMessage } from '../host.ts';
import { KeyedList } from '../keyed-list.ts';
import { Composer } from './composer.ts';
import { exchangeRow } from './exchange-row.ts';
import { ChatState, type Exchange } from './exchanges.ts';

/** A chat with a checkpoint beside the model that the run started from. */
export class Try {
  readonly element: HTMLElement;
  readonly #names: Record<ChatSide, string> = { base: 'Start model', checkpoint: '' };
  readonly #begin = el('button', { class: 'primary', onclick: () => this.#open() });
  readonly #end = el(
    'button',
    { class: 'flat', onclick: () => host.postMessage({ type: 'closeChat' }) },
    'Unload Models',
  );
  readonly #facts = el('p', { class: 'muted' });
  readonly #problem = el('p', { class: 'failure', role: 'alert' });
  readonly #notes = el('p', { class: 'notes' });
  readonly #log = el('ul', { class: 'exchanges' });
  /** Answers are long and come word by word: a reader hears when one has ended, and what it scored. */
  readonly #status = el('span', { class: 'visually-hidden', role: 'status' });
  readonly #composer = new Composer();
  #rows = this.#newRows();
  #step: number | undefined;
  #trusted = true;
  #state: ChatState | undefined;
  #openedStep: number | undefined;

  constructor() {
    this.element = el(
      'section',
      { class: 'try', 'aria-label': 'Try' },
      el('div', { class: 'bar' }, this.#begin, this.#facts, el('span', { class: 'spacer' }), this.#end),
      this.#problem,
      this.#notes,
      this.#log,
      this.#composer.element,
      this.#status,
    );
    onMessage('chat', ({ event }) => this.#receive(event));
    onMessage('chatClosed', () => {
      this.#state = undefined;
      this.#openedStep = undefined;
      this.#update();
    });
    this.#update();
  }

  /** Of which checkpoint there is a choice now. */
  show(step: number | undefined, trusted: boolean): void {
    this.#step = step;
    this.#trusted = trusted;
    this.#update();
  }

  #open(): void {
    if (this.#step === undefined) return;
    host.postMessage({ type: 'openChat', step: this.#step });
  }

  #receive(event: ChatEvent): void {
    // One that has begun, or that goes on in a webview that starts afresh.
    if (event.type === 'cost') {
      this.#state = new ChatState();
      this.#rows.show([]);
    }
    this.#state ??= new ChatState();
    this.#state.receive(event);
    if (event.type === 'opened') {
      this.#openedStep = event.step;
      this.#names.checkpoint = `Step ${event.step}`;
      this.#rows.show([]);
      this.#rows = this.#newRows();
    }
    this.#announce(event);
    this.#update();
  }

  #newRows(): KeyedList<Exchange> {
    return new KeyedList<Exchange>(this.#log, ({ id }) => id, exchangeRow({ ...this.#names }));
  }

  #announce(event: ChatEvent): void {
    if (event.type === 'opened') setText(this.#status, 'The models are loaded.');
    if (event.type === 'answer') setText(this.#status, `${this.#names[event.side]} has answered: ${event.text}`);
    if (event.type === 'scored' && event.reward !== null)
      setText(this.#status, `${this.#names[event.side]}: reward ${formatNumber(event.reward)}`);
  }

  #update(): void {
    const state = this.#state;
    const step = this.#step;
    const opened = state?.problem === undefined ? state?.opened : undefined;
    const loading = state !== undefined && !state.opened && state.problem === undefined;
    this.#begin.hidden = step === undefined || loading || (opened !== undefined && this.#openedStep === step);
    setText(this.#begin, `Try Step ${step}`);
    this.#end.hidden = !opened && !loading;
    setText(this.#facts, this.#factsOf(state, loading));
    this.#problem.hidden = state?.problem === undefined;
    setText(this.#problem, state?.problem ?? '');
    const notes = opened?.notes ?? [];
    this.#notes.hidden = notes.length === 0;
    setText(this.#notes, notes.join(' '));
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    const exchanges = [...(state?.exchanges.values() ?? [])];
    this.#rows.show(exchanges);
    // Who scrolled up reads.
    if (atEnd) this.#log.scrollTop = this.#log.scrollHeight;
    this.#composer.element.hidden = !opened;
    if (!opened || !state) return;
    const id = Math.max(0, ...exchanges.map((exchange) => exchange.id)) + 1;
    const canContinue = exchanges.some(({ prompt }) => typeof prompt !== 'string');
    this.#composer.show({ opened, prompts: state.prompts, busy: state.busy, canContinue, id });
  }

  #factsOf(state: ChatState | undefined, loading: boolean): string {
    if (!state?.cost) {
      const scored = this.#trusted
        ? 'and its answers are scored by the run’s rewards'
        : 'unscored, because rewards do not run in Restricted Mode';
      return this.#step === undefined
        ? ''
        : `The same prompts to step ${this.#step} and to the model the run started from, side by side, ${scored}.`;
    }
    const { models, bytes, available, training } = state.cost;
    const what = models === 1 ? 'One model in memory' : `${models} models in memory`;
    const costs = `${what}, about ${formatBytes(bytes)} of ${formatBytes(available)} free`;
    const beside = training ? '; the training gets slower meanwhile' : '';
    if (loading) return `Loading, ${Math.round(100 * state.loaded)} % … ${costs}${beside}.`;
    return `${costs}, on ${state.opened?.device ?? 'no device'}${beside}.`;
  }
}
