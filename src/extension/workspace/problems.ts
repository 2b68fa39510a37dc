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
  WorkspaceEdit,
  window,
  workspace,
} from 'vscode';
import type { Problem, SourceLocation } from '../../protocol/errors.ts';
import { setWords } from '../../protocol/remedy.ts';
import { RUN_CONFIGS } from './find-files.ts';
import { placeToOpen, wordsBesidePlace } from './problem-place.ts';
import { setField } from './set-field.ts';
import { watchFiles } from './watch-files.ts';

/** What kept a run config from being used. */
interface Reported {
  uri: Uri;
  diagnostic: Diagnostic;
  problem: Problem;
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
        { provideCodeActions: (document, range) => this.#fixes(document, range) },
        { providedCodeActionKinds: [CodeActionKind.QuickFix] },
      ),
    );
  }

  /** Without a place of its own it is the config's. */
  async report(problem: Problem, configFile: string): Promise<void> {
    const place = placeToOpen(problem) ?? { file: configFile };
    const uri = Uri.file(place.file);
    const range = await workspace.openTextDocument(uri).then(
      (document) => tokenAt(document, startOf(place)),
      // Not a text: the place still says which file.
      () => new Range(startOf(place), startOf(place)),
    );
    this.clear(configFile);
    const diagnostic = new Diagnostic(range, wordsBesidePlace(problem), DiagnosticSeverity.Error);
    diagnostic.source = 'GRPO';
    if (problem.kind) diagnostic.code = problem.kind;
    const watchers = Disposable.from(
      ...[...new Set([uri.fsPath, configFile])].map((file) => this.#watch(Uri.file(file))),
    );
    this.#reported.set(configFile, { uri, diagnostic, problem, watchers });
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

  async open(place: SourceLocation | undefined): Promise<void> {
    if (!place) return;
    const at = startOf(place);
    await window.showTextDocument(Uri.file(place.file), { selection: new Range(at, at) });
  }

  dispose(): void {
    for (const { watchers } of this.#reported.values()) watchers.dispose();
    this.#subscription.dispose();
  }

  #fixes(document: TextDocument, range: Range): CodeAction[] {
    return [...this.#reported.values()]
      .filter(({ uri, diagnostic }) => uri.fsPath === document.uri.fsPath && diagnostic.range.intersection(range))
      .flatMap(({ diagnostic, problem }) => fixOf(problem, diagnostic, document) ?? []);
  }

  #changed({ fsPath }: Uri): void {
    for (const [config, { uri }] of this.#reported) if (fsPath === config || fsPath === uri.fsPath) this.clear(config);
  }

  #watch(uri: Uri): Disposable {
    const pattern = new RelativePattern(Uri.file(dirname(uri.fsPath)), basename(uri.fsPath));
    return watchFiles(pattern, () => this.#changed(uri));
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

const startOf = ({ line = 1, column = 1 }: SourceLocation): Position => new Position(line - 1, column - 1);

/** What the editor can do about a problem, or helps with. */
function fixOf({ remedy }: Problem, diagnostic: Diagnostic, document: TextDocument): CodeAction | undefined {
  switch (remedy?.action) {
    case 'get-model': {
      const action = quickFix('Get a model…', diagnostic);
      action.command = { title: 'Get Model', command: 'grpo.getModel', arguments: [document.uri] };
      return action;
    }
    case 'edit': {
      // As JSON, that is quoted; what is underlined may have been written otherwise.
      if (document.getText(diagnostic.range) !== JSON.stringify(remedy.from)) return undefined;
      const action = quickFix(`Change to "${remedy.to}"`, diagnostic);
      action.isPreferred = true;
      action.edit = new WorkspaceEdit();
      action.edit.replace(document.uri, diagnostic.range, JSON.stringify(remedy.to));
      return action;
    }
    case 'set': {
      const action = quickFix(setWords(remedy), diagnostic);
      action.isPreferred = true;
      action.edit = setField(document, remedy);
      return action;
    }
    // Not to be done in a config.
    case 'fix-reward':
    case 'resume':
    case undefined:
      return undefined;
    default:
      return remedy satisfies never;
  }
}

function quickFix(title: string, diagnostic: Diagnostic): CodeAction {
  const action = new CodeAction(title, CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  return action;
}

/** The string or the word that begins there, to be underlined. */
function tokenAt(document: TextDocument, start: Position): Range {
  const { line, character } = document.validatePosition(start);
  const [token = ''] = /^(?:"(?:[^"\\]|\\.)*"|[\w.]+|\S?)/.exec(document.lineAt(line).text.slice(character)) ?? [];
  return new Range(line, character, line, character + token.length);
}
