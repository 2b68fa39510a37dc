import './code-diffs.css';
import { groupBy } from '../../src/text/group-by.ts';
import { el } from '../dom.ts';
import { host, onMessage } from '../host.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import type { ShownRun } from '../store.ts';
import { type DiffLine, lineDiff } from './line-diff.ts';

/** More changed lines are read in VS Code's own editor. */
const MOST_INLINE = 60;

/** A reward file whose code is another in these runs than in the first one. */
interface CodeDifference {
  name: string;
  sha256: string;
  /** Those that have this code. */
  folders: string[];
  labels: string[];
  text: CodeTexts | undefined;
}

interface CodeTexts {
  own: string | null;
  other: string | null;
}

/** The reward code that differs from this run's, as diffs. */
export class CodeDiffs {
  readonly element = el('div', { class: 'code-diffs' });
  readonly #list = new KeyedList<CodeDifference>(this.element, ({ name, sha256 }) => `${name}\n${sha256}`, diffRow);
  /** By file and hash: a run's code does not change under it. */
  readonly #texts = new Map<string, CodeTexts>();
  readonly #asked = new Set<string>();
  #runs: readonly ShownRun[] = [];

  constructor() {
    onMessage('rewardCode', ({ folder, name, own, other }) => {
      const source = this.#runs.find(({ head }) => head.folder === folder)?.head.rewardSources?.find(named(name));
      if (!source) return;
      this.#texts.set(this.#key(name, source.sha256), { own, other });
      this.show(this.#runs);
    });
  }

  show(runs: readonly ShownRun[]): void {
    this.#runs = runs;
    this.#list.show(this.#differences());
  }

  #differences(): CodeDifference[] {
    const [main, ...others] = this.#runs;
    return (main?.head.rewardSources ?? []).flatMap((own) => {
      const byHash = groupBy(
        others.filter(({ head }) => {
          const source = head.rewardSources?.find(named(own.name));
          return source !== undefined && source.sha256 !== own.sha256;
        }),
        ({ head }) => head.rewardSources!.find(named(own.name))!.sha256,
      );
      return [...byHash].map(([sha256, alike]): CodeDifference => {
        const folders = alike.map(({ head }) => head.folder);
        const text = this.#texts.get(this.#key(own.name, sha256));
        if (!text) this.#ask(folders[0]!, own.name, sha256);
        return { name: own.name, sha256, folders, labels: alike.map(({ head }) => head.name), text };
      });
    });
  }

  #ask(folder: string, name: string, sha256: string): void {
    const key = this.#key(name, sha256);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    host.postMessage({ type: 'rewardCode', folder, name });
  }

  /** The code of this run, too, may become another: it is changed between two sessions. */
  #key(name: string, sha256: string): string {
    const own = this.#runs[0]?.head.rewardSources?.find(named(name))?.sha256;
    return [name, own, sha256].join('\n');
  }
}

const named =
  (wanted: string) =>
  ({ name }: { name: string }): boolean =>
    name === wanted;

function diffRow(): Row<CodeDifference> {
  const heading = el('h2');
  const body = el('div');
  const count = el('span', { class: 'muted' });
  let shown: CodeDifference | undefined;
  let drawn: CodeTexts | undefined;
  const open = () => shown && host.postMessage({ type: 'rewardDiff', folder: shown.folders[0]!, name: shown.name });
  const button = el('button', { class: 'flat', onclick: open }, 'Show Diff');
  const update = (difference: CodeDifference) => {
    shown = difference;
    const { name, labels, text } = difference;
    const title = `${name}: this run → ${labels.join(', ')}`;
    if (heading.textContent !== title) heading.textContent = title;
    button.setAttribute('aria-label', `Show Diff of ${name} with ${labels.join(', ')}`);
    if (text === drawn || !text) return;
    drawn = text;
    const hunks = text.own === null || text.other === null ? undefined : lineDiff(text.own, text.other);
    const [removed, added] = ['-', '+'].map((kind) => hunks?.flat().filter((line) => line.kind === kind).length ?? 0);
    button.hidden = text.own === null || text.other === null;
    count.textContent = button.hidden
      ? 'A copy of this code is missing in its run folder.'
      : hunks
        ? `${added} added, ${removed} removed`
        : 'too many changes to show here';
    body.replaceChildren(...(hunks && added! + removed! <= MOST_INLINE ? [diffText(title, hunks)] : []));
  };
  const element = el('section', { class: 'code-diff' }, el('header', { class: 'bar' }, heading, count, button), body);
  return { element, update };
}

/** A unified diff; signs and words for those who see no colors. */
function diffText(title: string, hunks: readonly DiffLine[][]): HTMLElement {
  const drawn = hunks.map((hunk) => el('div', { class: 'hunk' }, ...hunk.map(diffLine)));
  return el('div', { class: 'diff', role: 'region', tabindex: 0, 'aria-label': title }, ...drawn);
}

function diffLine({ kind, text, from, to }: DiffLine): HTMLElement {
  const name = { ' ': 'same', '-': 'removed', '+': 'added' }[kind];
  return el(
    'div',
    { class: `diff-line ${name}` },
    el('span', { class: 'line-number', 'aria-hidden': true }, String(from ?? '')),
    el('span', { class: 'line-number', 'aria-hidden': true }, String(to ?? '')),
    el('span', { class: 'sign' }, kind === ' ' ? ' ' : kind === '-' ? '−' : '+'),
    el('span', { class: 'line-text' }, text),
  );
}
