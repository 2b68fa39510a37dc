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
import type { Finding } from '../../protocol/finding.ts';
import { type Remedy, setWords } from '../../protocol/remedy.ts';
import { editOf } from './edit-config.ts';
import { EXPERIMENTS, RUN_CONFIGS } from './find-files.ts';
import { placeToOpen, wordsBesidePlace } from './problem-place.ts';
import { watchFiles } from './watch-files.ts';

/** Something about a run config to be shown at its place. */
interface Entry {
  uri: Uri;
  diagnostic: Diagnostic;
  remedy: Remedy | undefined;
}

/** What was said of a run config. */
interface Reported {
  entries: Entry[];
  /** Of the files and the config on disk. */
  watchers: Disposable;
}

/**
 * What kept runs from starting, and what checks have found, at its place in the user's files, until such a file or the config changes: it
 * may name others now.
 */
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
        [RUN_CONFIGS, EXPERIMENTS].map((pattern) => ({ pattern, scheme: 'file' })),
        { provideCodeActions: (document, range) => this.#fixes(document, range) },
        { providedCodeActionKinds: [CodeActionKind.QuickFix] },
      ),
    );
  }

  /** What kept a config from being used. Without a place of its own it is the config's. */
  async report(problem: Problem, configFile: string): Promise<void> {
    const entry = await entryOf({ ...problem, severity: 'error', code: problem.kind }, configFile);
    this.#report([entry], configFile);
  }

  /** What a check has found, all at once. */
  async reportFindings(findings: readonly Finding[], configFile: string): Promise<void> {
    const entries = findings.map(({ kind: code, evidence: message, ...finding }) =>
      entryOf({ ...finding, code, message }, configFile),
    );
    this.#report(await Promise.all(entries), configFile);
  }

  /** The config is used again. */
  clear(configFile: string): void {
    const reported = this.#reported.get(configFile);
    if (!reported) return;
    this.#reported.delete(configFile);
    reported.watchers.dispose();
    for (const { uri } of reported.entries) this.#show(uri);
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
    return this.#entriesOf(document.uri)
      .filter(({ diagnostic }) => diagnostic.range.intersection(range))
      .flatMap((entry) => fixOf(entry, document) ?? []);
  }

  #changed({ fsPath }: Uri): void {
    for (const [config, { entries }] of this.#reported)
      if (fsPath === config || entries.some(({ uri }) => uri.fsPath === fsPath)) this.clear(config);
  }

  #report(entries: Entry[], configFile: string): void {
    this.clear(configFile);
    if (entries.length === 0) return;
    const files = new Set([configFile, ...entries.map(({ uri }) => uri.fsPath)]);
    const watchers = Disposable.from(...[...files].map((file) => this.#watch(Uri.file(file))));
    this.#reported.set(configFile, { entries, watchers });
    for (const { uri } of entries) this.#show(uri);
  }

  #watch(uri: Uri): Disposable {
    const pattern = new RelativePattern(Uri.file(dirname(uri.fsPath)), basename(uri.fsPath));
    return watchFiles(pattern, () => this.#changed(uri));
  }

  /** Several configs may name one file. */
  #show(uri: Uri): void {
    this.#diagnostics.set(
      uri,
      this.#entriesOf(uri).map(({ diagnostic }) => diagnostic),
    );
  }

  #entriesOf({ fsPath }: Uri): Entry[] {
    return [...this.#reported.values()].flatMap(({ entries }) => entries.filter(({ uri }) => uri.fsPath === fsPath));
  }
}

const SEVERITIES: Record<Finding['severity'], DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
};

type Said = Pick<Problem, 'message' | 'place' | 'remedy'> & {
  severity: Finding['severity'];
  code: string | undefined;
};

async function entryOf({ severity, code, ...said }: Said, configFile: string): Promise<Entry> {
  const place = placeToOpen(said) ?? { file: configFile };
  const uri = Uri.file(place.file);
  const range = await workspace.openTextDocument(uri).then(
    (document) => tokenAt(document, startOf(place)),
    // Not a text: the place still says which file.
    () => new Range(startOf(place), startOf(place)),
  );
  const diagnostic = new Diagnostic(range, wordsBesidePlace(said), SEVERITIES[severity]);
  diagnostic.source = 'GRPO';
  if (code !== undefined) diagnostic.code = code;
  return { uri, diagnostic, remedy: said.remedy };
}

const startOf = ({ line = 1, column = 1 }: SourceLocation): Position => new Position(line - 1, column - 1);

/** What the editor can do about a problem, or helps with. */
function fixOf({ remedy, diagnostic }: Entry, document: TextDocument): CodeAction | undefined {
  switch (remedy?.action) {
    case 'get-model': {
      const action = quickFix('Get a model…', diagnostic);
      action.command = { title: 'Get Model', command: 'grpo.getModel', arguments: [document.uri] };
      return action;
    }
    case 'set-up-trl': {
      const action = quickFix('Set up TRL…', diagnostic);
      action.command = { title: 'Set Up TRL', command: 'grpo.setUpTrl' };
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
      action.edit = editOf(document, remedy);
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
