import './head.css';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { RunHead } from '../../src/protocol/dashboard.ts';
import { formatDuration } from '../../src/text/duration.ts';
import { el, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { host } from '../host.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { Store } from '../store.ts';
import { estimate } from './estimate.ts';

/** Name, state, progress and the buttons that act on the run. */
export class Head {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #name = el('h1', {}, 'GRPO run');
  readonly #state = el('span', { class: 'state' });
  readonly #reason = el('p', { class: 'reason', role: 'status' });
  readonly #bar = el('div', { class: 'progress', role: 'progressbar', 'aria-label': 'Steps done', 'aria-valuemin': 0 });
  readonly #facts = new Map<string, HTMLElement>();
  readonly #buttons = el('div', { class: 'buttons' });
  readonly #actions = new KeyedList<HeadButton>(this.#buttons, ({ act }) => JSON.stringify(act), headButton);

  constructor(store: Store) {
    this.#store = store;
    const facts = el('dl', { class: 'facts' });
    for (const name of ['step', 'time left', 'tokens/s', 'device']) {
      const value = el('dd', {}, '–');
      this.#facts.set(name, value);
      facts.append(el('div', {}, el('dt', {}, name), value));
    }
    this.element = el(
      'header',
      { class: 'head' },
      el('div', { class: 'head-row' }, el('div', { class: 'title' }, this.#name, this.#state), facts, this.#buttons),
      this.#bar,
      this.#reason,
    );
    store.subscribe((changes) => {
      if (changes.has('head') || changes.has('columns')) this.#update();
    });
  }

  #update(): void {
    const { main } = this.#store;
    if (!main) return;
    const { head, columns } = main;
    const step = Math.max(head.step, columns.lastStep);
    const { maxSteps } = head.config;
    const { tokensPerSecond, secondsLeft } = estimate(head, columns);
    const state = shownState(head);
    const running = state.running;
    setText(this.#name, head.name);
    setText(this.#state, state.label);
    this.#state.className = `state ${state.kind}`;
    this.#fact('step', `${formatCount(step)} of ${formatCount(maxSteps)}`);
    this.#fact('time left', running && secondsLeft !== null ? formatDuration(secondsLeft) : '–');
    this.#fact('tokens/s', tokensPerSecond === null ? '–' : formatCount(tokensPerSecond));
    this.#fact('device', head.device ?? '–');
    this.#bar.style.setProperty('--done', String(Math.min(1, step / maxSteps)));
    this.#bar.setAttribute('aria-valuemax', String(maxSteps));
    this.#bar.setAttribute('aria-valuenow', String(step));
    setText(this.#reason, state.reason);
    this.#reason.hidden = state.reason === '';
    this.#actions.show(buttonsFor(head));
  }

  #fact(name: string, text: string): void {
    setText(this.#facts.get(name)!, text);
  }
}

interface HeadButton {
  label: string;
  secondary?: boolean;
  act: Parameters<typeof host.postMessage>[0];
}

function headButton({ label, act }: HeadButton): Row<HeadButton> {
  const element = el('vscode-button', { onclick: () => host.postMessage(act) }, label);
  return { element, update: ({ secondary = false }) => element.toggleAttribute('secondary', secondary) };
}

function buttonsFor({ state, trainer }: RunHead): HeadButton[] {
  if (trainer === 'ours') {
    const stop: HeadButton = { label: 'Stop', act: { type: 'control', command: 'stop' } };
    if (state === 'running')
      return [{ label: 'Pause', secondary: true, act: { type: 'control', command: 'pause' } }, stop];
    if (state === 'paused')
      return [
        { label: 'Resume', act: { type: 'control', command: 'resume' } },
        { ...stop, secondary: true },
      ];
    return [];
  }
  const folder: HeadButton = {
    label: 'Open Checkpoints',
    secondary: true,
    act: { type: 'command', command: 'openCheckpointFolder' },
  };
  if (trainer === 'other' || state === 'done') return [folder];
  return [{ label: 'Resume', act: { type: 'command', command: 'resumeFromCheckpoint' } }, folder];
}

/** The run's state in words; one that says it runs while no trainer is alive was killed. */
function shownState({ state, trainer, reason, phase }: RunHead) {
  const working = state === 'running' || state === 'paused' || state === 'stopping';
  if (working && trainer === 'none')
    return {
      label: 'interrupted',
      kind: 'failed',
      running: false,
      reason: 'The trainer ended unexpectedly. Resume continues from the newest checkpoint.',
    };
  const doing = state === 'running' && phase && phase !== 'update' && phase !== 'rollout' && phase !== 'score';
  return {
    label: doing ? `${state} · ${phase}` : state,
    kind: state,
    running: state === 'running',
    reason: reason ?? '',
  };
}
