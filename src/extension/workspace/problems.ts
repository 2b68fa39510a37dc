import { basename, dirname } from 'node:path';
import {
  CodeAction,
  CodeActionKind,
  Diagnostic,
  DiagnosticSeverity,
  Disposable,
  languages,
  Position,
  Range,
  RelativePattern,
  type TextDocument,
  Uri,
  window,
  workspace,
} from 'vscode';
import { isMissingModel } from '../../protocol/missing-model.ts';
import { RUN_CONFIGS } from './config-links.ts';
import type { LocatedMessage } from './located-message.ts';

/** What kept a run config from being used. */
interface Reported {
  uri: Uri;
  diagnostic: Diagnostic;
  /** Of the file and the config on disk. */
  watchers: Disposable;
}

/** What kept runs from starting, at its place in the user's files, until that file or the config changes: it may name others now. */
export class Problems implements Disposable {
  readonly #diagnostics = languages.createDiagnosticCollection('grpo');
  /** By run config. */
  readonly #reported = new Map<string, Reported>();
  readonly #subscription: Disposable;

  constructor() {
    this.#subscription = Disposable.from(
      this.#diagnostics,
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#changed(document.uri);
      }),
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
    this.clear(configFile);
    const diagnostic = new Diagnostic(range, problem.message, DiagnosticSeverity.Error);
    diagnostic.source = 'GRPO';
    const watchers = Disposable.from(
      ...[...new Set([uri.fsPath, configFile])].map((file) => this.#watch(Uri.file(file))),
    );
    this.#reported.set(configFile, { uri, diagnostic, watchers });
    this.#show(uri);
  }

  /** The config is used again. */
  clear(configFile: string): void {
    const reported = this.#reported.get(configFile);
    if (!reported) return;
    this.#reported.delete(configFile);
    reported.watchers.dispose();
    this.#show(reported.uri);
  }

  async open(problem: LocatedMessage): Promise<void> {
    if (problem.file === undefined) return;
    const at = startOf(problem);
    await window.showTextDocument(Uri.file(problem.file), { selection: new Range(at, at) });
  }

  dispose(): void {
    for (const { watchers } of this.#reported.values()) watchers.dispose();
    this.#subscription.dispose();
  }

  #changed({ fsPath }: Uri): void {
    for (const [config, { uri }] of this.#reported) if (fsPath === config || fsPath === uri.fsPath) this.clear(config);
  }

  #watch(uri: Uri): Disposable {
    const pattern = new RelativePattern(Uri.file(dirname(uri.fsPath)), basename(uri.fsPath));
    const watcher = workspace.createFileSystemWatcher(pattern);
    const changed = () => this.#changed(uri);
    return Disposable.from(
      watcher,
      watcher.onDidChange(changed),
      watcher.onDidCreate(changed),
      watcher.onDidDelete(changed),
    );
  }

  /** Several configs may name one file. */
  #show(uri: Uri): void {
    const here = [...this.#reported.values()].filter((reported) => reported.uri.fsPath === uri.fsPath);
    this.#diagnostics.set(
      uri,
      here.map(({ diagnostic }) => diagnostic),
    );
  }
}

const startOf = ({ line = 1, column = 1 }: LocatedMessage): Position => new Position(line - 1, column - 1);

function fixes(found: Diagnostic, config: Uri): CodeAction[] {
  if (!isMissingModel(found.message)) return [];
  const action = new CodeAction('Get a model…', CodeActionKind.QuickFix);
  action.diagnostics = [found];
  action.command = { title: 'Get Model', command: 'grpo.getModel', arguments: [config] };
  return [action];
}

/** The string or the word that begins there, to be underlined. */
function tokenAt(document: TextDocument, start: Position): Range {
  const { line, character } = document.validatePosition(start);
  const [token = ''] = /^(?:"(?:[^"\\]|\\.)*"|[\w.]+|\S?)/.exec(document.lineAt(line).text.slice(character)) ?? [];
  return new Range(line, character, line, character + token.length);
}
