import type { Arithmetic } from '../../src/grpo/advantage-arithmetic.ts';
import type { CompletionTokens } from '../../src/protocol/completion-tokens.ts';
import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { explainedGroup } from '../../src/protocol/explained-group.ts';
import { tokensUnknown } from '../../src/protocol/imported-run.ts';
import { inGroups, ownOf } from '../../src/protocol/row-groups.ts';
import { type StepSettings, settingAt, settingsAt, stepArithmetic } from '../../src/protocol/step-settings.ts';
import { el } from '../dom.ts';
import { ExplainPage } from '../explain/explain-page.ts';
import { host, onMessage } from '../host.ts';
import type { Store } from '../store.ts';
import { TokenSource } from '../tokens/token-source.ts';
import { TokenView } from '../tokens/token-view.ts';
import { GroupView } from './group-view.ts';
import { type Group, largestAdvantage } from './model.ts';
import { PromptHistory } from './prompt-history.ts';

export interface OpenGroupEvents {
  /** Someone reads a group that nobody has chosen: it stays. */
  pin(group: Group): void;
  /** Back to the list. */
  close(): void;
}

interface Place {
  /** Those of the list, in its order. */
  order: readonly Group[];
  /** The list is in sight. */
  wide: boolean;
  /** It was chosen, and does not follow the newest step. */
  pinned: boolean;
}

/** The pane of the group that is open: its completions, or its prompt in other steps. */
export class OpenGroup {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #events: OpenGroupEvents;
  readonly #history: PromptHistory;
  readonly #tokens = new TokenSource((place) => host.postMessage({ type: 'tokens', ...place }));
  readonly #explanation = new ExplainPage();
  readonly #nothing = el('p', { class: 'empty' }, 'Choose a hit to see its group.');
  #group: Group | undefined;
  #view: GroupView | undefined;
  /** What the view was made for. */
  #shown = '';
  #revealed = '';
  #computed: { rows: readonly Completion[]; key: string; arithmetic: Map<Completion, Arithmetic> } | undefined;
  #pinned = true;
  #focus = false;

