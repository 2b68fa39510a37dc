import { commands, Position, type TextDocument, ViewColumn, type WebviewPanel } from 'vscode';
import type { SampleScores } from '../workspace/sample-scores.ts';
import { showAt } from '../workspace/show-at.ts';

/** Where a list of samples leads. */
export class Navigation {
  readonly #document: TextDocument;
  readonly #panel: WebviewPanel;
  readonly #scores: SampleScores;

  constructor(document: TextDocument, panel: WebviewPanel, scores: SampleScores) {
    this.#document = document;
    this.#panel = panel;
    this.#scores = scores;
  }

  get #preview() {
    return this.#scores.of(this.#document.uri.fsPath);
  }

  /** Shows a line (from 0) of the samples as text. */
  async openLine(line: number): Promise<void> {
    await this.#open(this.#document.uri.fsPath, line);
  }

  async openFunction(name: string): Promise<void> {
    const found = this.#preview?.result?.functions.find((described) => described.name === name);
    if (found) await this.#open(found.file, found.line - 1);
  }

  /** Shows the line of code that failed on a line (from 0) of the samples. */
  async openFailure(line: number, name: string): Promise<void> {
    const preview = this.#preview;
    const row = preview?.result?.rows.find((_, index) => preview.rowLine(index) === line);
    const outcome = row?.outcomes[name];
    if (outcome?.kind !== 'failure' || outcome.file === undefined) return this.openFunction(name);
    await this.#open(outcome.file, (outcome.line ?? 1) - 1);
  }

  async 'open-text'(): Promise<void> {
    await commands.executeCommand('grpo.openAsText', this.#document.uri);
  }

  async generate(): Promise<void> {
    await commands.executeCommand('grpo.generateSamples', this.#preview?.subject.config ?? undefined);
  }

  async trust(): Promise<void> {
    await commands.executeCommand('workbench.trust.manage');
  }

  /** Where it is open already, else where the list is. */
  async #open(file: string, line: number): Promise<void> {
    await showAt(file, new Position(line, 0), this.#panel.viewColumn ?? ViewColumn.Active);
  }
}
