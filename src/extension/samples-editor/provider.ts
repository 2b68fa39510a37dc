import {
  type CustomTextEditorProvider,
  type Disposable,
  type ExtensionContext,
  type LogOutputChannel,
  type TextDocument,
  Uri,
  type WebviewPanel,
  window,
} from 'vscode';
import { SAMPLES_EDITOR } from '../workspace/documents.ts';
import { pageHtml } from '../workspace/html.ts';
import type { SampleScores } from '../workspace/sample-scores.ts';
import { SamplesPanel } from './samples-panel.ts';

/** Samples files as lists: beside the text, which is what opens first. */
export class SamplesEditors implements CustomTextEditorProvider, Disposable {
  readonly #extensionUri: Uri;
  readonly #log: LogOutputChannel;
  readonly #scores: () => Promise<SampleScores>;
  readonly #registration: Disposable;

  constructor({ extensionUri }: ExtensionContext, log: LogOutputChannel, scores: () => Promise<SampleScores>) {
    this.#extensionUri = extensionUri;
    this.#log = log;
    this.#scores = scores;
    // Kept while it is hidden: a text that is being written into a field is nowhere else.
    const options = { webviewOptions: { retainContextWhenHidden: true }, supportsMultipleEditorsPerDocument: true };
    this.#registration = window.registerCustomEditorProvider(SAMPLES_EDITOR, this, options);
  }

  async resolveCustomTextEditor(document: TextDocument, panel: WebviewPanel): Promise<void> {
    const extensionUri = this.#extensionUri;
    panel.webview.options = { enableScripts: true, localResourceRoots: [Uri.joinPath(extensionUri, 'dist')] };
    const opened = new SamplesPanel(document, panel, await this.#scores(), this.#log);
    panel.onDidDispose(() => opened.dispose());
    panel.webview.html = pageHtml(panel.webview, extensionUri, 'samples-view', 'Samples');
  }

  dispose(): void {
    this.#registration.dispose();
  }
}
