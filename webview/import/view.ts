import './form.css';
import './prompts.css';
import './import.css';
import { type DatasetSummary, promptsTitle } from '../../src/protocol/dataset-summary.ts';
import type { Problem } from '../../src/protocol/errors.ts';
import type { ImportPicture } from '../../src/protocol/import-view.ts';
import { remedyWords } from '../../src/protocol/remedy.ts';
import { fileName } from '../../src/text/files-by-name.ts';
import { el, setChildren, setText } from '../dom.ts';
import { formatCount } from '../format.ts';
import { ColumnTable } from './columns.ts';
import { type Draft, draftOf, mappingOf } from './draft.ts';
import { setOptions, setValue } from './field.ts';
import { MappingForm } from './form.ts';
import { host } from './host.ts';
import { LengthHistogram } from './lengths.ts';
import { PromptList } from './prompts.ts';
import { WriteBar } from './write-bar.ts';

const BROWSE = '\0browse';

/** *Import Dataset*: the columns, the form for the mapping, and beside it what the model would see. */
export class ImportView {
  readonly element: HTMLElement;
  readonly #title = el('h1', {}, 'Import Dataset');
  readonly #status = el('p', { class: 'muted status', role: 'status' });
  readonly #model: HTMLSelectElement;
  readonly #error = el('p', { class: 'error', role: 'alert', hidden: true });
  readonly #columns = new ColumnTable((column) => this.#form.insert(column));
  readonly #form = new MappingForm((changes) => this.#edit(changes));
  readonly #reset = el('button', { class: 'link', onclick: () => this.#propose() }, 'Reset to Proposal');
  readonly #promptsTitle = el('h2', {});
  readonly #prompts = new PromptList();
  readonly #lengths = new LengthHistogram();
  readonly #notes = el('ul', { class: 'notes' });
  readonly #sides: HTMLElement;
  readonly #write = new WriteBar(() => mappingOf(this.#draft!));
  #picture: ImportPicture | undefined;
  /** Undefined until there is a proposal. */
  #draft: Draft | undefined;
  /** The user has changed the form: a new model's proposal must not overwrite that. */
  #edited = false;
  /** The newest summary with prompts: they stay visible while a template is being typed. */
  #seen: DatasetSummary | undefined;

  constructor() {
    this.#model = el('select', { id: 'model', onchange: () => this.#chooseModel(this.#model.value) });
    const model = el('div', { class: 'model' }, el('label', { for: 'model' }, 'Model'), this.#model);
    const section = (name: string, title: Node, ...children: Node[]) =>
      el('section', { 'aria-label': name }, title, ...children);
    const heading = (text: string) => el('h2', {}, text);
    const mapping = el('div', { class: 'section-head' }, heading('Prompt and answer'), this.#reset);
    const left = el(
      'div',
      { class: 'left' },
      section('Columns', heading('Columns'), this.#columns.element),
      section('Prompt and answer', mapping, this.#form.element),
    );
    const right = el(
      'div',
      // What scrolls must be reachable by the keyboard.
      { class: 'right', role: 'region', 'aria-label': 'Preview', tabindex: 0 },
      section('First prompts', this.#promptsTitle, this.#prompts.element),
      section('Prompt lengths', heading('Lengths'), this.#lengths.element),
      section('Notes', heading('Good to know'), this.#notes),
    );
    this.#sides = el('div', { class: 'sides', hidden: true }, left, right);
    const bar = el('header', { class: 'bar' }, this.#title, this.#status, model);
    this.element = el('main', { class: 'import' }, bar, this.#error, this.#sides, this.#write.element);
    this.#write.element.hidden = true;
  }

  receive(picture: ImportPicture): void {
    this.#picture = picture;
    const { summary, running } = picture;
    if (summary && !running && !this.#edited) this.#draft = draftOf(summary);
    this.#show();
  }

  #edit(changes: Partial<Draft>): void {
    if (!this.#draft || !this.#picture) return;
    this.#draft = { ...this.#draft, ...changes };
    this.#edited = true;
    host.postMessage({ type: 'look', model: this.#picture.model, mapping: mappingOf(this.#draft) });
    this.#show();
  }

  #propose(): void {
    this.#edited = false;
    host.postMessage({ type: 'look', model: this.#picture?.model ?? null, mapping: null });
  }

  #chooseModel(value: string): void {
    const mapping = this.#edited && this.#draft ? mappingOf(this.#draft) : null;
    if (value === BROWSE) {
      setValue(this.#model, this.#picture?.model ?? '');
      host.postMessage({ type: 'browse-model', mapping });
    } else {
      host.postMessage({ type: 'look', model: value || null, mapping });
    }
  }

  #show(): void {
    const { dataset, models, model, running, summary, error } = this.#picture!;
    setText(this.#title, `Import ${fileName(dataset)}`);
    setText(this.#status, statusText(this.#picture!));
    setOptions(this.#model, [
      ...(models.length === 0 || model === null ? ([['', 'None: show plain text']] as [string, string][]) : []),
      ...models.map(({ path, label }): [string, string] => [path, label]),
      [BROWSE, 'Choose a folder…'],
    ]);
    setValue(this.#model, model ?? '');
    this.element.setAttribute('aria-busy', String(running));
    const draft = this.#draft;
    const isThere = summary !== null && draft !== undefined;
    this.#sides.hidden = !isThere;
    this.#write.element.hidden = !isThere;
    this.#reset.hidden = !this.#edited;
    if (!isThere) {
      this.#showError(error);
      return;
    }
    this.#columns.show(summary.columns);
    this.#form.show(draft, summary);
    const isAtField = this.#form.showProblem(summary.problem);
    this.#showError(error ?? (summary.problem && !isAtField ? problemText(summary.problem) : null));
    this.#write.show(this.#picture!);
    if (summary.prompts.length > 0) this.#seen = summary;
    this.element.classList.toggle('stale', summary !== this.#seen || error !== null);
    this.#showPrompts(this.#seen ?? summary);
    setChildren(this.#notes, JSON.stringify(summary.findings), () =>
      summary.findings.map(({ severity, evidence, remedy }) =>
        el('li', { class: severity }, remedy ? `${evidence} ${remedyWords(remedy)}` : evidence),
      ),
    );
    this.#notes.parentElement!.hidden = summary.findings.length === 0;
  }

  #showPrompts({ prompts, model, lengths }: DatasetSummary): void {
    setText(this.#promptsTitle, prompts.length === 0 ? 'Prompts' : promptsTitle({ prompts, model }));
    this.#prompts.show(prompts);
    this.#lengths.show(lengths);
    this.#lengths.element.parentElement!.hidden = lengths === null;
  }

  #showError(error: string | null): void {
    setText(this.#error, error ?? '');
    this.#error.hidden = error === null;
  }
}

function problemText({ message, place }: Problem): string {
  const row = place?.row ?? place?.line;
  return row === undefined ? message : `Row ${row}: ${message}`;
}

function statusText({ running, summary }: ImportPicture): string {
  if (!summary) return running ? 'reading …' : '';
  const { rows, files } = summary;
  const first = `the first ${formatCount(rows.read)}`;
  const total = rows.total === null ? `${first} rows` : `${first} of ${formatCount(rows.total)} rows`;
  const count = rows.total === rows.read ? `${formatCount(rows.read)} rows` : total;
  const parts = [...(files.length > 1 ? [`${files.length} files`] : []), count, `${summary.columns.length} columns`];
  return running ? `${parts.join(' · ')} · looking …` : parts.join(' · ');
}
