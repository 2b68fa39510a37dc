import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  Diagnostic,
  DiagnosticSeverity,
  Disposable,
  languages,
  Range,
  type TextDocument,
  Uri,
  WorkspaceEdit,
  workspace,
} from 'vscode';
import type { PreviewProblem } from '../../protocol/preview.ts';
import type { Previews } from './previews.ts';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
} as const;

interface Fix {
  diagnostic: Diagnostic;
  text: string;
}

/** What previews find wrong, in the reward and samples files, with quick fixes. */
export class PreviewProblems implements CodeActionProvider, Disposable {
  readonly #previews: Previews;
  readonly #diagnostics = languages.createDiagnosticCollection('grpo-preview');
  readonly #subscription: Disposable;
  /** By file: what was reported, so that nothing is reported again. */
  #reported = new Map<string, string>();
  readonly #fixes = new Map<string, Fix[]>();

  constructor(previews: Previews) {
    this.#previews = previews;
    const kinds = { providedCodeActionKinds: [CodeActionKind.QuickFix] };
    this.#subscription = Disposable.from(
      this.#diagnostics,
      previews.onDidChange(() => void this.#report()),
      languages.registerCodeActionsProvider({ scheme: 'file' }, this, kinds),
    );
  }

  provideCodeActions({ uri }: TextDocument, range: Range): CodeAction[] {
    return (this.#fixes.get(uri.fsPath) ?? [])
      .filter(({ diagnostic }) => diagnostic.range.intersection(range))
      .map(({ diagnostic, text }) => {
        const action = new CodeAction(`Change to "${text}"`, CodeActionKind.QuickFix);
        action.diagnostics = [diagnostic];
        action.isPreferred = true;
        action.edit = new WorkspaceEdit();
        action.edit.replace(uri, diagnostic.range, text);
        return action;
      });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #report(): Promise<void> {
    const byFile = new Map<string, Map<string, PreviewProblem>>();
    for (const { problems, subject } of this.#previews.all)
      for (const problem of problems) {
        // A file that is not there can show nothing: the lens says so.
        if (problem.file === subject.samplesPlace && subject.samples === null) continue;
        const known = byFile.get(problem.file) ?? new Map();
        // Two configs may be about one file.
        byFile.set(problem.file, known.set(JSON.stringify(problem), problem));
      }
    const reported = new Map([...byFile].map(([file, problems]) => [file, [...problems.keys()].join('\n')]));
    const before = this.#reported;
    this.#reported = reported;
    for (const file of before.keys()) if (!reported.has(file)) this.#set(file, []);
    for (const [file, key] of reported) {
      if (before.get(file) === key) continue;
      const document = await workspace.openTextDocument(Uri.file(file)).then(
        (opened) => opened,
        () => undefined,
      );
      // It was edited or fixed while the file was opened.
      if (this.#reported.get(file) !== key) continue;
      this.#set(
        file,
        [...byFile.get(file)!.values()].map((problem) => toFix(problem, document)),
      );
    }
  }

  #set(file: string, fixes: Fix[]): void {
    this.#fixes.set(
      file,
      fixes.filter(({ text }) => text !== ''),
    );
    this.#diagnostics.set(
      Uri.file(file),
      fixes.map(({ diagnostic }) => diagnostic),
    );
  }
}

function toFix(problem: PreviewProblem, document: TextDocument | undefined): Fix {
  const diagnostic = new Diagnostic(rangeOf(problem, document), problem.message, SEVERITIES[problem.severity]);
  diagnostic.source = 'GRPO';
  diagnostic.code = problem.code;
  return { diagnostic, text: problem.fix ?? '' };
}

/** As given, else the word there, else the rest of the line. */
function rangeOf({ line, column, endLine, endColumn }: PreviewProblem, document: TextDocument | undefined): Range {
  const start = new Range(line - 1, column - 1, line - 1, column - 1);
  if (endColumn !== undefined)
    return new Range(start.start.line, start.start.character, (endLine ?? line) - 1, endColumn - 1);
  if (!document) return start;
  const at = document.validatePosition(start.start);
  const word = document.getWordRangeAtPosition(at);
  return word ?? new Range(at, document.lineAt(at).range.end);
}
