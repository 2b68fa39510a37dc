import './detail.css';
import { outcomeText } from '../../src/protocol/outcome-text.ts';
import type { PreviewFunction, PreviewOutcome, PreviewResult, PreviewRow } from '../../src/protocol/preview.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { type Child, el, setChildren } from '../dom.ts';
import { formatSigned } from '../format.ts';
import { promptBlock } from '../prompt-block.ts';
import { expectation } from './columns.ts';

export interface DetailActions {
  /** Shows the row in the samples file. */
  open: (row: number) => void;
  close: () => void;
}

/** What is shown of a sample: the result's row, and its other columns as text, once the extension has read them. */
export interface ShownSample {
  index: number;
  result: PreviewResult;
  columns: Readonly<Record<string, string>> | undefined;
}

/** One sample in full: its completion with all line breaks, what each function made of it and why, its prompt and its columns. */
export class SampleDetail {
  readonly element: HTMLElement;
  readonly #actions: DetailActions;

  constructor(actions: DetailActions) {
    this.#actions = actions;
    this.element = el('section', {
      ...{ class: 'sample-detail', tabindex: 0, role: 'region', 'aria-label': 'Sample', hidden: true },
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        actions.close();
      },
    });
  }

  /** Made again only where it says something else, so that a selection in it and its scroll position stay while scores come in. */
  show(sample: ShownSample | undefined): void {
    this.element.hidden = sample === undefined;
    if (!sample) return;
    const { index, result, columns } = sample;
    const row = result.rows[index]!;
    const { prompt, rendered } = result.groups[row.group]!;
    const weights = result.functions.map(({ name, weight, trial }) => [name, weight, trial]);
    const key = JSON.stringify([index, row, prompt, rendered, weights, columns]);
    setChildren(this.element, key, () => [
      this.#head(index, row),
      el('h3', {}, 'Completion'),
      el('pre', { class: 'completion' }, row.completion === '' ? '(empty)' : row.completion),
      el('h3', {}, 'Scores'),
      el('dl', { class: 'scores' }, ...result.functions.map((described) => scoreLine(described, row))),
      ...row.mismatches.map(({ name, expected, actual }) =>
        el('p', { class: 'missed' }, `${name}: expected ${expectation(expected)}, got ${formatNumber(actual)}`),
      ),
      el('h3', {}, 'Prompt'),
      promptBlock(prompt),
      rendered !== null && el('h3', {}, 'Prompt as the model sees it'),
      rendered !== null && promptBlock(rendered),
      ...columnList(columns ?? {}),
    ]);
  }

  #head(index: number, { line, reward, advantage }: PreviewRow): HTMLElement {
    const total = reward === null ? 'no reward' : `total ${formatNumber(reward)}`;
    const { open, close } = this.#actions;
    return el(
      'header',
      { class: 'bar' },
      el('h2', {}, `Line ${line}`),
      el('span', { class: 'muted status' }, `${total} · advantage ${formatSigned(advantage)}`),
      el('button', { class: 'flat', onclick: () => open(index) }, 'Open Line'),
      el('button', { class: 'flat', title: 'Close (Escape)', 'aria-label': 'Close', onclick: () => close() }, '✕'),
    );
  }
}

function scoreLine({ name, weight, trial }: PreviewFunction, { outcomes }: PreviewRow): HTMLElement {
  const outcome = outcomes[name];
  const times = trial ? ' (not counted)' : weight === 1 ? '' : ` × ${formatNumber(weight)}`;
  const kind = outcome?.kind ?? 'missing';
  return el(
    'div',
    {},
    el('dt', {}, name),
    el('dd', { class: kind }, `${outcomeText(outcome, formatNumber)}${times}`),
    el('dd', { class: 'why' }, ...explanation(outcome)),
  );
}

/** What the function found, and why it scored so, or what went wrong. */
function explanation(outcome: PreviewOutcome | undefined): Child[] {
  if (outcome?.kind === 'failure') return [outcome.message];
  if (outcome?.kind !== 'score') return [];
  const { extracted, reason } = outcome;
  const found = extracted !== undefined && el('code', {}, extracted === '' ? '(empty)' : extracted);
  return [found && 'extracted ', found, found && reason !== undefined && ' · ', reason];
}

function columnList(columns: Readonly<Record<string, string>>): Child[] {
  const entries = Object.entries(columns);
  if (entries.length === 0) return [];
  const items = entries.map(([name, text]) => el('div', {}, el('dt', {}, name), el('dd', {}, el('pre', {}, text))));
  return [el('h3', {}, 'Columns'), el('dl', { class: 'sample-columns' }, ...items)];
}
