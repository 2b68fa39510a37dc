import { basename } from 'node:path';
import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  Diagnostic,
  DiagnosticSeverity,
  Disposable,
  languages,
  Position,
  Range,
  type TextDocument,
  Uri,
  WorkspaceEdit,
  workspace,
} from 'vscode';
import type { PreviewProblem } from '../../protocol/preview.ts';
import { type ConfigEdit, setWords } from '../../protocol/remedy.ts';
import { editOf } from '../workspace/edit-config.ts';
import { SAMPLES } from '../workspace/links.ts';
import type { Previews } from './previews.ts';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
} as const;

/** What is wrong, and what a quick fix would put in its place or change in the run config. */
interface Fix {
  diagnostic: Diagnostic;
  text?: string | undefined;
  inConfig?: { config: string; edit: ConfigEdit } | undefined;
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

  async provideCodeActions({ uri }: TextDocument, range: Range): Promise<CodeAction[]> {
    const here = (this.#fixes.get(uri.fsPath) ?? []).filter(({ diagnostic }) => diagnostic.range.intersection(range));
    return Promise.all(here.map((fix) => actionOf(fix, uri)));
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #report(): Promise<void> {
    const byFile = new Map<string, Map<string, FoundProblem>>();
    for (const { problems, subject } of this.#previews.all)
      for (const problem of problems) {
        // A file that is not there can show nothing: the lens says so.
        if (problem.file === subject.samplesPlace && subject.samples === null) continue;
        // What was found before the config named other samples.
        if (SAMPLES.test(problem.file) && problem.file !== subject.samplesPlace) continue;
        // A reward that is tried alone on samples of a run config has nothing to say about them.
        if (SAMPLES.test(problem.file) && !this.#previews.isPreviewOf(problem.file, subject)) continue;
        const known = byFile.get(problem.file) ?? new Map();
        // Two configs may be about one file.
        byFile.set(problem.file, known.set(JSON.stringify(problem), { ...problem, config: subject.config }));
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
      fixes.filter(({ text, inConfig }) => text !== undefined || inConfig !== undefined),
    );
    this.#diagnostics.set(
      Uri.file(file),
      fixes.map(({ diagnostic }) => diagnostic),
    );
  }
}

/** A problem, and the run config that it was found with. */
type FoundProblem = PreviewProblem & { config: string | null };

function toFix(problem: FoundProblem, document: TextDocument | undefined): Fix {
  const diagnostic = new Diagnostic(rangeOf(problem, document), problem.message, SEVERITIES[problem.severity]);
  diagnostic.source = 'GRPO';
  diagnostic.code = problem.code;
  const { fix, remedy, config } = problem;
  const inConfig = remedy?.action === 'set' && config !== null ? { config, edit: remedy } : undefined;
  return { diagnostic, text: fix, inConfig };
}

async function actionOf({ diagnostic, text = '', inConfig }: Fix, uri: Uri): Promise<CodeAction> {
  const title = inConfig ? `${setWords(inConfig.edit)} in ${basename(inConfig.config)}` : `Change to "${text}"`;
  const action = new CodeAction(title, CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  action.isPreferred = true;
  if (inConfig) action.edit = editOf(await workspace.openTextDocument(Uri.file(inConfig.config)), inConfig.edit);
  else {
    action.edit = new WorkspaceEdit();
    action.edit.replace(uri, diagnostic.range, text);
  }
  return action;
}

/** Of a sample, the part that a problem is about: the whole line would be too much. */
const KEYS: Partial<Record<PreviewProblem['code'], string>> = {
  expectation: 'expect',
  'contradicts-expect': 'expect',
  'no-signal': 'prompt',
  'other-prompt': 'prompt',
  failure: 'completion',
};

/** As given, else the sample's part, else the word there, else the rest of the line. */
function rangeOf(problem: PreviewProblem, document: TextDocument | undefined): Range {
  const { line, column, endLine, endColumn, code, file } = problem;
  const start = new Position(line - 1, column - 1);
  if (endColumn !== undefined) return new Range(start, new Position((endLine ?? line) - 1, endColumn - 1));
  if (!document) return new Range(start, start);
  const at = document.validatePosition(start);
  const text = document.lineAt(at).text;
  const key = SAMPLES.test(file) && KEYS[code] !== undefined ? `"${KEYS[code]}"` : '';
  const found = text.indexOf(key);
  if (key !== '' && found >= 0) return new Range(at.line, found, at.line, found + key.length);
  return document.getWordRangeAtPosition(at) ?? new Range(at, document.lineAt(at).range.end);
}