  constructor(store: Store, events: OpenGroupEvents) {
    this.#store = store;
    this.#events = events;
    this.#history = new PromptHistory((step, group) =>
      store.setLayout({ step, group, hit: null, groupView: 'completions', scope: 'step' }),
    );
    onMessage('tokens', (answer) => this.#tokens.receive(answer));
    const pin = () => {
      if (!this.#pinned && this.#group) events.pin(this.#group);
    };
    this.element = el('div', {
      ...{ class: 'group-pane', onpointerdown: pin, onwheel: pin, onfocusin: pin },
      onkeydown: (event: KeyboardEvent) => this.#onKey(event),
    });
  }

  /** The next group that is shown gets the focus: whoever opened it wants to read it. */
  focusNext(): void {
    this.#focus = true;
    requestAnimationFrame(() => requestAnimationFrame(() => this.#takeFocus()));
  }

  show(group: Group | undefined, place: Place): void {
    this.#pinned = place.pinned;
    this.#group = group;
    if (!group) {
      this.#clear();
      return;
    }
    const { groupView } = this.#store.layout;
    if (groupView === 'history' && place.pinned) this.#showHistory(group);
    else if (groupView === 'explain' && place.pinned && !group.discarded) this.#showExplanation(group);
    else this.#showGroup(group, place);
    this.#takeFocus();
  }

  async #tokensOf(completion: Completion): Promise<HTMLElement> {
    const { rollouts, main } = this.#store;
    if (main?.head.imported) throw new Error(tokensUnknown(main.head.imported));
    const row = rollouts!.rows.indexOf(completion);
    const tokens = await this.#tokens.of(completion.step, completion.group, row);
    const setting = <Name extends Parameters<typeof settingAt>[1]>(name: Name) =>
      settingAt(main!.head, name, completion.step);
    const epsilon = setting('epsilon');
    return new TokenView(tokens, {
      completion: completion.completion,
      ended: !completion.truncated,
      advantage: completion.advantage,
      clip: {
        lossType: setting('lossType'),
        importanceSamplingLevel: setting('importanceSamplingLevel'),
        epsilon,
        epsilonHigh: setting('epsilonHigh') ?? epsilon,
        delta: setting('delta'),
      },
      measure: this.#store.layout.tokenMeasure,
      choose: (tokenMeasure) => this.#store.setLayout({ tokenMeasure }),
    }).element;
  }

  #clear(): void {
    this.#history.close();
    this.#view = undefined;
    this.#shown = '';
    this.element.replaceChildren(this.#nothing);
  }

  #showHistory(group: Group): void {
    this.#shown = '';
    this.#history.show(
      group,
      this.#back(`← Group ${group.index}`, () => this.#leaveView()),
    );
    if (this.element.firstChild !== this.#history.element) this.element.replaceChildren(this.#history.element);
  }

  #showExplanation({ step, index }: Group): void {
    this.#shown = '';
    this.#history.close();
    const { main, rollouts } = this.#store;
    const { head } = main!;
    const { rows } = rollouts!;
    const back = () => this.#back(`← Group ${index}`, () => this.#leaveView());
    const show = (tokens: readonly CompletionTokens[]) => {
      const key = JSON.stringify([head.folder, step, index, head.config, tokens.length, tokens[0]?.ratios?.length]);
      this.#explanation.show(key, explainedGroup(head, { step, group: index, rows, tokens }), back());
    };
    show([]);
    if (this.element.firstChild !== this.#explanation.element) this.element.replaceChildren(this.#explanation.element);
    // What the update computed of single tokens comes a moment later.
    void this.#tokens.ofGroup(step, index).then((tokens) => {
      const { layout } = this.#store;
      if (tokens.length > 0 && layout.group === index && layout.groupView === 'explain') show(tokens);
    });
  }

  #showGroup(group: Group, place: Place): void {
    const { main, rollouts, layout } = this.#store;
    this.#history.close();
    const at = place.order.indexOf(group);
    const { head } = main!;
    const names = Object.keys(group.completions[0]!.rewards);
    const settings = settingsAt(head, group.step, names);
    // Left alone while it is right, for the reader's place in it.
    const key = JSON.stringify([group.step, group.index, layout.query.text, settings, place.wide]);
    if (key !== this.#shown || this.#view?.group.completions.length !== group.completions.length) {
      const scrollTop = this.#sameGroup(group) ? this.#scroller?.scrollTop : undefined;
      const hadFocus = this.element.contains(document.activeElement);
      this.#shown = key;
      this.#view = new GroupView(group, {
        functions: settings.functions,
        arithmetic: this.#stepArithmetic(rollouts!.rows, settings),
        search: layout.query.text,
        tokens: (completion) => this.#tokensOf(completion),
        largest: largestAdvantage(rollouts!.rows),
        explain: () => this.#openView('explain', group),
        history: () => this.#openView('history', group),
        back: el(
          'span',
          { class: 'group-ways' },
          !place.wide && this.#back(layout.scope === 'all' ? '← All hits' : '← All groups', () => this.#events.close()),
        ),
      });
      this.element.replaceChildren(this.#view.element);
      if (scrollTop !== undefined) this.#scroller!.scrollTop = scrollTop;
      if (hadFocus) this.#view.focus();
      this.#revealed = '';
    }
    if (!place.wide && place.order.length > 0) this.#showNeighbours(place.order, at);
    this.#reveal(group);
  }

  /** Computed once for a step: it is the same for all of its groups, and for whatever is searched in them. */
  #stepArithmetic(rows: readonly Completion[], settings: StepSettings): Map<Completion, Arithmetic> {
    const key = JSON.stringify(settings);
    if (this.#computed?.rows !== rows || this.#computed.key !== key)
      this.#computed = { rows, key, arithmetic: stepArithmetic(inGroups(ownOf(rows)), settings) };
    return this.#computed.arithmetic;
  }

  #sameGroup({ step, index }: Group): boolean {
    return this.#view?.group.step === step && this.#view.group.index === index;
  }

  get #scroller(): Element | null {
    return this.element.querySelector('.detail');
  }

  /** Where the list is not in sight. */
  #showNeighbours(order: readonly Group[], at: number): void {
    const ways = this.element.querySelector('.group-ways')!;
    const way = (label: string, by: -1 | 1) => {
      const next = at < 0 ? undefined : order[at + by];
      const open = () => next && this.#store.setLayout({ group: next.index, hit: null });
      return el('button', { class: 'flat', disabled: next === undefined, onclick: open }, label);
    };
    ways.replaceChildren(ways.firstChild!, way('Previous', -1), way('Next', 1));
  }

  /** Scrolls to the hit that was opened, once. */
  #reveal({ step, index }: Group): void {
    const { hit } = this.#store.layout;
    const key = JSON.stringify(hit);
    const completion =
      hit && hit.step === step && hit.group === index ? this.#store.rollouts!.rows[hit.row] : undefined;
    if (!completion || key === this.#revealed) return;
    this.#revealed = key;
    for (const card of this.element.querySelectorAll('.found')) card.classList.remove('found');
    this.#view!.reveal(completion);
  }

  #openView(groupView: 'history' | 'explain', { index, step }: Group): void {
    this.#store.setLayout({ groupView, group: index, step });
    this.focusNext();
  }

  #leaveView(): void {
    this.#store.setLayout({ groupView: 'completions' });
    this.focusNext();
  }

  #back(label: string, go: () => void): HTMLElement {
    return el('button', { class: 'flat back', onclick: go }, label);
  }

  #takeFocus(): void {
    const { layout } = this.#store;
    const region = this.#scroller;
    // What was asked for may be still on its way.
    const isHere = this.#group?.index === layout.group && this.#group?.step === layout.step;
    if (!this.#focus || !isHere || !(region instanceof HTMLElement)) return;
    this.#focus = false;
    region.focus({ preventScroll: true });
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    if (this.#store.layout.groupView !== 'completions' && this.#pinned) this.#leaveView();
    else this.#events.close();
  }
}
