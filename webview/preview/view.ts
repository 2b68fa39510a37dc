import './preview.css';
import type { PreviewFunction, PreviewResult } from '../../src/protocol/preview.ts';
import type { PreviewColumns, PreviewPicture } from '../../src/protocol/preview-view.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { el, setText } from '../dom.ts';
import { KeyedList } from '../keyed-list.ts';
import { afterPress } from '../press.ts';
import { FILTERS, formatMilliseconds, scoreOf } from './columns.ts';
import { SampleDetail } from './detail.ts';
import { followRow } from './follow-row.ts';
import { type Distribution, distributionSection } from './histogram.ts';
import { host, type Layout, restoreLayout } from './host.ts';
import { SampleTable } from './table.ts';

/** The *Reward Preview*: what each function gives each sample. */
export class PreviewView {
  readonly element: HTMLElement;
  readonly #title = el('h1', {});
  readonly #status = el('p', { class: 'muted status', role: 'status' });
  readonly #note = el('p', { class: 'note', role: 'status', hidden: true });
  readonly #histograms = el('div', { class: 'histograms' });
  readonly #distributions = new KeyedList<Distribution>(this.#histograms, ({ key }) => key, distributionSection);
  readonly #search: HTMLInputElement;
  readonly #filter: HTMLSelectElement;
  readonly #table: SampleTable;
  readonly #detail: SampleDetail;
  /** The row that is shown in full. */
  #chosen: number | undefined;
  #columns: PreviewColumns | undefined;
  #layout: Layout = restoreLayout();
  #picture: PreviewPicture | undefined;

  constructor() {
    this.#search = el('input', {
      ...{
        type: 'search',
        placeholder: 'Find in samples',
        'aria-label': 'Find in samples',
        value: this.#layout.search,
      },
      oninput: () => this.#change({ search: this.#search.value }),
    });
    this.#filter = el(
      'select',
      { 'aria-label': 'Samples to show', onchange: () => this.#change({ filter: this.#filter.value }) },
      ...Object.entries(FILTERS).map(([value, { label }]) => el('option', { value }, label)),
    );
    this.#filter.value = this.#layout.filter in FILTERS ? this.#layout.filter : 'all';
    this.#table = new SampleTable(
      (sort) =>
        // Numbers are looked at from the largest on.
        this.#change({ sort, descending: sort === this.#layout.sort ? !this.#layout.descending : sort !== 'line' }),
      // Once more opens the line.
      (row) => (row === this.#chosen ? openLine(row) : this.#choose(row)),
      (row) => this.#chosen !== undefined && this.#choose(row),
    );
    const close = () => {
      this.#choose(undefined);
      this.#table.element.focus();
    };
    this.#detail = new SampleDetail({ open: openLine, close });
    this.#table.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#chosen !== undefined) close();
    });
    const samples = el(
      'div',
      { class: 'samples-and-detail' },
      el('div', { class: 'samples' }, this.#histograms, this.#table.element),
      this.#detail.element,
    );
    const bar = el('div', { class: 'bar' }, this.#title, this.#status, this.#search, this.#filter);
    this.element = el('main', { class: 'preview' }, bar, this.#note, samples);
    this.#show();
  }

  receive(update: PreviewPicture | PreviewColumns): void {
    if (update.type === 'columns') this.#columns = update;
    else {
      const before = this.#picture?.result;
      this.#picture = update;
      this.#choose(followRow(this.#chosen, before, update.result));
    }
    afterPress(this.#draw);
  }

  readonly #draw = (): void => this.#show();

  #change(changes: Partial<Layout>): void {
    this.#layout = { ...this.#layout, ...changes };
    host.setState(this.#layout);
    this.#show();
  }

  /** Shows a row in full. Its columns are asked for again with every picture: they are as much part of what is edited as the rest. */
  #choose(row: number | undefined): void {
    if (row !== this.#chosen) this.#columns = undefined;
    this.#chosen = row;
    if (row !== undefined) host.postMessage({ type: 'show-row', row });
    this.#showDetail();
  }

  #showDetail(): void {
    const { result } = this.#picture ?? noPicture;
    const index = this.#chosen;
    const columns = this.#columns?.row === index ? this.#columns?.columns : undefined;
    this.#detail.show(index === undefined || !result ? undefined : { index, result, columns });
  }

  #show(): void {
    this.#showDetail();
    const { title, note, result, running } = this.#picture ?? noPicture;
    setText(this.#title, title ?? 'Reward Preview');
    const counts = this.#table.show(result ?? undefined, this.#layout, this.#chosen);
    setText(this.#status, result ? statusText(result, counts, running) : running ? 'scoring …' : '');
    setText(this.#note, note ?? '');
    this.#note.hidden = note === null;
    for (const element of [this.#search, this.#filter, this.#table.element, this.#histograms]) element.hidden = !result;
    this.element.classList.toggle('stale', result?.stale ?? false);
    if (result) this.#showHistograms(result);
  }

  #showHistograms({ functions, rows }: PreviewResult): void {
    const scored = functions.map((described): Distribution => {
      const { name, file } = described;
      const values = rows.flatMap(({ outcomes }) => scoreOf(outcomes[name]) ?? []);
      const open = () => host.postMessage({ type: 'open-function', name });
      return { key: `${file}#${name}`, name, values, text: functionText(described), open };
    });
    const totals = rows.flatMap(({ reward }) => reward ?? []);
    const total = { key: 'total', name: 'Total', values: totals, text: 'weighted sum', open: null };
    this.#distributions.show([...scored, total]);
  }
}

const openLine = (row: number): void => host.postMessage({ type: 'open-row', row });

const noPicture = { title: null, note: null, result: null, running: false };

function statusText(
  { stale, seconds }: PreviewResult,
  counts: { all: number; shown: number },
  running: boolean,
): string {
  const samples = counts.shown === counts.all ? `${counts.all} samples` : `${counts.shown} of ${counts.all} samples`;
  if (stale) return `${samples} · last valid scores`;
  return `${samples} · ${running ? 'scoring …' : formatMilliseconds(seconds)}`;
}

function functionText({ mean, std, abstained, failed, seconds, weight, trial }: PreviewFunction): string {
  const parts = [`mean ${formatNumber(mean)}`];
  if (std !== null) parts.push(`± ${formatNumber(std)}`);
  if (trial) parts.push('not counted');
  if (weight !== 1) parts.push(`weight ${formatNumber(weight)}`);
  if (abstained > 0) parts.push(`${abstained} abstain`);
  if (failed > 0) parts.push(`${failed} failed`);
  return `${parts.join(' · ')} · ${formatMilliseconds(seconds)}`;
}
