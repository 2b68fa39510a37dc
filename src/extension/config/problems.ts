import {
  CodeAction,
  CodeActionKind,
  Diagnostic,
  DiagnosticSeverity,
  Disposable,
  languages,
  Position,
  Range,
  type TextDocument,
  Uri,
  window,
  workspace,
} from 'vscode';
import { isMissingModel } from '../../protocol/missing-model.ts';
import type { LocatedMessage } from '../training/located-message.ts';
import { RUN_CONFIGS } from './lenses.ts';

/** What kept runs from starting, at its place in the user's files until these change. */
export class Problems implements Disposable {
  readonly #diagnostics = languages.createDiagnosticCollection('grpo');
  readonly #subscription: Disposable;

  constructor() {
    this.#subscription = Disposable.from(
      this.#diagnostics,
      workspace.onDidChangeTextDocument(({ document }) => this.#diagnostics.delete(document.uri)),
      languages.registerCodeActionsProvider(
        { pattern: RUN_CONFIGS, scheme: 'file' },
        { provideCodeActions: ({ uri }, _range, { diagnostics }) => diagnostics.flatMap((found) => fixes(found, uri)) },
        { providedCodeActionKinds: [CodeActionKind.QuickFix] },
      ),
    );
  }

  /** Without a place of its own it is the config's. */
  async report(problem: LocatedMessage, configFile: string): Promise<void> {
    const uri = Uri.file(problem.file ?? configFile);
    const range = await workspace.openTextDocument(uri).then(
      (document) => tokenAt(document, startOf(problem)),
      // Not a text: the place still says which file.
      () => new Range(startOf(problem), startOf(problem)),
    );
    const diagnostic = new Diagnostic(range, problem.message, DiagnosticSeverity.Error);
    diagnostic.source = 'GRPO';
    this.#diagnostics.set(uri, [diagnostic]);
  }

  clear(): void {
    this.#diagnostics.clear();
  }

  async open(problem: LocatedMessage): Promise<void> {
    if (problem.file === undefined) return;
    const at = startOf(problem);
    await window.showTextDocument(Uri.file(problem.file), { selection: new Range(at, at) });
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

const startOf = ({ line = 1, column = 1 }: LocatedMessage): Position => new Position(line - 1, column - 1);

function fixes(found: Diagnostic, config: Uri): CodeAction[] {
  if (!isMissingModel(found.message)) return [];
  const action = new CodeAction('Get a model…', CodeActionKind.QuickFix);
  action.diagnostics = [found];
  action.command = { title: 'Get a Model', command: 'grpo.getModel', arguments: [config] };
  return [action];
}

/** The string or the word that begins there, to be underlined. */
function tokenAt(document: TextDocument, start: Position): Range {
  const { line, character } = document.validatePosition(start);
  const [token = ''] = /^(?:"(?:[^"\\]|\\.)*"|[\w.]+|\S?)/.exec(document.lineAt(line).text.slice(character)) ?? [];
  return new Range(line, character, line, character + token.length);
}
