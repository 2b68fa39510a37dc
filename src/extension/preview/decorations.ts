import {
  type DecorationOptions,
  Disposable,
  Range,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  window,
} from 'vscode';
import { shorten } from '../../text/visible.ts';
import type { Preview } from './preview.ts';
import type { Previews } from './previews.ts';
import { rowSummary, shortNumber, signalNote, signed } from './words.ts';

const ZERO = 1e-8;
/** In the order in which they stand behind a row. The stale ones keep the numbers and lose the colours. */
const COLORS = {
  values: 'editorCodeLens.foreground',
  up: 'charts.green',
  down: 'charts.red',
  zero: 'editorCodeLens.foreground',
  note: 'editorWarning.foreground',
  failure: 'editorError.foreground',
} as const;
type Part = keyof typeof COLORS;
const PARTS = Object.keys(COLORS) as Part[];

const LONGEST_NOTE = 160;

/** Behind each row of a samples file what the functions give it; behind a line that threw, what it said. */
export class Decorations implements Disposable {
  readonly #previews: Previews;
  readonly #types = new Map<Part, TextEditorDecorationType>();
  readonly #subscription: Disposable;

  constructor(previews: Previews) {
    this.#previews = previews;
    for (const part of PARTS) this.#types.set(part, window.createTextEditorDecorationType({ isWholeLine: false }));
    this.#subscription = Disposable.from(
      ...this.#types.values(),
      previews.onDidChange(() => this.#draw(window.visibleTextEditors)),
      previews.onDidChangeCurrent(() => this.#draw(window.visibleTextEditors)),
      window.onDidChangeVisibleTextEditors((editors) => this.#draw(editors)),
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
      const parts = new Map<Part, DecorationOptions[]>(PARTS.map((part) => [part, []]));
      if (preview?.result) {
        const behind = decorator(editor, preview, parts);
        if (preview.subject.samplesPlace === uri.fsPath) drawRows(preview, behind);
        else {
          drawChanges(preview, uri.fsPath, behind);
          drawFailures(preview, uri.fsPath, behind);
        }
      }
      for (const [part, type] of this.#types) editor.setDecorations(type, parts.get(part)!);
    }
  }
}

type Behind = (line: number, part: Part, text: string) => void;

/** Puts texts behind lines. */
function decorator({ document }: TextEditor, { result }: Preview, parts: Map<Part, DecorationOptions[]>): Behind {
  return (line, part, text) => {
    if (line >= document.lineCount) return;
    const { end } = document.lineAt(line).range;
    const color = new ThemeColor(result?.stale ? 'disabledForeground' : COLORS[part]);
    const fontStyle = result?.stale ? 'italic' : 'normal';
    parts.get(part)!.push({
      range: new Range(end, end),
      renderOptions: { after: { contentText: text, color, fontStyle, margin: '0 0 0 1.5em' } },
    });
  };
}

function drawRows(preview: Preview, behind: Behind): void {
  const { functions, rows, groups } = preview.result!;
  if (functions.length === 0) return;
  const seen = new Set<number>();
  rows.forEach((row, i) => {
    const line = preview.rowLine(i);
    const group = groups[row.group]!;
    behind(line, 'values', rowSummary(row, functions));
    for (const { name, outcome } of failures(row.outcomes))
      behind(line, 'failure', `${name}: ${short(outcome.message)}`);
    // Halfway through, a sum of some says nothing.
    if (functions.some(({ name }) => !row.outcomes[name])) return;
    const part = Math.abs(row.advantage) < ZERO ? 'zero' : row.advantage > 0 ? 'up' : 'down';
    behind(line, part, `advantage ${signed(row.advantage)}`);
    const note = signalNote(group, !seen.has(row.group));
    seen.add(row.group);
    if (note !== '') behind(line, 'note', note);
  });
}

/** What the edit changed, behind the function's name: at once, where lenses take the editor a while to renew. */
function drawChanges(preview: Preview, file: string, behind: Behind): void {
  for (const { described, line } of preview.functionsIn(file)) {
    const saved = preview.savedMeans.get(`${file}#${described.name}`);
    if (saved === undefined || saved === described.mean) continue;
    behind(line, 'values', `mean ${shortNumber(described.mean)}, saved ${shortNumber(saved)}`);
  }
}

/** One text per line, with how many rows it happened on. */
function drawFailures(preview: Preview, file: string, behind: Behind): void {
  const atLines = new Map<number, { message: string; rows: number }>();
  for (const { outcomes } of preview.result!.rows)
    for (const { outcome } of failures(outcomes)) {
      if (outcome.file !== file || outcome.line === undefined) continue;
      const known = atLines.get(outcome.line);
      if (known) known.rows++;
      else atLines.set(outcome.line, { message: outcome.message, rows: 1 });
    }
  for (const [line, { message, rows }] of atLines)
    behind(line - 1, 'failure', `${short(message)} (${rows} ${rows === 1 ? 'sample' : 'samples'})`);
}

const failures = (outcomes: NonNullable<Preview['result']>['rows'][number]['outcomes']) =>
  Object.entries(outcomes).flatMap(([name, outcome]) => (outcome.kind === 'failure' ? [{ name, outcome }] : []));

const short = (text: string): string => shorten(text.split('\n')[0]!, LONGEST_NOTE);
