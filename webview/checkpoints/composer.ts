import type { ChatEvent, ChosenPrompt, PromptSet, Question } from '../../src/protocol/chat.ts';
import { el } from '../dom.ts';
import { host } from '../host.ts';
import { PromptPicker } from './prompt-picker.ts';

type Opened = Extract<ChatEvent, { type: 'opened' }>;
type Prompts = Extract<ChatEvent, { type: 'prompts' }>;

/** What the composer shows is as this says. */
export interface ComposerState {
  opened: Opened;
  prompts: Prompts | undefined;
  busy: boolean;
  /** Whether something was said that can go on. */
  canContinue: boolean;
  /** Of the next question. */
  id: number;
}

/** Where a question is written or chosen, with the sampling settings for its answer. */
export class Composer {
  readonly element: HTMLElement;
  readonly #text = el('textarea', { rows: 2, 'aria-label': 'Prompt', onkeydown: (event) => this.#onKey(event) });
  readonly #send = el('button', { class: 'primary', onclick: () => this.#sendText() }, 'Send');
  readonly #stop = el('button', { class: 'primary', onclick: () => this.#postStop() }, 'Stop');
  readonly #choose = el('button', { class: 'flat toggle', onclick: () => this.#togglePicker() }, 'Choose a Prompt');
  readonly #newChat = el('button', { class: 'flat', onclick: () => this.#startNew() }, 'New Chat');
  readonly #picker = new PromptPicker((set, index) => this.#sendRow(set, index));
  readonly #draw = el(
    'select',
    { 'aria-label': 'Sampling', onchange: () => this.#showSampling() },
    el('option', { value: 'greedy' }, 'Greedy'),
    el('option', { value: 'sampled' }, 'Sampled'),
  );
  readonly #temperature = numberField(0.1, 'any', () => this.#state?.opened.temperature ?? 1);
  readonly #maxTokens = numberField(1, 1, () => this.#state?.opened.maxTokens ?? 256);
  readonly #seed = numberField(0, 1, () => this.#state?.opened.seed ?? 42);
  readonly #temperatureLabel = el('label', {}, 'Temperature ', this.#temperature);
  readonly #seedLabel = el('label', {}, 'Seed ', this.#seed);
  #state: ComposerState | undefined;
  /** The next text begins another conversation. */
  #fresh = false;

  constructor() {
    this.element = el(
      'div',
      { class: 'composer' },
      this.#picker.element,
      el('div', { class: 'composer-text' }, this.#text, this.#send, this.#stop),
      el(
        'div',
        { class: 'bar' },
        this.#choose,
        this.#newChat,
        el('span', { class: 'spacer' }),
        this.#draw,
        this.#temperatureLabel,
        this.#seedLabel,
        el('label', {}, 'Max tokens ', this.#maxTokens),
      ),
    );
    this.#showSampling();
  }

  show(state: ComposerState): void {
    const isNew = state.opened !== this.#state?.opened;
    this.#state = state;
    const { opened, busy, canContinue } = state;
    if (isNew) for (const field of [this.#temperature, this.#maxTokens, this.#seed]) field.value = field.defaults();
    const wasStop = document.activeElement === this.#stop;
    this.#send.hidden = busy;
    this.#stop.hidden = !busy;
    if (wasStop && !busy) this.#text.focus();
    this.#choose.hidden = Object.values(opened.prompts).every((count) => count === 0);
    this.#newChat.hidden = !opened.chat || !canContinue || this.#fresh;
    const goesOn = opened.chat && canContinue && !this.#fresh;
    this.#text.placeholder = goesOn ? 'Go on with the chat' : 'Type a prompt';
    this.#choose.setAttribute('aria-expanded', String(!this.#picker.element.hidden));
    this.#picker.show(state.prompts, opened.prompts);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape' && this.#state?.busy) this.#postStop();
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#sendText();
  }

  #sendText(): void {
    const text = this.#text.value;
    const state = this.#state;
    if (text.trim() === '' || !state || state.busy) return;
    this.#ask({ text }, state.opened.chat && state.canContinue && !this.#fresh);
    this.#text.value = '';
  }

  #sendRow(set: PromptSet, index: number): void {
    if (!this.#state || this.#state.busy) return;
    this.#picker.close();
    this.#ask({ set, index }, false);
    this.#text.focus();
  }

  #ask(prompt: ChosenPrompt, continues: boolean): void {
    const { id } = this.#state!;
    const temperature = this.#draw.value === 'greedy' ? 0 : this.#temperature.number();
    const sampled = { seed: this.#seed.number(), temperature, maxTokens: this.#maxTokens.number() };
    const question: Question = { id, prompt, continues, ...sampled };
    this.#fresh = false;
    host.postMessage({ type: 'chat', command: { type: 'ask', question } });
  }

  #postStop(): void {
    host.postMessage({ type: 'chat', command: { type: 'stop' } });
  }

  #startNew(): void {
    this.#fresh = true;
    if (this.#state) this.show(this.#state);
    this.#text.focus();
  }

  #togglePicker(): void {
    const { opened } = this.#state!;
    if (this.#picker.element.hidden) this.#picker.open((opened.prompts['held-out'] ?? 0) > 0 ? 'held-out' : 'training');
    else this.#picker.close();
    this.show(this.#state!);
  }

  #showSampling(): void {
    const greedy = this.#draw.value === 'greedy';
    this.#temperatureLabel.hidden = greedy;
    this.#seedLabel.hidden = greedy;
  }
}

type NumberField = HTMLInputElement & { number(): number; defaults(): string };

/** What is typed there, within its bounds; what is no number is the run's own. */
function numberField(min: number, step: number | 'any', otherwise: () => number): NumberField {
  const input = el('input', { type: 'number', min, step }) as NumberField;
  input.defaults = () => String(otherwise());
  input.number = () => {
    const value = input.valueAsNumber;
    if (!Number.isFinite(value)) return otherwise();
    return Math.max(min, step === 'any' ? value : Math.round(value));
  };
  return input;
}
