import { Diagnostic, DiagnosticSeverity, Disposable, languages, Range, Uri, window, workspace } from 'vscode';
import type { LocatedMessage } from '../training/located-message.ts';

/** What kept runs from starting, at its place in the user's files until these change. */
export class Problems implements Disposable {
  readonly #diagnostics = languages.createDiagnosticCollection('grpo');
  readonly #subscription: Disposable;

  constructor() {
    this.#subscription = Disposable.from(
      this.#diagnostics,
      workspace.onDidChangeTextDocument(({ document }) => this.#diagnostics.delete(document.uri)),
    );
  }

  /** Without a place of its own it is the config's. */
  report(problem: LocatedMessage, configFile: string): void {
    const diagnostic = new Diagnostic(rangeOf(problem), problem.message, DiagnosticSeverity.Error);
    diagnostic.source = 'GRPO';
    this.#diagnostics.set(Uri.file(problem.file ?? configFile), [diagnostic]);
  }

  clear(): void {
    this.#diagnostics.clear();
  }

  async open(problem: LocatedMessage): Promise<void> {
    if (problem.file === undefined) return;
    await window.showTextDocument(Uri.file(problem.file), { selection: rangeOf(problem) });
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

/** An empty range is shown as the word that begins there. */
function rangeOf({ line = 1, column = 1 }: LocatedMessage): Range {
  return new Range(line - 1, column - 1, line - 1, column - 1);
}
