import { basename } from 'node:path';
import { Disposable, type ExtensionContext, Uri, ViewColumn, type WebviewPanel, window } from 'vscode';
import { holdsRun } from '../../run-folder/run-info.ts';
import type { ActiveTraining, CurrentTraining } from '../workspace/active-training.ts';
import { childEnvironment } from '../workspace/child-environment.ts';
import type { RunRegistry } from '../workspace/registry.ts';
import { activityOf } from './activity.ts';
import type { Scorer } from './rescore/rescoring.ts';
import { RunPanel } from './run-panel.ts';
import { StartingPanel } from './starting-panel.ts';

const VIEW_TYPE = 'grpo.dashboard';

/** The open dashboards, at most one per run; they are restored when the window is reloaded. */
export class Dashboards implements Disposable {
  readonly #panels = new Map<string, RunPanel>();
  /** The panel of the run that has no folder yet, or of the last one that could not start. */
  #starting: { panel: StartingPanel; run: ActiveTraining } | undefined;
  readonly #context: ExtensionContext;
  readonly #registry: RunRegistry;
  readonly #training: CurrentTraining;
  readonly #scorer: Scorer;
  readonly #subscriptions: Disposable;

  constructor(context: ExtensionContext, registry: RunRegistry, training: CurrentTraining, scorer: Scorer) {
    this.#context = context;
    this.#registry = registry;
    this.#training = training;
    this.#scorer = scorer;
    this.#subscriptions = Disposable.from(
      window.registerWebviewPanelSerializer(VIEW_TYPE, {
        deserializeWebviewPanel: async (panel, state: unknown) => {
          const folder = (state as { folder?: unknown } | undefined)?.folder;
          // Of a run that had no folder when the window closed: there is none to show.
          if (typeof folder !== 'string') return panel.dispose();
          this.#dress(panel);
          this.#adopt(folder, panel);
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
      training.onDidChange(() => this.#showActivity()),
    );
  }

  /** Shows the run's dashboard, beside the editor when it is new. */
  open(folder: string, { preserveFocus = false }: { preserveFocus?: boolean } = {}): RunPanel {
    const open = this.#panels.get(folder);
    if (open) {
      open.reveal(preserveFocus);
      return open;
    }
    return this.#adopt(folder, this.#create(basename(folder), preserveFocus));
  }

  /** Shows that a run starts, before anything is known of it. Whoever started it keeps typing: the focus stays. */
  begin(run: ActiveTraining): void {
    const { resume, name, configFile } = run.request;
    // It may be over already.
    if (this.#training.active !== run) return;
    const folder = run.folder ?? resume;
    if (folder !== undefined) this.open(folder, { preserveFocus: true });
    else if (this.#starting?.panel.failed && this.#starting.panel.configFile === configFile) {
      this.#starting.run = run;
      this.#starting.panel.restart();
    } else {
      const panel = new StartingPanel(run.request, this.#create(name, true), this.#context.extensionUri, () => {
        if (this.#starting?.panel === panel) this.#starting = undefined;
      });
      this.#starting = { panel, run };
    }
    this.#showActivity();
  }

  /** The run that was starting has its folder. */
  started(folder: string): void {
    const starting = this.#starting;
    if (!starting || starting.run.folder !== folder) return;
    this.#starting = undefined;
    const { panel, listens } = starting.panel.handOver();
    this.#adopt(folder, panel, listens);
    this.#showActivity();
  }

  /** A run that never had a folder has ended: for this reason, or because someone asked for it. */
  ended(run: ActiveTraining, problem: string | undefined): void {
    if (this.#starting?.run !== run) return;
    if (problem === undefined) this.#starting.panel.dispose();
    else this.#starting.panel.fail(problem);
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#starting?.panel.dispose();
    for (const panel of this.#panels.values()) panel.dispose();
  }

  #showActivity(): void {
    const { active } = this.#training;
    const folder = active && (active.folder ?? active.request.resume);
    for (const [other, panel] of this.#panels) panel.activity = other === folder ? activityOf(active!) : null;
    if (active && this.#starting?.run === active) this.#starting.panel.activity = activityOf(active);
  }

  #create(title: string, preserveFocus: boolean): WebviewPanel {
    const viewColumn = window.activeTextEditor ? ViewColumn.Beside : ViewColumn.Active;
    const panel = window.createWebviewPanel(VIEW_TYPE, title, { viewColumn, preserveFocus });
    this.#dress(panel);
    return panel;
  }

  #dress(panel: WebviewPanel): void {
    const { extensionUri } = this.#context;
    panel.iconPath = Uri.joinPath(extensionUri, 'media', 'icon.png');
    panel.webview.options = { enableScripts: true, localResourceRoots: [Uri.joinPath(extensionUri, 'dist')] };
  }

  #adopt(folder: string, panel: WebviewPanel, listens = false): RunPanel {
    const { extensionUri } = this.#context;
    // A second panel of the same run (a window may have been copied) takes the first one's place.
    this.#panels.get(folder)?.dispose();
    const environment = () => ({ ...childEnvironment(this.#context), ...this.#scorer.judgeKeys.environment });
    const parts = { extensionUri, registry: this.#registry, scorer: this.#scorer, environment };
    const opened = new RunPanel(folder, panel, parts, listens);
    this.#panels.set(folder, opened);
    panel.onDidDispose(() => {
      opened.dispose();
      if (this.#panels.get(folder) === opened) this.#panels.delete(folder);
    });
    return opened;
  }
}
