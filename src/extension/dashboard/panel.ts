import { basename } from 'node:path';
import { Disposable, type ExtensionContext, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import { holdsRun } from '../../run-folder/run-info.ts';
import type { RunRegistry } from '../workspace/registry.ts';
import type { Scorer } from './rescore/rescoring.ts';
import { RunPanel } from './run-panel.ts';

const VIEW_TYPE = 'grpo.dashboard';

/** The open dashboards, at most one per run; they are restored when the window is reloaded. */
export class Dashboards implements Disposable {
  readonly #panels = new Map<string, RunPanel>();
  readonly #context: ExtensionContext;
  readonly #registry: RunRegistry;
  readonly #scorer: Scorer;
  readonly #subscriptions: Disposable;

  constructor(context: ExtensionContext, registry: RunRegistry, scorer: Scorer) {
    this.#context = context;
    this.#registry = registry;
    this.#scorer = scorer;
    this.#subscriptions = Disposable.from(
      window.registerWebviewPanelSerializer(VIEW_TYPE, {
        deserializeWebviewPanel: async (panel, state: unknown) => {
          const folder = (state as { folder?: unknown } | undefined)?.folder;
          if (typeof folder === 'string') this.#adopt(folder, panel);
          else panel.dispose();
        },
      }),
      registry.onDidEmit(({ folder, event }) => {
        for (const panel of this.#panels.values()) panel.onTrainerEvent(folder, event);
      }),
      registry.onDidChangeRuns(() => {
        for (const [folder, panel] of this.#panels) {
          // A run that was deleted takes its dashboard along.
          if (holdsRun(folder)) panel.onRunsChanged();
          else panel.dispose();
        }
      }),
    );
  }

  /** Shows the run's dashboard, beside the editor when it is new. */
  open(folder: string, { preserveFocus = false }: { preserveFocus?: boolean } = {}): RunPanel {
    const open = this.#panels.get(folder);
    if (open) {
      open.reveal(preserveFocus);
      return open;
    }
    const column = window.activeTextEditor ? ViewColumn.Beside : ViewColumn.Active;
    const options = { viewColumn: column, preserveFocus };
    return this.#adopt(folder, window.createWebviewPanel(VIEW_TYPE, basename(folder), options));
  }

  dispose(): void {
    this.#subscriptions.dispose();
    for (const panel of this.#panels.values()) panel.dispose();
  }

  #adopt(folder: string, panel: WebviewPanel): RunPanel {
    const { extensionUri } = this.#context;
    panel.iconPath = Uri.joinPath(extensionUri, 'media', 'icon.png');
    panel.webview.options = { enableScripts: true, localResourceRoots: [Uri.joinPath(extensionUri, 'dist')] };
    // A second panel of the same run (a window may have been copied) takes the first one's place.
    this.#panels.get(folder)?.dispose();
    const opened = new RunPanel(folder, panel, extensionUri, this.#registry, this.#scorer);
    this.#panels.set(folder, opened);
    panel.onDidDispose(() => {
      opened.dispose();
      if (this.#panels.get(folder) === opened) this.#panels.delete(folder);
    });
    return opened;
  }
}
