import { Disposable, type LogOutputChannel, type TextDocument, type WebviewPanel, workspace } from 'vscode';
import { type SamplesHostMessage, type SamplesViewMessage, samplesViewMessage } from '../../protocol/samples-view.ts';
import type { SampleScores } from '../workspace/sample-scores.ts';
import { deleteLine, insertLine, replaceLine } from './document-edits.ts';
import { copyOf, EMPTY_SAMPLE, sampleLike, withValue } from './line-edits.ts';
import { Navigation } from './navigation.ts';
import { SampleLines } from './sample-lines.ts';
import { SentScores } from './sent-scores.ts';
import { samplesState } from './state.ts';

/** The view gets new scores at most ten times a second. */
const SCORES_MILLISECONDS = 100;

/** One list of one samples file: tells it what changes in the text and in the scores, and makes its edits in the document. */
export class SamplesPanel implements Disposable {
  readonly #document: TextDocument;
  readonly #panel: WebviewPanel;
  readonly #scores: SampleScores;
  readonly #log: LogOutputChannel;
  readonly #navigation: Navigation;
  readonly #subscription: Disposable;
  readonly #lines = new SampleLines();
  readonly #sentScores = new SentScores();
  #sentState = '';
  /** Nothing is sent before the page says that it listens. */
  #ready = false;
  #timer: NodeJS.Timeout | undefined;
  #sentAt = 0;
  /** Edits are made one after another: each is about the text that the one before has left. */
  #edits: Promise<void> = Promise.resolve();

  constructor(document: TextDocument, panel: WebviewPanel, scores: SampleScores, log: LogOutputChannel) {
    this.#document = document;
    this.#panel = panel;
    this.#scores = scores;
    this.#log = log;
    this.#navigation = new Navigation(document, panel, scores);
    this.#subscription = Disposable.from(
      panel.webview.onDidReceiveMessage((message) => this.#receive(message)),
      panel.onDidChangeViewState(() => this.#send()),
      workspace.onDidChangeTextDocument((change) => {
        if (change.document === document && change.contentChanges.length > 0) this.#send();
      }),
      workspace.onDidGrantWorkspaceTrust(() => this.#sendScores()),
      scores.onDidChange((preview) => preview.subject.samplesPlace === this.#file && this.#sendScores()),
      scores.onDidChangeCurrent(() => this.#sendScores()),
    );
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#subscription.dispose();
  }

  get #file(): string {
    return this.#document.uri.fsPath;
  }

  get #texts(): string[] {
    return this.#document.getText().split(/\r\n|\n|\r/);
  }

  #post(message: SamplesHostMessage): void {
    void this.#panel.webview.postMessage(message);
  }

  /** Sends what has changed, unless nobody sees it: then it is sent when somebody does. */
  #send(): void {
    if (!this.#ready || !this.#panel.visible) return;
    this.#sendLines();
    this.#sendScores();
  }

  #sendLines(): void {
    const change = this.#lines.update(this.#texts);
    if (change) this.#post(change);
  }

  #sendScores(): void {
    if (!this.#ready || !this.#panel.visible || this.#timer) return;
    const wait = Math.max(0, this.#sentAt + SCORES_MILLISECONDS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sentAt = Date.now();
      const state = samplesState(this.#file, this.#scores);
      const text = JSON.stringify(state);
      if (text !== this.#sentState) this.#post(state);
      this.#sentState = text;
      const change = this.#sentScores.changes(this.#scores.of(this.#file), (line) => this.#lines.idAt(line));
      if (change) this.#post(change);
    }, wait);
  }

  #receive(received: unknown): void {
    const parsed = samplesViewMessage.safeParse(received);
    if (!parsed.success) {
      this.#log.warn(`The list of samples sent an invalid message: ${parsed.error.message}`);
      return;
    }
    this.#edits = this.#edits
      .then(() => this.#answer(parsed.data))
      .catch((error: Error) => {
        this.#post({ type: 'refused', message: error.message });
      });
  }

  async #answer(message: SamplesViewMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#start();
        break;
      case 'set':
        await this.#edit(message.id, (line, text) =>
          replaceLine(this.#document, line, withValue(text, message.path, message.json)),
        );
        break;
      case 'add':
        await this.#add(message.like);
        break;
      case 'duplicate':
        await this.#edit(message.id, (line, text) => this.#insert(line + 1, copyOf(text)));
        break;
      case 'delete':
        await this.#edit(message.id, (line) => deleteLine(this.#document, line));
        break;
      case 'save':
        requireTrust();
        await this.#document.save();
        break;
      case 'open-line':
        await this.#navigation.openLine(this.#lines.lineOf(message.id) ?? 0);
        break;
      case 'open-failure':
        await this.#navigation.openFailure(this.#lines.lineOf(message.id) ?? -1, message.name);
        break;
      case 'open-function':
        await this.#navigation.openFunction(message.name);
        break;
      case 'open-text':
      case 'generate':
      case 'trust':
        await this.#navigation[message.type]();
        break;
      default:
        message satisfies never;
    }
  }

  /** The page knows nothing, for the first time or again. */
  #start(): void {
    this.#ready = true;
    this.#sentState = '';
    this.#sentScores.forget();
    this.#lines.update(this.#texts);
    this.#post(this.#lines.all);
    this.#sendScores();
  }

  async #add(like: number | null): Promise<void> {
    requireTrust();
    if (like !== null) {
      await this.#edit(like, (line, text) => this.#insert(line + 1, sampleLike(text), 'completion'));
      return;
    }
    await this.#insert(this.#document.lineCount, EMPTY_SAMPLE, 'prompt');
  }

  async #insert(at: number, text: string, edit?: 'prompt' | 'completion'): Promise<void> {
    const line = await insertLine(this.#document, at, text);
    this.#sendLines();
    const id = this.#lines.idAt(line);
    if (id !== undefined) this.#post({ type: 'select', id, edit });
  }

  /** A line as it is now. One that is gone was deleted meanwhile. */
  async #edit(id: number, change: (line: number, text: string) => Promise<void>): Promise<void> {
    requireTrust();
    this.#sendLines();
    const line = this.#lines.lineOf(id);
    if (line === undefined) return;
    await change(line, this.#document.lineAt(line).text);
  }
}

function requireTrust(): void {
  if (!workspace.isTrusted) throw new Error('Samples cannot be edited in Restricted Mode: trust this workspace first.');
}
