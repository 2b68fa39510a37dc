import { outcomeText } from '../../src/protocol/outcome-text.ts';
import type { RewardOutcome } from '../../src/protocol/rewards.ts';
import type { FunctionView, RowScores } from '../../src/protocol/samples-view.ts';
import { formatNumber } from '../../src/text/numbers.ts';
import { own } from '../../src/text/own.ts';
import { type Child, el, setChildren, setText } from '../dom.ts';
import { formatSigned } from '../format.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { type Expected, expectedText, parseExpected } from './expected.ts';
import { host } from './host.ts';
import { signalText } from './signal-text.ts';
import { isScored } from './store.ts';
import { visibleText } from './visible-text.ts';

const TOTAL = 'total';

/** Puts a value into a line, as JSON; null removes it. */
export type SetValue = (id: number, path: (string | number)[], json: string | null) => void;

interface ScoreRow {
  /** The line's. */
  id: number;
  name: string;
  /** Null for the total, and for what no function is called. */
  described: FunctionView | null;
  outcome: RewardOutcome | undefined;
  expected: Expected | undefined;
  missed: boolean;
}

export interface ShownScores {
  id: number;
  functions: readonly FunctionView[];
  scores: RowScores | undefined;
  expect: Record<string, Expected>;
  search: string;
  editable: boolean;
}

/** What each function makes of the sample, why, and what it should make of it. */
export class ScoreTable {
  readonly element: HTMLElement;
  readonly #rows: KeyedList<ScoreRow>;
  readonly #advantage = el('span', { class: 'advantage' });
  readonly #why = el('p', { class: 'muted' });
  readonly #keep: HTMLButtonElement;
  #shown: ShownScores | undefined;

