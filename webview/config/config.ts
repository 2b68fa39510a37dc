import './config.css';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { HostMessage } from '../../src/protocol/dashboard.ts';
import { type Child, el, setChildren, setText } from '../dom.ts';
import { host, onMessage } from '../host.ts';
import type { ShownRun, Store } from '../store.ts';
import { withCode } from '../with-code.ts';
import { aboutFacts, inputFacts, runFacts, sourceFacts } from './facts.ts';
import { type ConfigRow, type ConfigSection, configSectionsOf, searchSections } from './rows.ts';

type Facts = Extract<HostMessage, { type: 'configFacts' }>;

const NO_FACTS: Facts = { type: 'configFacts', configFile: '', fields: [], versions: {}, sources: [] };

/** What the run really ran with, and two ways to run it again. */
export class Config {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #fields = el('div', { class: 'config-fields', tabindex: 0, role: 'region', 'aria-label': 'Fields' });
  readonly #facts = el('div', { class: 'config-facts' });
  readonly #search = el('input', {
    type: 'search',
    placeholder: 'Search fields (/)',
    'aria-label': 'Search fields',
    oninput: () => this.#showFields(),
  });
  readonly #changedOnly = el('input', {
    type: 'checkbox',
    id: 'config-changed',
    onchange: () => this.#store.setLayout({ changedFields: this.#changedOnly.checked }),
  });
  readonly #copy = el('button', { class: 'flat', onclick: () => void this.#copyJson() }, 'Copy as JSON');
  readonly #copied = el('span', { class: 'visually-hidden', role: 'status' });
  #told: Facts = NO_FACTS;

  constructor(store: Store) {
    this.#store = store;
    const run = (label: string, command: 'editAndRunAgain' | 'runAgain', secondary: boolean) =>
      el('vscode-button', { secondary, onclick: () => host.postMessage({ type: 'configCommand', command }) }, label);
    this.element = el(
      'div',
      { class: 'config' },
      el(
        'div',
        { class: 'bar toolbar', role: 'toolbar', 'aria-label': 'Config' },
        this.#search,
        el('label', { class: 'check', for: 'config-changed' }, this.#changedOnly, 'Hide defaults'),
        el('span', { class: 'spacer' }),
        el('button', { class: 'flat', onclick: () => host.postMessage({ type: 'openConfig' }) }, 'Open Config'),
        this.#copy,
        this.#copied,
        el(
          'span',
          { class: 'bar' },
          run('Run Again', 'runAgain', true),
          run('Edit and Run Again', 'editAndRunAgain', false),
        ),
      ),
      el('div', { class: 'config-columns' }, this.#fields, this.#facts),
    );
    let seen = false;
    store.subscribe((changes) => {
      const { tab, changedFields } = store.layout;
      const visible = tab === 'config' && store.main !== undefined;
      // What the files are today may have changed each time that someone looks.
      if (visible && (!seen || changes.has('head'))) host.postMessage({ type: 'readConfig' });
      seen = visible;
      this.#changedOnly.checked = changedFields;
      if (visible && (changes.has('head') || changes.has('layout'))) this.#show();
    });
    onMessage('configFacts', (facts) => {
      this.#told = facts;
      this.#show();
    });
  }

  #show(): void {
    const { main } = this.#store;
    if (!main) return;
    this.#showFields();
    const { head } = main;
    const { versions, sources } = this.#told;
    const { about, inputs, rewardSources, createdAt, device } = head;
    const key = JSON.stringify([about, inputs, rewardSources, createdAt, device, versions, sources]);
    setChildren(this.#facts, key, () =>
      [aboutFacts(head), sourceFacts(head, sources), inputFacts(head), runFacts(head, versions)].map((children) =>
        el('section', {}, ...children),
      ),
    );
  }

  #showFields(): void {
    const { main, layout } = this.#store;
    if (!main || this.#told === NO_FACTS) return;
    const all = configSectionsOf(main.head, this.#told.fields, this.#told.configFile);
    const search = { search: this.#search.value, changedOnly: layout.changedFields };
    const sections = searchSections(all, search);
    setChildren(this.#fields, JSON.stringify(sections), () =>
      sections.length > 0 ? sections.map(sectionTable) : [el('p', { class: 'muted' }, noneText(main, search))],
    );
  }

  async #copyJson(): Promise<void> {
    const { main } = this.#store;
    if (!main) return;
    await navigator.clipboard.writeText(JSON.stringify(main.head.config, null, 2));
    setText(this.#copied, 'Copied.');
    setText(this.#copy, 'Copied');
    setTimeout(() => setText(this.#copy, 'Copy as JSON'), 2000);
  }
}

const noneText = ({ head }: ShownRun, { search, changedOnly }: { search: string; changedOnly: boolean }): string =>
  search.trim() === '' && changedOnly
    ? `All fields of ${head.name} have their defaults.`
    : `No field matches "${search.trim()}"${changedOnly ? ' among those that differ from their defaults' : ''}.`;

function sectionTable({ title, rows }: ConfigSection): Child {
  return el('table', { class: 'config-table' }, el('caption', {}, title), el('tbody', {}, ...rows.map(fieldRow)));
}

function fieldRow({ name, value, description, isDefault, history }: ConfigRow): HTMLElement {
  const was = history.map((text) => el('div', { class: 'changed' }, text));
  return el(
    'tr',
    { class: isDefault ? 'default' : 'set', title: description.replaceAll('`', '') },
    el('th', { scope: 'row' }, name),
    el('td', { class: 'value' }, value, isDefault && el('span', { class: 'visually-hidden' }, ' (default)'), ...was),
    el('td', { class: 'description' }, el('div', {}, ...withCode(description))),
  );
}
