import type { LinesChange, LineView } from '../../protocol/samples-view.ts';
import { lineView } from './sample-line.ts';

interface Line {
  text: string;
  view: LineView;
}

/** The lines of a samples file. Each has an id, which it keeps when it is edited and when others come and go. */
export class SampleLines {
  #lines: Line[] = [];
  #nextId = 1;

  /** Of a line, from 0. */
  idAt(line: number): number | undefined {
    return this.#lines[line]?.view.id;
  }

  /** Where a line is now, from 0; undefined when it is gone. */
  lineOf(id: number): number | undefined {
    const line = this.#lines.findIndex(({ view }) => view.id === id);
    return line < 0 ? undefined : line;
  }

  /** All lines, for someone who knows none. */
  get all(): LinesChange {
    return { type: 'lines', at: 0, removed: 0, lines: this.#lines.map(({ view }) => view) };
  }

  /** Takes the file's lines as they are now; gives what has changed, undefined when nothing has. */
  update(texts: readonly string[]): LinesChange | undefined {
    const before = this.#lines;
    let at = 0;
    while (at < before.length && at < texts.length && before[at]!.text === texts[at]) at++;
    let end = 0;
    const most = Math.min(before.length, texts.length) - at;
    while (end < most && before[before.length - 1 - end]!.text === texts[texts.length - 1 - end]) end++;
    const old = before.slice(at, before.length - end);
    const changed = texts.slice(at, texts.length - end);
    if (old.length + changed.length === 0) return undefined;
    const lines = this.#recognize(old, changed);
    this.#lines = [...before.slice(0, at), ...lines, ...before.slice(before.length - end)];
    const known = new Set(old);
    const sent = lines.map((line) => (known.has(line) ? line.view.id : line.view));
    return { type: 'lines', at, removed: old.length, lines: sent };
  }

  /** Lines of the same text are the same ones; the others are taken for edits of those that are missing, in order. */
  #recognize(old: readonly Line[], texts: readonly string[]): Line[] {
    const byText = new Map<string, Line[]>();
    for (const line of old) {
      const same = byText.get(line.text);
      if (same) same.push(line);
      else byText.set(line.text, [line]);
    }
    const same = texts.map((text) => byText.get(text)?.shift());
    const kept = new Set(same);
    const missing = old.filter((line) => !kept.has(line));
    return texts.map((text, index) => {
      const id = () => missing.shift()?.view.id ?? this.#nextId++;
      return same[index] ?? { text, view: lineView(text, id()) };
    });
  }
}