  constructor(set: SetValue) {
    const body = el('tbody', {});
    this.#rows = new KeyedList(
      body,
      // What is typed for one sample is not for the next.
      ({ id, name }) => `${id} ${name}`,
      (row) => this.#row(row, set),
    );
    this.#keep = el('button', { class: 'flat', onclick: () => this.#keepScores(set) }, 'Save as Expected Scores');
    const head = el(
      'thead',
      {},
      el('tr', {}, ...['Function', 'Score', 'Expected', 'Why'].map((text) => el('th', { scope: 'col' }, text))),
    );
    this.element = el(
      'section',
      { 'aria-label': 'Scores' },
      el(
        'div',
        { class: 'section-head' },
        el('h2', {}, 'Scores'),
        this.#advantage,
        el('span', { class: 'spacer' }),
        this.#keep,
      ),
      el('table', { class: 'scores-table' }, head, body),
      this.#why,
    );
  }

  show(shown: ShownScores, why: string | undefined): void {
    this.#shown = shown;
    const { functions, scores, expect, editable } = shown;
    const rows = functions.map(
      (described): ScoreRow => this.#rowOf(described.name, own(scores?.outcomes, described.name), described),
    );
    const others = Object.keys(expect).filter((name) => name !== TOTAL && functions.every((f) => f.name !== name));
    const total: RewardOutcome | undefined = isScored(scores)
      ? scores.reward === null
        ? { kind: 'abstain' }
        : { kind: 'score', score: scores.reward }
      : undefined;
    this.#rows.show([
      ...rows,
      ...others.map((name) => this.#rowOf(name, undefined, null)),
      this.#rowOf(TOTAL, total, null),
    ]);
    setText(
      this.#advantage,
      isScored(scores) && scores.reward !== null ? `advantage ${formatSigned(scores.advantage)}` : '',
    );
    setText(this.#why, signalText(why));
    const kept = Object.entries(keptScores(shown));
    this.#keep.hidden = !editable || kept.every(([name, score]) => own(expect, name) === score);
  }

  #rowOf(name: string, outcome: RewardOutcome | undefined, described: FunctionView | null): ScoreRow {
    const { id, expect, scores } = this.#shown!;
    const missed = scores?.mismatches.some((mismatch) => mismatch.name === name) ?? false;
    return { id, name, described, outcome, expected: own(expect, name), missed };
  }

  #keepScores(set: SetValue): void {
    if (this.#shown) set(this.#shown.id, ['expect'], JSON.stringify(keptScores(this.#shown)));
  }

  #row({ id, name }: ScoreRow, set: SetValue): Row<ScoreRow> {
    const label =
      name === TOTAL
        ? el('span', {})
        : el('button', { class: 'link', onclick: () => host.postMessage({ type: 'open-function', name }) });
    const score = el('td', { class: 'number' });
    const input = expectedInput(name, (json) => set(id, ['expect', name], json));
    const why = el('td', { class: 'why' });
    const element = el('tr', {}, el('th', { scope: 'row' }, label), score, el('td', {}, input.element), why);
    const update = (row: ScoreRow) => {
      const { outcome, described, missed, expected } = row;
      const weight = described && described.weight !== 1 ? ` × ${formatNumber(described.weight)}` : '';
      setText(label, name === TOTAL ? 'Total' : name + weight);
      element.className = [name === TOTAL && 'total', missed && 'missed', outcome?.kind].filter(Boolean).join(' ');
      setText(score, scoreText(row, this.#shown!));
      input.show(expected, this.#shown!.editable);
      const { search } = this.#shown!;
      setChildren(why, JSON.stringify([outcome, search]), () => reasons(outcome, name, search, id));
    };
    return { element, update };
  }
}

/** Without functions, none has been called yet, or none may be. */
function scoreText({ name, described, outcome }: ScoreRow, { functions }: ShownScores): string {
  if (functions.length === 0) return '–';
  if (name !== TOTAL && !described) return 'not called';
  if (name === TOTAL && outcome?.kind === 'abstain') return 'no reward';
  return outcomeText(outcome, formatNumber);
}

/** What functions gave, as what they should give. */
function keptScores({ functions, scores }: ShownScores): Record<string, number> {
  return Object.fromEntries(
    functions.flatMap(({ name }) => {
      const outcome = own(scores?.outcomes, name);
      return outcome?.kind === 'score' ? [[name, outcome.score]] : [];
    }),
  );
}

function reasons(outcome: RewardOutcome | undefined, name: string, search: string, id: number): Child[] {
  if (outcome?.kind === 'failure') {
    const open = () => host.postMessage({ type: 'open-failure', id, name });
    const place = outcome.line === undefined ? 'Open Function' : `line ${outcome.line}`;
    return [
      el('span', { class: 'failure' }, ...visibleText(outcome.message, search)),
      ' ',
      el('button', { class: 'link', onclick: open }, place),
    ];
  }
  if (outcome?.kind !== 'score') return [];
  const { extracted, reason } = outcome;
  const found =
    extracted !== undefined &&
    el('code', { title: 'Extracted' }, ...(extracted === '' ? ['(empty)'] : visibleText(extracted, search)));
  return [
    found && el('span', { class: 'extracted' }, el('span', { class: 'muted' }, 'extracted '), found),
    reason !== undefined && el('span', {}, ...visibleText(reason, search)),
  ];
}

/** What a function should give: a number or a range to type, nothing for no expectation. */
function expectedInput(name: string, set: (json: string | null) => void) {
  let shown = '';
  const commit = () => {
    if (input.value === shown) return say('');
    try {
      const expected = parseExpected(input.value);
      say('');
      set(expected === null ? null : JSON.stringify(expected));
      shown = input.value;
    } catch (error) {
      say((error as Error).message);
    }
  };
  const input = el('input', {
    ...{ class: 'expected', 'aria-label': `Expected score of ${name}`, placeholder: '–', spellcheck: 'false' },
    onblur: commit,
    onkeydown: (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)) event.stopPropagation();
      if (event.key === 'Enter') commit();
      if (event.key !== 'Escape') return;
      input.value = shown;
      say('');
    },
  });
  const problem = el('p', { class: 'failure', role: 'alert', hidden: true });
  const say = (text: string) => {
    setText(problem, text);
    problem.hidden = text === '';
    input.setAttribute('aria-invalid', String(text !== ''));
  };
  return {
    element: el('div', {}, input, problem),
    /** What is being typed is left alone. */
    show(expected: Expected | undefined, editable: boolean) {
      const text = expectedText(expected);
      if (input.value === shown) input.value = text;
      shown = text;
      input.readOnly = !editable;
    },
  };
}
