import {
  type DecorationOptions,
  Disposable,
  Range,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  window,
} from 'vscode';
import type { PreviewRow } from '../../protocol/preview.ts';
import { shorten } from '../../text/visible.ts';
import type { Preview } from './preview.ts';
import type { Previews } from './previews.ts';
import { frontWords, isNoAdvantage, isScored, rowMark, rowSummary, shortNumber, signalNote } from './words.ts';

/** In the order in which they stand behind a row. The stale ones keep the numbers and lose the colours. */
const COLORS = {
  values: 'editorCodeLens.foreground',
  note: 'editorWarning.foreground',
  failure: 'editorError.foreground',
} as const;
type Part = keyof typeof COLORS;
const PARTS = Object.keys(COLORS) as Part[];

const ADVANTAGE_COLORS = { up: 'charts.green', down: 'charts.red', zero: 'editorCodeLens.foreground' } as const;
const MARK_COLORS = {
  failure: 'editorError.foreground',
  missed: 'editorWarning.foreground',
  none: 'editorCodeLens.foreground',
} as const;
/** Of the two parts in front of a row: the same for all, whatever the font makes of their signs, so that the lines behind them are aligned. */
const FRONT_WIDTHS = { advantage: '8ch', total: '10ch' };

const LONGEST_NOTE = 160;
/** Lines beyond the visible ones that are drawn, so that scrolling shows no gaps: a file may have thousands of rows. */
const MARGIN_LINES = 100;

/**
 * In front of each row of a samples file its advantage and total, which are visible however long the line is, and behind it what each function
 * gives it; behind a line that threw, what it said.
 */
export class Decorations implements Disposable {
  readonly #previews: Previews;
  readonly #front = window.createTextEditorDecorationType({ isWholeLine: false });
  readonly #types = new Map<Part, TextEditorDecorationType>();
  readonly #subscription: Disposable;

