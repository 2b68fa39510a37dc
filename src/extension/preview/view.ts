import { basename } from 'node:path';
import {
  Disposable,
  type LogOutputChannel,
  Uri,
  type WebviewView,
  type WebviewViewProvider,
  window,
  workspace,
} from 'vscode';
import { type PreviewColumns, type PreviewPicture, previewViewMessage } from '../../protocol/preview-view.ts';
import { pageHtml } from '../workspace/html.ts';
import { columnsOfRow } from './columns-of-row.ts';
import { openFunction, openRow } from './open-row.ts';
import type { Preview } from './preview.ts';
import type { Previews } from './previews.ts';

/** The view gets at most ten pictures a second. */
const PICTURE_MILLISECONDS = 100;

const RESTRICTED = "Previews are off in Restricted Mode because they run this workspace's reward functions.";

/** The *Reward Preview* in the panel: all samples, functions and numbers of what is being edited. */
export class PreviewPanelView implements WebviewViewProvider, Disposable {
  readonly #extensionUri: Uri;
  readonly #log: LogOutputChannel;
  readonly #previews: Previews;
  readonly #subscription: Disposable;
  #view: WebviewView | undefined;
  /** Nothing is sent before the page says that it listens. */
  #ready = false;
  #timer: NodeJS.Timeout | undefined;
  #sentAt = 0;

  constructor(extensionUri: Uri, log: LogOutputChannel, previews: Previews) {
    this.#extensionUri = extensionUri;
    this.#log = log;
    this.#previews = previews;
    this.#subscription = Disposable.from(
      window.registerWebviewViewProvider('grpo.preview', this),
      previews.onDidChange((preview) => preview === previews.current && this.#send()),
      previews.onDidChangeCurrent(() => this.#send()),
      workspace.onDidGrantWorkspaceTrust(() => this.#send()),
    );
  }

  resolveWebviewView(view: WebviewView): void {
    const extensionUri = this.#extensionUri;
    this.#view = view;
    this.#ready = false;
    view.webview.options = { enableScripts: true, localResourceRoots: [Uri.joinPath(extensionUri, 'dist')] };
    view.webview.onDidReceiveMessage((message) => this.#receive(message));
    view.onDidChangeVisibility(() => view.visible && this.#send());
    view.onDidDispose(() => {
      this.#view = undefined;
    });
    view.webview.html = pageHtml(view.webview, extensionUri, 'preview-view', 'Reward Preview');
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#subscription.dispose();
  }

  #send(): void {
    if (!this.#view?.visible || !this.#ready || this.#timer) return;
    const wait = Math.max(0, this.#sentAt + PICTURE_MILLISECONDS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sentAt = Date.now();
      void this.#view?.webview.postMessage(this.#picture());
    }, wait);
  }

  #picture(): PreviewPicture {
    const preview = this.#previews.current;
    if (!preview) {
      const why = workspace.isTrusted
        ? this.#previews.enabled
          ? 'Open a reward file or its samples to see how each function scores each sample.'
          : 'Previews are turned off by the setting grpo.preview.enabled.'
        : RESTRICTED;
      return { type: 'picture', title: null, samples: null, running: false, note: why, result: null };
    }
    const { subject, result, running, broken, problems } = preview;
    const error =
      result?.stale || result?.rows.length === 0 ? problems.find(({ severity }) => severity === 'error') : undefined;
    const none = subject.samples === null ? 'No samples yet. Write some, or run GRPO: Generate Samples.' : null;
    return {
      type: 'picture',
      title: basename(subject.id),
      samples: subject.samples === null ? null : basename(subject.samples),
      running,
      note: broken ?? none ?? error?.message ?? null,
      result: result && result.rows.length > 0 && result.functions.length > 0 ? result : null,
    };
  }

  async #showColumns(row: number, preview: Preview): Promise<void> {
    const columns = await columnsOfRow(preview, row);
    const message: PreviewColumns = { type: 'columns', row, columns };
    if (preview === this.#previews.current) void this.#view?.webview.postMessage(message);
  }

  async #receive(received: unknown): Promise<void> {
    const parsed = previewViewMessage.safeParse(received);
    if (!parsed.success) {
      this.#log.warn(`The Reward Preview sent an invalid message: ${parsed.error.message}`);
      return;
    }
    const message = parsed.data;
    if (message.type === 'ready') {
      this.#ready = true;
      this.#send();
    }
    const preview = this.#previews.current;
    if (!preview) return;
    if (message.type === 'open-row' && preview.result?.rows[message.row]) await openRow(preview, message.row);
    else if (message.type === 'show-row' && preview.result?.rows[message.row])
      await this.#showColumns(message.row, preview);
    else if (message.type === 'open-function') await openFunction(preview, message.name);
  }
}
