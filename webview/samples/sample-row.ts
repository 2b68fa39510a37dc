import { outcomeText } from '../../src/protocol/outcome-text.ts';
import { formatNumber, signOf } from '../../src/text/numbers.ts';
import { own } from '../../src/text/own.ts';
import { singleSpaced } from '../../src/text/visible.ts';
import { type Child, el, setChildren, setText } from '../dom.ts';
import { formatSigned } from '../format.ts';
import { hitsOf } from '../hits.ts';
import type { Row } from '../keyed-list.ts';
import { badgesOf } from './badges.ts';
import type { Entry, PromptGroup } from './entries.ts';
import type { Sample } from './store.ts';
import { isScored } from './store.ts';
import { visibleText } from './visible-text.ts';

/** What rows look up: the functions, and what is searched for. */
export interface RowContext {
  functions: readonly { name: string }[];
  search: string;
}

/** So much of a text is before the first hit in it. */
const BEFORE_HIT = 24;
/** Longer than a row is wide. */
const MOST = 400;

/** A row of the list: a heading for a prompt's samples, or a sample. */
export function entryRow(context: () => RowContext): Row<Entry> & { element: HTMLElement } {
  const title = el('span', { class: 'entry-title' });
  const badges = el('span', { class: 'badges' });
  const under = el('span', { class: 'entry-under' });
  // Heard, but not seen: which number is which.
  const [reward, advantage] = ['reward ', 'advantage '].map((text) => el('span', { class: 'visually-hidden' }, text));
  const value = el('span', {});
  const more = el('span', {});
  const element = el(
    'div',
    {},
    title,
    badges,
    el('span', { class: 'entry-value' }, reward, value),
    under,
    el('span', { class: 'entry-more' }, advantage, more),
  );
  const update = (entry: Entry) => {
    const { search, functions } = context();
    const row = entry.kind === 'group' ? groupRow(entry.group) : sampleRow(entry.sample, functions);
    const isPlain = row.under === '' && row.more === '';
    element.className = `entry ${row.kind}${isPlain ? ' plain' : ''}`;
    setChildren(title, JSON.stringify([row.title, search]), () => titleParts(row.title, search));
    setChildren(badges, row.badges.map(({ text }) => text).join('\n'), () =>
      row.badges.map(({ text, kind, title: hint }) => el('span', { class: `badge ${kind}`, title: hint }, text)),
    );
    setText(under, row.under);
    setText(value, row.value);
    setText(more, row.more);
    reward!.hidden = entry.kind === 'group' || row.value === '';
    advantage!.hidden = entry.kind === 'group' || row.more === '';
  };
  return { element, update };
}

interface RowText {
  kind: string;
  title: string;
  badges: ReturnType<typeof badgesOf>;
  under: string;
  value: string;
  more: string;
}

function groupRow({ title, samples, size, scores }: PromptGroup): RowText {
  const count = samples.length === size ? `${size}` : `${samples.length} of ${size}`;
  const has = scores?.signal === 'signal';
  return {
    kind: `heading ${scores && !has ? 'no-signal' : ''}`,
    title: title === '' ? '(empty prompt)' : title,
    badges: [],
    under: scores?.why ?? '',
    value: `${count} ${size === 1 ? 'sample' : 'samples'}`,
    more: scores && scores.mean !== null ? `mean ${formatNumber(scores.mean)}` : '',
  };
}

function sampleRow(sample: Sample, functions: RowContext['functions']): RowText {
  const { view, scores, line } = sample;
  const badges = badgesOf(sample);
  if (view.kind === 'broken')
    return { kind: 'broken', title: view.text, badges, under: `Line ${line}: ${view.problem}`, value: '', more: '' };
  const advantage = isScored(scores) && scores.reward !== null ? scores.advantage : null;
  const sign = signOf(advantage);
  const outcomes = functions.flatMap(({ name }) => {
    const outcome = own(scores?.outcomes, name);
    return outcome ? [`${name} ${outcomeText(outcome, formatNumber)}`] : [];
  });
  return {
    kind: `sample ${sign}`,
    title: view.completion,
    badges,
    under: outcomes.join(' · '),
    value: isScored(scores) ? formatNumber(scores.reward) : '',
    more: advantage === null ? '' : formatSigned(advantage),
  };
}

/** The beginning, or what is around the first hit: a row does not show all of a long text. */
function titleParts(text: string, search: string): Child[] {
  if (text === '') return [el('span', { class: 'muted' }, '(empty)')];
  const line = singleSpaced(text) === '' ? text : singleSpaced(text.slice(0, 20_000));
  const [first] = hitsOf(line, search);
  const start = first && first[0] > BEFORE_HIT * 2 ? first[0] - BEFORE_HIT : 0;
  return [start > 0 && '…', ...visibleText(line.slice(start, start + MOST), search)];
}
