/** As much of an editor as `Problems` needs: what it marks, and the quick fixes that it offers there. */
import { readFileSync } from 'node:fs';
import type { CodeAction, Diagnostic as RealDiagnostic } from 'vscode';

export class Position {
  readonly line: number;
  readonly character: number;

  constructor(line: number, character: number) {
    this.line = line;
    this.character = character;
  }
}

export class Range {
  readonly start: Position;
  readonly end: Position;

  constructor(...at: [Position, Position] | [number, number, number, number]) {
    [this.start, this.end] = at.length === 2 ? at : [new Position(at[0], at[1]), new Position(at[2], at[3])];
  }

  intersection(other: Range): Range | undefined {
    return this.start.line <= other.end.line && other.start.line <= this.end.line ? other : undefined;
  }
}

export class Diagnostic {
  readonly range: Range;
  readonly message: string;

  constructor(range: Range, message: string) {
    this.range = range;
    this.message = message;
  }
}

class Titled {
  readonly title: string;

  constructor(title: string) {
    this.title = title;
  }
}

export { Titled as CodeAction };

export class WorkspaceEdit {
  readonly edits: unknown[] = [];

  replace(...edit: unknown[]): void {
    this.edits.push(edit);
  }
}

export class RelativePattern {}
export const CodeActionKind = { QuickFix: 'quickfix' };
export const DiagnosticSeverity = { Error: 0 };
export const Uri = { file: (fsPath: string) => ({ fsPath }) };
export const window = {};
const nothing = { dispose() {} };
export const Disposable = { from: () => nothing };
export class EventEmitter {}

const documentOf = (fsPath: string) => {
  const lines = readFileSync(fsPath, 'utf8').split('\n');
  return {
    uri: { fsPath },
    lineAt: (line: number) => ({ text: lines[line] }),
    validatePosition: (position: Position) => position,
    getText: ({ start, end }: Range) => lines[start.line]!.slice(start.character, end.character),
  };
};

export const workspace = {
  openTextDocument: async ({ fsPath }: { fsPath: string }) => documentOf(fsPath),
  onDidChangeTextDocument: () => nothing,
  createFileSystemWatcher: () => ({
    ...nothing,
    ...{ onDidChange: () => nothing, onDidCreate: () => nothing, onDidDelete: () => nothing },
  }),
};

/** What is marked, by file. */
export const marks = new Map<string, RealDiagnostic[]>();
let provide: (document: unknown, range: Range) => CodeAction[] = () => [];

/** The quick fixes at a line, from 1. */
export const fixesAt = (file: string, line: number): CodeAction[] =>
  provide(documentOf(file), new Range(line - 1, 0, line - 1, 0));

export const languages = {
  createDiagnosticCollection: () => ({
    ...nothing,
    set: ({ fsPath }: { fsPath: string }, found: RealDiagnostic[]) => marks.set(fsPath, found),
  }),
  registerCodeActionsProvider: (_: unknown, provider: { provideCodeActions: typeof provide }) => {
    provide = provider.provideCodeActions;
    return nothing;
  },
};
