import type { ChatEvent, ListedPrompt, PromptSet } from '../../src/protocol/chat.ts';
import { el, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { host } from '../host.ts';
import { KeyedList } from '../keyed-list.ts';

type Listed = Extract<ChatEvent, { type: 'prompts' }>;
const SETS = { 'held-out': 'Held-out', training: 'Training' } as const satisfies Record<PromptSet, string>;

/** The run's prompts, to ask one with its columns. */
export class PromptPicker {
  readonly element: HTMLElement;
  readonly #search = el('input', {
    type: 'search',
    placeholder: 'Search prompts (/)',
    'aria-label': 'Search prompts',
  });
  readonly #buttons: Record<PromptSet, HTMLElement>;
  readonly #found = el('span', { class: 'muted', role: 'status' });
  readonly #list = el('ul', { class: 'prompt-list', 'aria-label': 'Prompts' });
  readonly #rows: KeyedList<ListedPrompt & { set: PromptSet }>;
  #set: PromptSet = 'held-out';

  constructor(choose: (set: PromptSet, index: number) => void) {
    this.#rows = new KeyedList(
      this.#list,
      ({ set, index }) => `${set} ${index}`,
      ({ set, index, text }) => ({
        element: el('li', {}, el('button', { class: 'flat', onclick: () => choose(set, index) }, text)),
      }),
    );
    const button = (set: PromptSet) => el('button', { class: 'toggle', onclick: () => this.open(set) }, SETS[set]);
    this.#buttons = { 'held-out': button('held-out'), training: button('training') };
    this.#search.addEventListener('input', () => this.#ask());
    this.element = el(
      'section',
      { 'aria-label': 'The run’s prompts', hidden: true },
      el(
        'div',
        { class: 'bar' },
        el('div', { class: 'segments', role: 'group', 'aria-label': 'Prompts' }, ...Object.values(this.#buttons)),
        this.#search,
        this.#found,
      ),
      this.#list,
    );
  }

  /** `set`: with these, else with those that there are. */
  open(set: PromptSet): void {
    this.#set = set;
    this.element.hidden = false;
    this.#ask();
    this.#search.focus();
  }

  close(): void {
    this.element.hidden = true;
  }

  show(prompts: Listed | undefined, counts: Partial<Record<PromptSet, number>>): void {
    for (const set of Object.keys(SETS) as PromptSet[]) {
      this.#buttons[set].hidden = (counts[set] ?? 0) === 0;
      this.#buttons[set].setAttribute('aria-pressed', String(set === this.#set));
    }
    // The answer to an earlier question may come late.
    if (!prompts || prompts.set !== this.#set || prompts.search !== this.#search.value) return;
    const { set, rows, found } = prompts;
    this.#rows.show(rows.map((row) => ({ ...row, set })));
    const most = rows.length < found ? `first ${rows.length} of ${formatCount(found)}` : formatCount(found);
    setText(this.#found, found === 0 ? 'none found' : most);
  }

  #ask(): void {
    host.postMessage({ type: 'chat', command: { type: 'prompts', set: this.#set, search: this.#search.value } });
  }
}
