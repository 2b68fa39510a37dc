import type { RowProblem, SamplesState } from '../../src/protocol/samples-view.ts';
import { el, setChildren, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { badgesOf } from './badges.ts';
import { ColumnList } from './column-list.ts';
import { host } from './host.ts';
import { PromptView } from './prompt-view.ts';
import { ScoreTable, type SetValue } from './score-table.ts';
import type { Sample } from './store.ts';
import { TextField } from './text-field.ts';

export interface DetailContext {
  state: SamplesState;
  search: string;
  prose: boolean;
}

/** One sample with all that is known of it. It is made once: what is focused, selected or written in stays while scores arrive. */
export class SampleDetail {
  readonly element: HTMLElement;
  readonly #title = el('h1', {});
  readonly #badges = el('span', { class: 'badges' });
  readonly #edits = el('span', { class: 'actions' });
  readonly #problems: KeyedList<RowProblem>;
  readonly #prompt: PromptView;
  readonly #completion: TextField;
  readonly #length = el('span', { class: 'muted' });
  readonly #prose: HTMLButtonElement;
  readonly #columns: ColumnList;
  readonly #scores: ScoreTable;
  readonly #sample: HTMLElement;
  readonly #broken = el('pre', { class: 'value' });
  #id = -1;

  constructor(setProse: (prose: boolean) => void, left: () => void) {
    const set: SetValue = (id, path, json) => host.postMessage({ type: 'set', id, path, json });
    const setText = (path: (string | number)[], text: string) => set(this.#id, path, JSON.stringify(text));
    this.#prompt = new PromptView(setText, left);
    this.#completion = new TextField({ name: 'completion', commit: (text) => setText(['completion'], text), left });
    this.#columns = new ColumnList((path, json) => set(this.#id, path, json), left);
    this.#scores = new ScoreTable(set);
    this.#prose = el(
      'button',
      {
        ...{ class: 'flat toggle', title: 'Show the completion in a proportional font' },
        onclick: () => setProse(this.#prose.getAttribute('aria-pressed') !== 'true'),
      },
      'Prose',
    );
    const problems = el('div', { class: 'problems' });
    this.#problems = new KeyedList(problems, ({ code, message }) => `${code} ${message}`, problemRow);
    const action = (label: string, title: string, type: 'duplicate' | 'delete' | 'open-line') =>
      el('button', { class: 'flat', title, onclick: () => host.postMessage({ type, id: this.#id }) }, label);
    this.#edits.append(
      action('Duplicate', 'Add a copy of this sample', 'duplicate'),
      action('Delete', 'Delete this sample (Delete in the list); it can be undone', 'delete'),
    );
    const completion = el(
      'section',
      { 'aria-label': 'Completion' },
      el(
        'div',
        { class: 'section-head' },
        el('h2', {}, 'Completion'),
        this.#length,
        el('span', { class: 'spacer' }),
        this.#prose,
      ),
      this.#completion.element,
    );
    this.#sample = el(
      'div',
      { class: 'parts' },
      this.#prompt.element,
      completion,
      this.#scores.element,
      this.#columns.element,
    );
    this.element = el(
      'div',
      { class: 'detail' },
      el(
        'header',
        {},
        this.#title,
        this.#badges,
        el('span', { class: 'spacer' }),
        this.#edits,
        action('Open Line', 'Show this line as text', 'open-line'),
      ),
      problems,
      this.#broken,
      this.#sample,
    );
  }

  show(sample: Sample, { state, search, prose }: DetailContext): void {
    if (sample.id !== this.#id) this.leave();
    this.#id = sample.id;
    const { view, scores, group } = sample;
    const { editable, functions, stale } = state;
    setText(this.#title, `Line ${sample.line}`);
    this.#showBadges(sample);
    this.#edits.hidden = !editable;
    const own: RowProblem[] =
      view.kind === 'broken' ? [{ code: 'samples', severity: 'error', message: view.problem }] : [];
    // The preview process has the better sentence.
    const said = scores?.problems ?? [];
    this.#problems.show(said.length > 0 ? said : own);
    this.#sample.hidden = view.kind === 'broken';
    this.#broken.hidden = view.kind !== 'broken';
    setText(this.#broken, view.kind === 'broken' ? view.text : '');
    if (view.kind === 'broken') return;
    this.#prompt.show(sample, search, editable);
    this.#completion.show(view.completion, search, editable);
    this.#completion.element.classList.toggle('prose', prose);
    this.#prose.setAttribute('aria-pressed', String(prose));
    setText(this.#length, lengthText(view.completion));
    this.#columns.show(view.columns, search, editable);
    this.#scores.element.classList.toggle('stale', stale);
    this.#scores.show({ id: sample.id, functions, scores, expect: view.expect, search, editable }, group?.why);
  }

  edit(part: 'prompt' | 'completion'): void {
    if (part === 'prompt') this.#prompt.edit();
    else this.#completion.edit();
  }

  /** What is being written goes to the sample that it was written for. */
  leave(): void {
    this.#prompt.leave();
    this.#completion.leave();
    this.#columns.leave();
  }

  #showBadges(sample: Sample): void {
    const badges = badgesOf(sample);
    setChildren(this.#badges, JSON.stringify(badges), () =>
      badges.map(({ text, kind, title }) => el('span', { class: `badge ${kind}`, title }, text)),
    );
  }
}

function problemRow({ severity }: RowProblem): Row<RowProblem> {
  const element = el('p', { class: `problem ${severity}` });
  return { element, update: ({ message }) => setText(element, message) };
}

function lengthText(text: string): string {
  const lines = text.split('\n').length;
  const characters = `${formatCount(text.length)} ${text.length === 1 ? 'character' : 'characters'}`;
  return lines === 1 ? characters : `${characters}, ${formatCount(lines)} lines`;
}