  constructor(previews: Previews) {
    this.#previews = previews;
    for (const part of PARTS) this.#types.set(part, window.createTextEditorDecorationType({ isWholeLine: false }));
    this.#subscription = Disposable.from(
      this.#front,
      ...this.#types.values(),
      previews.onDidChange(() => this.#draw(window.visibleTextEditors)),
      previews.onDidChangeCurrent(() => this.#draw(window.visibleTextEditors)),
      window.onDidChangeVisibleTextEditors((editors) => this.#draw(editors)),
      window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.#draw([textEditor])),
    );
    this.#draw(window.visibleTextEditors);
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #draw(editors: readonly TextEditor[]): void {
    for (const editor of editors) {
      const { uri } = editor.document;
      if (uri.scheme !== 'file') continue;
      const preview = this.#previews.of(uri.fsPath);
      const drawing = new Drawing(editor, preview?.result?.stale ?? false);
      if (preview?.result) {
        if (preview.subject.samplesPlace === uri.fsPath) drawRows(preview, drawing);
        else {
          drawChanges(preview, uri.fsPath, drawing);
          drawFailures(preview, uri.fsPath, drawing);
        }
      }
      editor.setDecorations(this.#front, drawing.front);
      for (const [part, type] of this.#types) editor.setDecorations(type, drawing.parts.get(part)!);
    }
  }
}

/** What is shown at the visible lines of an editor, and near them. */
class Drawing {
  readonly front: DecorationOptions[] = [];
  readonly parts = new Map<Part, DecorationOptions[]>(PARTS.map((part) => [part, []]));
  readonly #editor: TextEditor;
  readonly #stale: boolean;

  constructor(editor: TextEditor, stale: boolean) {
    this.#editor = editor;
    this.#stale = stale;
  }

  /** Visible lines that have a text, from 0. */
  lines(): number[] {
    const { document, visibleRanges } = this.#editor;
    const lines = visibleRanges.flatMap(({ start, end }) => {
      const first = Math.max(0, start.line - MARGIN_LINES);
      const last = Math.min(document.lineCount - 1, end.line + MARGIN_LINES);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
    return [...new Set(lines)].filter((line) => !document.lineAt(line).isEmptyOrWhitespace);
  }

  behind(line: number, part: Part, text: string): void {
    const { document } = this.#editor;
    if (line >= document.lineCount) return;
    const { end } = document.lineAt(line).range;
    const after = { contentText: text, ...this.#style(COLORS[part]), margin: '0 0 0 1.5em' };
    this.parts.get(part)!.push({ range: new Range(end, end), renderOptions: { after } });
  }

  /** Two texts of one decoration, as the order of two decorations at a place is the editor's. */
  before(line: number, row: PreviewRow | undefined, { advantage, total }: { advantage: string; total: string }): void {
    const direction = !row || isNoAdvantage(row) ? 'zero' : row.advantage > 0 ? 'up' : 'down';
    this.front.push({
      range: new Range(line, 0, line, 0),
      renderOptions: {
        before: {
          ...{ contentText: advantage, width: FRONT_WIDTHS.advantage },
          ...this.#style(ADVANTAGE_COLORS[direction]),
        },
        after: {
          ...{ contentText: total, width: FRONT_WIDTHS.total },
          ...this.#style(MARK_COLORS[row ? rowMark(row) : 'none']),
        },
      },
    });
  }

  #style(color: string): { color: ThemeColor; fontStyle: string } {
    const stale = this.#stale;
    return { color: new ThemeColor(stale ? 'disabledForeground' : color), fontStyle: stale ? 'italic' : 'normal' };
  }
}

function drawRows(preview: Preview, drawing: Drawing): void {
  const { functions, rows, groups } = preview.result!;
  if (functions.length === 0) return;
  const atLines = new Map(rows.map((_, i) => [preview.rowLine(i), i]));
  const firsts = firstRows(rows);
  for (const line of drawing.lines()) {
    const index = atLines.get(line);
    const row = index === undefined ? undefined : rows[index];
    // A line that is no sample yet keeps its place among the others.
    drawing.before(line, row, row ? frontWords(row, functions) : NOTHING);
    if (!row) continue;
    drawing.behind(line, 'values', rowSummary(row, functions));
    for (const { name, outcome } of failures(row.outcomes))
      drawing.behind(line, 'failure', `${name}: ${short(outcome.message)}`);
    // Halfway through, a sum of some says nothing.
    if (!isScored(row, functions)) continue;
    const note = signalNote(groups[row.group]!, firsts.has(row));
    if (note !== '') drawing.behind(line, 'note', note);
  }
}

const NOTHING = { advantage: '', total: '\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0│' };

/** Of each group. */
function firstRows(rows: readonly PreviewRow[]): Set<PreviewRow> {
  const first = new Map<number, PreviewRow>();
  for (const row of rows) if (!first.has(row.group)) first.set(row.group, row);
  return new Set(first.values());
}

/** What the edit changed, behind the function's name: at once, where lenses take the editor a while to renew. */
function drawChanges(preview: Preview, file: string, drawing: Drawing): void {
  for (const { described, line } of preview.functionsIn(file)) {
    const saved = preview.savedMeans.get(`${file}#${described.name}`);
    if (saved === undefined || saved === described.mean) continue;
    drawing.behind(line, 'values', `mean ${shortNumber(described.mean)}, saved ${shortNumber(saved)}`);
  }
}

/** One text per line, with how many rows it happened on. */
function drawFailures(preview: Preview, file: string, drawing: Drawing): void {
  const atLines = new Map<number, { message: string; rows: number }>();
  for (const { outcomes } of preview.result!.rows)
    for (const { outcome } of failures(outcomes)) {
      if (outcome.file !== file || outcome.line === undefined) continue;
      const known = atLines.get(outcome.line);
      if (known) known.rows++;
      else atLines.set(outcome.line, { message: outcome.message, rows: 1 });
    }
  for (const [line, { message, rows }] of atLines)
    drawing.behind(line - 1, 'failure', `${short(message)} (${rows} ${rows === 1 ? 'sample' : 'samples'})`);
}

const failures = (outcomes: PreviewRow['outcomes']) =>
  Object.entries(outcomes).flatMap(([name, outcome]) => (outcome.kind === 'failure' ? [{ name, outcome }] : []));

const short = (text: string): string => shorten(text.split('\n')[0]!, LONGEST_NOTE);
