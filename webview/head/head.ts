import './head.css';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { Term } from '../../src/protocol/glossary.ts';
import { rewardText } from '../../src/protocol/held-out.ts';
import { UNKNOWN_MODEL } from '../../src/protocol/imported-run.ts';
import { secondsTrained } from '../../src/protocol/run-results.ts';
import { spanAt, stageSpans, stageText } from '../../src/protocol/stage-spans.ts';
import { formatDuration } from '../../src/text/duration.ts';
import { fileName } from '../../src/text/files-by-name.ts';
import { el, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { host } from '../host.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { ShownRun, Store } from '../store.ts';
import { term } from '../term.ts';
import { activityText, phaseShare } from './activity.ts';
import { heldOutRewards, secondsLeft, tokensPerSecond } from './estimate.ts';
import { RunName } from './name.ts';
import { type HeadButton, type HeadState, hasEnded, runState, startingState } from './state.ts';

/** In the order in which they matter: where there is no room, the last ones go. */
const FACTS = ['step', 'stage', 'held-out reward', 'duration', 'time left', 'model', 'device', 'tokens/s'] as const;
type Fact = (typeof FACTS)[number];
const TERMS: Partial<Record<Fact, Term>> = {
  ...{
    step: 'step',
    stage: 'stage',
    'held-out reward': 'held-out reward',
    duration: 'duration',
    'tokens/s': 'tokens/s',
  },
};

/** Name, state, progress and the buttons that act on the run. */
export class Head {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #name = new RunName();
  readonly #state = el('span', { class: 'state' });
  readonly #activity = el('span', { class: 'activity' });
  readonly #reason = el('p', { class: 'reason', role: 'status' });
  /** Of a run that another program trained. */
  readonly #missing = el('ul', { class: 'missing', 'aria-label': 'What is missing' });
  readonly #bar = el('div', { class: 'progress', role: 'progressbar', 'aria-label': 'Progress', 'aria-valuemin': 0 });
  readonly #facts = new Map<Fact, HTMLElement>();
  readonly #buttons = el('div', { class: 'buttons' });
  readonly #actions = new KeyedList<HeadButton>(this.#buttons, ({ act }) => JSON.stringify(act), headButton);

  constructor(store: Store) {
    this.#store = store;
    const facts = el('dl', { class: 'facts' });
    for (const name of FACTS) {
      const value = el('dd', {}, '–');
      this.#facts.set(name, value);
      const explained = TERMS[name];
      facts.append(
        el(
          'div',
          { class: `fact-${name.replaceAll(/\W/g, '-')}` },
          el('dt', {}, explained ? term(explained, name) : name),
          value,
        ),
      );
    }
    this.element = el(
      'header',
      { class: 'head' },
      el('div', { class: 'head-row' }, this.#name.element, this.#state, this.#activity, this.#buttons),
      facts,
      this.#reason,
      this.#missing,
      this.#bar,
    );
    store.subscribe((changes) => {
      if (changes.has('head') || changes.has('columns') || changes.has('activity')) this.#update();
    });
    // The time that passes while nothing else happens.
    setInterval(() => this.#showActivity(), 1000);
  }

  #update(): void {
    const { main, starting, activity } = this.#store;
    if (main) this.#showState(main.head.name, runState(main.head, activity));
    else if (starting) this.#showState(starting.name, startingState(starting));
    else return;
    this.#showMissing(main);
    this.#showFacts(main);
    this.#showProgress(main);
    this.#showActivity();
  }

  #showState(name: string, { label, kind, reason, buttons }: HeadState): void {
    this.#name.show(name, this.#store.main !== undefined);
    setText(this.#state, label);
    this.#state.className = `state ${kind}`;
    setText(this.#reason, reason);
    this.#reason.hidden = reason === '';
    this.#actions.show(buttons);
  }

  #showMissing(main: ShownRun | undefined): void {
    const { missing = [] } = main?.head.imported ?? {};
    this.#missing.hidden = missing.length === 0;
    if (this.#missing.childElementCount === missing.length && this.#missing.textContent === missing.join('')) return;
    this.#missing.replaceChildren(...missing.map((sentence) => el('li', {}, sentence)));
  }

  #showFacts(main: ShownRun | undefined): void {
    const { activity } = this.#store;
    if (!main) {
      for (const name of FACTS) this.#fact(name, undefined);
      return;
    }
    const { head, columns } = main;
    const step = Math.max(head.step, columns.lastStep);
    const running = head.state === 'running' && head.trainer !== 'none';
    const left = head.trainer === 'ours' ? (activity?.secondsLeft ?? null) : secondsLeft(head, columns);
    const speed = tokensPerSecond(columns);
    const heldOut = heldOutRewards(columns);
    const seconds = secondsTrained(columns);
    this.#fact('step', `${formatCount(step)} of ${formatCount(head.config.maxSteps)}`);
    const spans = stageSpans(head.config);
    // The one that is being taken, or was last.
    const stage = spanAt(spans, running ? step + 1 : step);
    this.#fact('stage', stage && `${stage.name} (${stage.number} of ${spans.length})`, stage && stageText(stage));
    const last = heldOut?.last === undefined ? '' : ` → ${rewardText(heldOut.last)}`;
    this.#fact('held-out reward', heldOut && `${rewardText(heldOut.first)}${last}`);
    this.#fact('duration', seconds === null ? undefined : formatDuration(seconds));
    this.#fact('time left', running && left !== null ? formatDuration(left) : undefined);
    const { model } = head.config;
    // Not every program logs which model it trains.
    const isUnknown = head.imported !== undefined && model === UNKNOWN_MODEL;
    this.#fact('model', isUnknown ? undefined : fileName(model), model);
    this.#fact('device', head.device ?? undefined);
    this.#fact('tokens/s', speed === null ? undefined : formatCount(speed));
  }

  /** Without a text it has no place in the head. */
  #fact(name: Fact, text: string | undefined, title = ''): void {
    const value = this.#facts.get(name)!;
    setText(value, text ?? '–');
    if (value.title !== title) value.title = title;
    value.parentElement!.hidden = text === undefined;
  }

  /** Of the steps; before the first one is done, of what comes before it; nothing of a run that nobody trains. */
  #showProgress(main: ShownRun | undefined): void {
    const { activity, starting } = this.#store;
    this.#bar.hidden = main ? hasEnded(main.head, activity) : (starting?.problem ?? null) !== null;
    const maxSteps = main?.head.config.maxSteps ?? 0;
    const step = main ? Math.max(main.head.step, main.columns.lastStep) : 0;
    const loads = step === 0 && activity !== null && !this.#waits;
    const share = loads ? phaseShare(activity) : step / Math.max(1, maxSteps);
    this.#bar.classList.toggle('unknown', share === undefined);
    this.#bar.style.setProperty('--done', String(Math.min(1, share ?? 0)));
    this.#bar.setAttribute('aria-valuemax', '100');
    if (share === undefined) this.#bar.removeAttribute('aria-valuenow');
    else this.#bar.setAttribute('aria-valuenow', String(Math.round(100 * Math.min(1, share))));
  }

  /** Its trainer is there, and waits for someone to resume or end it. */
  get #waits(): boolean {
    const { main } = this.#store;
    return main?.head.trainer === 'ours' && main.head.state !== 'running';
  }

  #showActivity(): void {
    const { activity, activityAt } = this.#store;
    const text = activity && !this.#waits ? activityText(activity, (performance.now() - activityAt) / 1000) : '';
    setText(this.#activity, text);
    this.#activity.hidden = text === '';
    if (text === '') this.#bar.removeAttribute('aria-valuetext');
    else this.#bar.setAttribute('aria-valuetext', text);
  }
}

function headButton({ label, act, minor }: HeadButton): Row<HeadButton> {
  const element = el('vscode-button', { class: minor && 'minor', onclick: () => host.postMessage(act) }, label);
  return { element, update: ({ secondary = false }) => element.toggleAttribute('secondary', secondary) };
}
