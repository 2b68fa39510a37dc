import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  Diagnostic,
  DiagnosticSeverity,
  Disposable,
  EventEmitter,
  languages,
  type Range,
  type TextDocument,
  Uri,
  workspace,
} from 'vscode';
import {
  type AuditedFunction,
  type AuditReport,
  counts,
  type TriedProbe,
  worstOf,
} from '../../protocol/audit-report.ts';
import type { ProbeSample } from '../workspace/probe-sample.ts';
import { findDeclarations } from './declarations.ts';

/** Problems of each kind that a function gets at most; the command line lists more. */
const MOST_EXAMPLES = 4;
const WIDTH = 80;

/** What the last audit found in each reward file, at its functions; an edit of the file takes it away. */
export class Audits implements CodeActionProvider, Disposable {
  readonly #diagnostics = languages.createDiagnosticCollection('grpo-audit');
  readonly #changed = new EventEmitter<void>();
  readonly #reports = new Map<string, AuditReport>();
  readonly #samples = new Map<Diagnostic, ProbeSample>();
  readonly #subscription: Disposable;

  readonly onDidChange = this.#changed.event;

  constructor() {
    const kinds = { providedCodeActionKinds: [CodeActionKind.QuickFix] };
    this.#subscription = Disposable.from(
      this.#diagnostics,
      this.#changed,
      languages.registerCodeActionsProvider({ scheme: 'file' }, this, kinds),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.#forget(document.uri.fsPath);
      }),
    );
  }

  of(file: string, name: string): AuditedFunction | undefined {
    return this.#reports.get(file)?.functions.find((each) => each.name === name);
  }

  /** `samples`: the file that was audited with. */
  show(document: TextDocument, report: AuditReport, samples: string): void {
    const file = document.uri.fsPath;
    this.#forget(file);
    this.#reports.set(file, report);
    const places = new Map(findDeclarations(file, document.getText()).map(({ name, line }) => [name, line]));
    const at = (name: string): Range => document.lineAt(places.get(name) ?? 0).range;
    const diagnostics = report.functions
      .filter(({ name }) => places.has(name))
      .flatMap((audited) => {
        const { name, fooled, missed } = audited;
        // A format or length reward that is a part of a sum may well be earned without the task.
        const severity = counts(report, audited) ? DiagnosticSeverity.Warning : DiagnosticSeverity.Information;
        return [...worstOf(fooled).slice(0, MOST_EXAMPLES), ...worstOf(missed).slice(0, MOST_EXAMPLES)].map((probe) => {
          const diagnostic = problem(at(name), messageOf(name, probe), severity);
          const score = probe.kind === 'trick' ? (audited.worst ?? 0) : probe.honest;
          this.#samples.set(diagnostic, {
            samples,
            line: probe.line,
            completion: probe.completion,
            expect: { [name]: score },
          });
          return diagnostic;
        });
      });
    const findings = report.findings
      .filter(({ name }) => places.has(name))
      .map(({ name, message, severity }) =>
        problem(at(name), message, severity === 'note' ? DiagnosticSeverity.Information : DiagnosticSeverity.Warning),
      );
    this.#diagnostics.set(document.uri, [...diagnostics, ...findings]);
    this.#changed.fire();
  }

  provideCodeActions({ uri }: TextDocument, range: Range): CodeAction[] {
    return (this.#diagnostics.get(uri) ?? []).flatMap((diagnostic) => {
      const sample = this.#sampleOf(diagnostic);
      if (!sample || !diagnostic.range.intersection(range)) return [];
      const title = `Add as Sample: ${shortened(sample.completion, 40)}`;
      const action = new CodeAction(title, CodeActionKind.QuickFix);
      action.diagnostics = [diagnostic];
      action.command = { command: 'grpo.addProbeAsSample', title, arguments: [sample] };
      return [action];
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  /** VS Code gives back copies. */
  #sampleOf({ message, range }: Diagnostic): ProbeSample | undefined {
    return [...this.#samples].find(([known]) => known.message === message && known.range.isEqual(range))?.[1];
  }

  #forget(file: string): void {
    const uri = Uri.file(file);
    for (const diagnostic of this.#diagnostics.get(uri) ?? []) {
      const known = [...this.#samples.keys()].find(({ message }) => message === diagnostic.message);
      if (known) this.#samples.delete(known);
    }
    this.#diagnostics.delete(uri);
    if (this.#reports.delete(file)) this.#changed.fire();
  }
}

function problem(range: Range, message: string, severity: DiagnosticSeverity): Diagnostic {
  const diagnostic = new Diagnostic(range, message, severity);
  diagnostic.source = 'GRPO audit';
  return diagnostic;
}

function messageOf(name: string, { kind, name: tried, completion, score, honest, line }: TriedProbe): string {
  const what = kind === 'trick' ? 'is fooled' : 'misses a right answer';
  const shown = JSON.stringify(shortened(completion, WIDTH));
  return `${name} ${what}: ${figure(score)} for ${shown} (${tried}; the honest answer to the prompt of line ${line} gets ${figure(honest)})`;
}

const figure = (score: number): string => String(Number(score.toPrecision(4)));
const shortened = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;
