import './groups.css';
import type { Hit } from '../../src/protocol/dashboard-rollouts.ts';
import type { RolloutQuery } from '../../src/protocol/rollout-query.ts';
import { selectionAt } from '../../src/protocol/selection.ts';
import { samples, spanAt, stageText } from '../../src/protocol/stage-spans.ts';
import { el, setText } from '../dom.ts';
import { host } from '../host.ts';
import type { Change, Store } from '../store.ts';
import { AllSteps } from './all-steps.ts';
import { Divider } from './divider.ts';
import { GroupList } from './group-list.ts';
import { HitList } from './hit-list.ts';
import { type Group, type GroupColumn, groupsOf, selectGroups } from './model.ts';
import { OpenGroup } from './open-group.ts';
import { QueryBar } from './query-bar.ts';
import { StepPicker } from './step-picker.ts';

/** From this width on the list and the open group are side by side, in CSS pixels. */
const WIDE = 640;

/** The groups of the chosen step, or of the newest one, and beside or behind them the one that is open; or what a search through all steps finds. */
export class Groups {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #picker: StepPicker;
  readonly #query: QueryBar;
  readonly #list: GroupList;
  readonly #hits: HitList;
  readonly #all = new AllSteps(() => this.#update());
  readonly #open: OpenGroup;
  readonly #listPane = el('div', { class: 'list-pane' });
  readonly #problem = el('p', { class: 'empty' });
  /** The step that was asked for and has not come yet: one question at a time. */
  #asked: number | null = null;
  #groups: Group[] = [];
  #shown: Group[] = [];
  #wide = true;

