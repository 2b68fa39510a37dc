import { commands, Disposable, Uri, type WebviewPanel } from 'vscode';
import { type Activity, dashboardMessage, type HostMessage } from '../../protocol/dashboard.ts';
import { pageHtml } from '../workspace/html.ts';
import type { TrainingRequest } from '../workspace/request.ts';
import { ActivityMessages } from './activity.ts';

/** The dashboard of a run that has no folder yet: it shows what the trainer loads, then becomes that run's, or says why there is none. */
export class StartingPanel implements Disposable {
  readonly configFile: string;
  readonly #name: string;
  readonly #panel: WebviewPanel;
  readonly #activity = new ActivityMessages((message) => this.#post(message));
  readonly #listening: Disposable;
  #problem: string | null = null;
  #ready = false;

  constructor({ configFile, name }: TrainingRequest, panel: WebviewPanel, extensionUri: Uri, onClosed: () => void) {
    this.configFile = configFile;
    this.#name = name;
    this.#panel = panel;
    this.#listening = Disposable.from(
      panel.webview.onDidReceiveMessage((message) => this.#receive(message)),
      panel.onDidDispose(() => {
        this.#listening.dispose();
        this.#activity.dispose();
        onClosed();
      }),
    );
    panel.webview.html = pageHtml(panel.webview, extensionUri, 'webview', name);
  }

  get failed(): boolean {
    return this.#problem !== null;
  }

  set activity(activity: Activity) {
    this.#activity.show(activity);
  }

  /** The run could not start: the panel stays, and says why. */
  fail(problem: string): void {
    this.#problem = problem;
    this.#show();
    this.#activity.show(null);
  }

  /** The same config starts again. */
  restart(): void {
    this.#problem = null;
    this.#panel.reveal(undefined, true);
    this.#show();
  }

  /** Leaves the panel to someone else; tells whether its webview listens already. */
  handOver(): { panel: WebviewPanel; listens: boolean } {
    this.#listening.dispose();
    this.#activity.dispose();
    return { panel: this.#panel, listens: this.#ready };
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #receive(received: unknown): void {
    const message = dashboardMessage.safeParse(received);
    if (!message.success) return;
    const { data } = message;
    if (data.type === 'ready') {
      this.#ready = true;
      this.#show();
      this.#activity.again();
    } else if (data.type === 'control') void commands.executeCommand(`grpo.${data.command}`);
    else if (data.type === 'command' && data.command === 'showLog') void commands.executeCommand('grpo.showLog');
    else if (data.type === 'command' && data.command === 'startTraining')
      void commands.executeCommand('grpo.startTraining', Uri.file(this.configFile));
  }

  #show(): void {
    this.#post({ type: 'starting', name: this.#name, problem: this.#problem });
  }

  #post(message: HostMessage): void {
    if (this.#ready) void this.#panel.webview.postMessage(message);
  }
}
