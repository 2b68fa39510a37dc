import type { SamplesHostMessage, SamplesState } from '../../src/protocol/samples-view.ts';
import { el, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { afterPress } from '../press.ts';
import { VirtualList } from '../virtual-list.ts';
import { Bar } from './bar.ts';
import { SampleDetail } from './detail.ts';
import { EmptyState } from './empty-state.ts';
import { type Entry, entriesOf, sampleKey } from './entries.ts';
import { GroupDetail } from './group-detail.ts';
import { host } from './host.ts';
import { type Layout, restoreLayout } from './layout.ts';
import { entryRow } from './sample-row.ts';
import { type Sample, SampleStore } from './store.ts';
import { commitOpenField } from './text-field.ts';

const ROW_HEIGHT = 44;

/** A samples file as a list, and beside it the sample that is open. */
export class SamplesView {
  readonly element: HTMLElement;
  readonly #store = new SampleStore();
  readonly #bar: Bar;
  readonly #list: VirtualList<Entry>;
  readonly #detail: SampleDetail;
  readonly #group: GroupDetail;
  readonly #empty: EmptyState;
  readonly #status = el('span', { class: 'muted', role: 'status' });
  readonly #note = el('span', {});
  readonly #trust = el(
    'button',
    { class: 'link', onclick: () => host.postMessage({ type: 'trust' }) },
    'Manage Workspace Trust',
  );
  readonly #notes = el('p', { class: 'note' }, this.#note, ' ', this.#trust);
  readonly #refused = el('p', { class: 'note failure', role: 'alert', hidden: true });
  readonly #body: HTMLElement;
  readonly #side: HTMLElement;
  #layout: Layout = restoreLayout(host.getState());
  #entries: Entry[] = [];

  constructor() {
    const toList = () => this.#list.element.focus();
    this.#bar = new Bar(
      (changes) => this.#change(changes),
      () => this.#add(),
      toList,
    );
    this.#list = new VirtualList({
      ...{ label: 'Samples', rowHeight: ROW_HEIGHT },
      key: ({ key }) => key,
      make: () => entryRow(() => ({ functions: this.#store.state.functions, search: this.#layout.search })),
      open: ({ key }) => this.#change({ open: key }),
      activated: ({ key }) => this.#change({ open: key }),
    });
    this.#list.element.addEventListener('keydown', (event) => this.#onListKey(event));
    this.#detail = new SampleDetail((prose) => this.#change({ prose }), toList);
    this.#group = new GroupDetail((prompt) => this.#change({ prompt }));
    this.#empty = new EmptyState(
      () => this.#add(),
      () => this.#change({ search: '', filter: 'all', prompt: null }),
    );
    this.#side = el('div', { class: 'side', role: 'region', 'aria-label': 'Sample' });
    const left = el('div', { class: 'left' }, this.#list.element, el('div', { class: 'foot' }, this.#status));
    this.#body = el('div', { class: 'split' }, left, this.#side);
    this.element = el(
      'main',
      { class: 'samples' },
      this.#bar.element,
      this.#notes,
      this.#refused,
      this.#body,
      this.#empty.element,
    );
    // Before the editor hears of it.
    document.addEventListener('keydown', (event) => this.#onKey(event), true);
    this.#show();
  }

  receive(message: SamplesHostMessage): void {
    if (message.type === 'select') {
      this.#select(message.id, message.edit);
      return;
    }
    this.#refuse(message.type === 'refused' ? message.message : '', message.type === 'lines');
    // What was refused is shown as it is in the file.
    if (message.type !== 'refused') this.#store.receive(message);
    afterPress(this.#draw);
  }

  readonly #draw = (): void => this.#show();

  #refuse(text: string, clear: boolean): void {
    if (text === '' && !clear) return;
    setText(this.#refused, text);
    this.#refused.hidden = text === '';
  }

  #change(changes: Partial<Layout>): void {
    this.#layout = { ...this.#layout, ...changes };
    host.setState(this.#layout);
    this.#show();
  }

  #show(): void {
    const { samples, state, loaded } = this.#store;
    const { search, prompt } = this.#layout;
    const before = this.#list.active;
    this.#entries = entriesOf(samples, this.#layout);
    this.#bar.show(this.#layout, state.functions, state.editable);
    setText(this.#note, state.note ?? '');
    this.#notes.hidden = state.note === null;
    this.#trust.hidden = state.editable;
    this.#list.items = this.#entries;
    const open = this.#entries.findIndex(({ key }) => key === this.#layout.open);
    // What takes the place of what is gone; at first a sample rather than its heading.
    const first = this.#layout.open === null ? this.#entries.findIndex(({ kind }) => kind === 'sample') : before;
    this.#list.active = Math.max(0, open >= 0 ? open : Math.min(first, this.#entries.length - 1));
    const entry = this.#entries[this.#list.active];
    if (entry && open < 0) this.#layout = { ...this.#layout, open: entry.key };
    setText(this.#status, statusText(samples, this.#entries, state));
    this.#empty.show(loaded ? (samples.length === 0 ? 'file' : entry ? 'none' : 'filter') : 'none', state.editable);
    this.#body.hidden = !entry;
    this.#bar.element.hidden = loaded && samples.length === 0;
    this.#showEntry(entry, prompt !== null, search);
  }

  #showEntry(entry: Entry | undefined, only: boolean, search: string): void {
    const { state } = this.#store;
    if (!entry) {
      this.#detail.leave();
      return;
    }
    const shown = entry.kind === 'group' ? this.#group.element : this.#detail.element;
    if (entry.kind === 'group') this.#group.show(entry.group, { editable: state.editable, search, only });
    else this.#detail.show(entry.sample, { state, search, prose: this.#layout.prose });
    if (this.#side.firstChild === shown) return;
    this.#detail.leave();
    this.#side.replaceChildren(shown);
  }

  /** The host has added a line: what hides it is taken away. */
  #select(id: number, edit: 'prompt' | 'completion' | undefined): void {
    const sample = this.#store.samples.find((candidate) => candidate.id === id);
    if (!sample) return;
    const key = sampleKey(sample);
    this.#change({ open: key });
    if (!this.#entries.some((entry) => entry.key === key))
      this.#change({ open: key, search: '', filter: 'all', prompt: null });
    this.#list.reveal(this.#entries.findIndex((entry) => entry.key === key));
    if (edit) this.#detail.edit(edit);
    else this.#list.element.focus();
  }

  /** A sample of the prompt that is open. */
  #add(): void {
    const entry = this.#entries[this.#list.active];
    const sample = entry?.kind === 'group' ? entry.group.samples.at(-1) : entry?.sample;
    const like = sample?.view.kind === 'sample' ? sample.id : null;
    if (this.#store.state.editable) host.postMessage({ type: 'add', like });
  }

  #onListKey(event: KeyboardEvent): void {
    const entry = this.#entries[this.#list.active];
    if (entry?.kind !== 'sample' || !this.#store.state.editable) return;
    const isDelete = event.key === 'Delete' || (event.metaKey && event.key === 'Backspace');
    if (event.key === 'Enter') this.#detail.edit('completion');
    else if (isDelete) host.postMessage({ type: 'delete', id: entry.sample.id });
    else return;
    event.preventDefault();
  }

  #onKey(event: KeyboardEvent): void {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    const isCommand = (ctrlKey || metaKey) && !altKey;
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if ((isCommand && key === 'f') || (key === '/' && !isTyping && !isCommand)) this.#bar.search.select();
    else if (isCommand && key === 's' && isTyping && this.#store.state.editable) {
      // What is being written is saved, too; the focus stays in it.
      commitOpenField();
      if (target instanceof HTMLInputElement) target.blur();
      target.focus();
      host.postMessage({ type: 'save' });
    } else if (key === 'Escape' && !isTyping && this.#side.contains(target as Node)) this.#list.element.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function statusText(samples: readonly Sample[], entries: readonly Entry[], state: SamplesState): string {
  const { length: all } = samples;
  const shown = entries.filter(({ kind }) => kind === 'sample').length;
  const prompts = new Set(samples.flatMap(({ view, promptKey }) => (view.kind === 'sample' ? [promptKey] : [])));
  const counted = `${formatCount(all)} ${all === 1 ? 'sample' : 'samples'}`;
  const parts = [
    shown === all ? counted : `${formatCount(shown)} of ${counted}`,
    `${formatCount(prompts.size)} ${prompts.size === 1 ? 'prompt' : 'prompts'}`,
  ];
  if (state.stale) parts.push('last valid scores');
  else if (state.running) parts.push('scoring …');
  return parts.join(' · ');
}