  constructor(store: Store) {
    this.#store = store;
    this.#picker = new StepPicker(store);
    this.#list = new GroupList(
      (column) => this.#sort(column),
      (group) => this.#openGroup(group, true),
      (group) => this.#wide && this.#openGroup(group, false),
    );
    this.#hits = new HitList(
      (hit) => this.#openHit(hit, true),
      (hit) => this.#wide && this.#openHit(hit, false),
    );
    this.#query = new QueryBar({
      change: (change) => this.#change(change),
      scope: (scope) => store.setLayout({ scope }),
      leave: () => this.#leaveSearch(),
      stop: () => this.#all.stop(),
    });
    this.#open = new OpenGroup(store, {
      pin: (group) => this.#openGroup(group, false),
      close: () => this.#close(),
    });
    const body = el('div', { class: 'groups-body' });
    body.append(this.#listPane, new Divider(store, body, this.#listPane).element, this.#open.element);
    this.#listPane.append(this.#query.element, this.#list.element, this.#hits.element, this.#problem);
    this.element = el('div', { class: 'groups' }, body);
    new ResizeObserver(([entry]) => this.#resize(entry!.contentRect.width)).observe(this.element);
    store.subscribe((changes) => this.#onChange(changes));
    this.#update();
  }

  /** Which step's groups these are. */
  get picker(): HTMLElement {
    return this.#picker.element;
  }

  #onChange(changes: ReadonlySet<Change>): void {
    const { main, rollouts } = this.#store;
    if (!main) return;
    if (changes.has('rollouts') && rollouts) {
      this.#asked = null;
      this.#groups = groupsOf(rollouts.rows, selectionAt(main.head.config, rollouts.step));
    }
    this.#ask();
    if (['rollouts', 'layout', 'columns', 'head'].some((change) => changes.has(change as Change))) this.#update();
  }

  /** Whether it is in sight: what nobody looks at is not read. */
  get #isShown(): boolean {
    const { tab, rollouts } = this.#store.layout;
    return tab === 'rollouts' && rollouts === 'recorded';
  }

  /** Asks for the step to show unless it is there, or another one is on its way. */
  #ask(): void {
    const { main, rollouts, layout } = this.#store;
    const wanted = layout.step ?? this.#store.newestRollouts;
    if (!main || !this.#isShown) return;
    this.#all.ask(layout.scope === 'all' ? layout.query : undefined);
    if (wanted === 0 || this.#asked !== null || rollouts?.step === wanted) return;
    this.#asked = wanted;
    host.postMessage({ type: 'rollouts', step: wanted });
  }

  #update(): void {
    const { layout, main } = this.#store;
    const functions = Object.keys(this.#groups[0]?.completions[0]?.rewards ?? {});
    this.#query.show(layout, functions);
    this.#shown = selectGroups(this.#groups, layout.query, layout);
    const chosen = this.#chosen();
    // Beside the list there is always one to read.
    const open = chosen ?? (this.#wide && layout.scope === 'step' ? this.#shown[0] : undefined);
    const isEmpty = this.#store.newestRollouts === 0;
    const onlyGroup = !this.#wide && chosen !== undefined;
    this.element.classList.toggle('wide', this.#wide && !isEmpty);
    this.#picker.element.hidden = isEmpty;
    this.#query.element.hidden = isEmpty;
    this.#listPane.hidden = onlyGroup;
    this.#open.element.hidden = this.#wide ? isEmpty : !onlyGroup;
    this.#showList(open, chosen !== undefined);
    const order = layout.scope === 'all' ? [] : this.#shown;
    // What is open stays until the step of the next one is here.
    const waits = layout.group !== null && !this.#isHere;
    if (main && !waits) this.#open.show(open, { order, wide: this.#wide, pinned: chosen !== undefined });
  }

  /** A step that was asked for may not have come yet. */
  get #isHere(): boolean {
    const { layout, rollouts } = this.#store;
    return rollouts !== undefined && rollouts.step === (layout.step ?? rollouts.step);
  }

  /** Why there is nothing yet. */
  get #waiting(): string {
    const { main, stages } = this.#store;
    const stage = spanAt(stages, (main?.columns.lastStep ?? 0) + 1);
    if (!stage || samples(stage.kind)) return 'Completions appear here as soon as the first ones are scored.';
    return `The stage ${stageText(stage)}, learns from demonstrations: the model writes no completions in it.`;
  }

  /** The group that was opened. */
  #chosen(): Group | undefined {
    const { group } = this.#store.layout;
    return this.#isHere ? this.#groups.find(({ index }) => index === group) : undefined;
  }

  #showList(open: Group | undefined, reveal: boolean): void {
    const { layout, rollouts } = this.#store;
    const isAll = layout.scope === 'all' && this.#store.newestRollouts > 0;
    const isEmpty = !isAll && (!rollouts || rollouts.problem !== null || this.#groups.length === 0);
    this.#hits.element.hidden = !isAll || this.#all.hits.length === 0;
    this.#list.element.hidden = isAll || isEmpty;
    this.#problem.hidden = !isEmpty && !(isAll && this.#all.status === '');
    if (isAll) {
      setText(this.#problem, 'Type a text, or set a filter, to search the completions of all steps.');
      this.#hits.show(this.#all.hits, layout.query.text);
      this.#hits.mark(layout.hit);
      this.#query.say(this.#all.status, this.#all.running);
      return;
    }
    if (isEmpty) {
      setText(this.#problem, rollouts?.problem ?? this.#waiting);
      this.#query.say('', false);
      return;
    }
    this.#list.show(this.#shown, this.#groups, layout);
    if (reveal || this.#wide) this.#list.mark(open, reveal);
    const all = this.#groups.length;
    const discarded = this.#groups.filter((group) => group.discarded).length;
    const count = this.#shown.length === all ? `${all} groups` : `${this.#shown.length} of ${all} groups`;
    this.#query.say(discarded > 0 ? `${count} (${discarded} discarded)` : count, false);
  }

  #resize(width: number): void {
    const wide = width >= WIDE;
    if (width === 0 || wide === this.#wide) return;
    this.#wide = wide;
    this.#update();
  }

  #change(change: Partial<RolloutQuery>): void {
    this.#store.setLayout({ query: { ...this.#store.layout.query, ...change } });
  }

  #sort({ id, descending = false }: GroupColumn): void {
    const { layout } = this.#store;
    this.#store.setLayout({ sort: id, descending: layout.sort === id ? !layout.descending : descending });
  }

  /** What is read must not change under the reader: an opened group stays at its step. */
  #openGroup({ index, step }: Group, focus: boolean): void {
    const { layout } = this.#store;
    if (layout.group !== index || layout.step !== step) this.#store.setLayout({ group: index, step, hit: null });
    if (focus) this.#open.focusNext();
  }

  #openHit({ step, group, row }: Hit, focus: boolean): void {
    this.#store.setLayout({ group, step, hit: { step, group, row }, groupView: 'completions' });
    if (focus) this.#open.focusNext();
  }

  /** Back to the list. */
  #close(): void {
    if (!this.#wide) this.#store.setLayout({ group: null, hit: null, groupView: 'completions' });
    const list = this.#store.layout.scope === 'all' ? this.#hits : this.#list;
    requestAnimationFrame(() => requestAnimationFrame(() => list.focus()));
  }

  #leaveSearch(): void {
    if (this.#store.layout.scope === 'all') this.#hits.focus();
    else this.#list.focus();
  }
}
