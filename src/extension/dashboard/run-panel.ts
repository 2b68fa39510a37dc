import type { Disposable, LogOutputChannel, Uri, WebviewPanel } from 'vscode';
import { commands } from 'vscode';
import { type Activity, type DashboardMessage, dashboardMessage, type HostMessage } from '../../protocol/dashboard.ts';
import type { TrainerEvent } from '../../protocol/events.ts';
import { readCompletions } from '../../run-folder/rollouts.ts';
import { pageHtml } from '../workspace/html.ts';
import type { RunRegistry } from '../workspace/registry.ts';
import { earn } from '../workspace/walkthrough-ticks.ts';
import { ActivityMessages } from './activity.ts';
import { keepSample, openSample } from './keep-sample.ts';
import { openRewardLine } from './open-reward-line.ts';
import { RescoreView } from './rescore/rescore-view.ts';
import type { Scorer } from './rescore/rescoring.ts';
import { showRewardDiff } from './reward-diff.ts';
import { RunFeed } from './run-feed.ts';
import { RunStream } from './run-stream.ts';
import { saveExport } from './save-export.ts';
import { CheckpointsHost } from './tabs/checkpoints-host.ts';
import { CompareHost } from './tabs/compare-host.ts';
import { ConfigHost } from './tabs/config-host.ts';
import { ExportHost } from './tabs/export-host.ts';
import { FindingsHost } from './tabs/findings-host.ts';
import { OverviewHost } from './tabs/overview-host.ts';
import { RolloutsHost } from './tabs/rollouts-host.ts';
import type { TabContext, TabHost } from './tabs/tab-host.ts';

const TAB_HOSTS = [OverviewHost, FindingsHost, RolloutsHost, CompareHost, ConfigHost, CheckpointsHost, ExportHost];

/** What every dashboard works with. */
export interface DashboardParts {
  extensionUri: Uri;
  registry: RunRegistry;
  scorer: Scorer;
  /** What processes that load an engine get to see. */
  environment(): NodeJS.ProcessEnv;
}

/** One dashboard: answers its webview, and tells it what is new in the run folder and in those laid over it. */
export class RunPanel implements Disposable {
  readonly #folder: string;
  readonly #panel: WebviewPanel;
  readonly #registry: RunRegistry;
  readonly #log: LogOutputChannel;
  /** The dashboard's own run and those compared with it. */
  readonly #runs = new Map<string, { feed: RunFeed; stream: RunStream }>();
  readonly #rescoreView: RescoreView;
  readonly #tabs: TabHost[];
  readonly #activity = new ActivityMessages((message) => this.#ready && this.#post(message));
  /** Right after a window reload they may be asked for before the registry knows them. */
  #compared: readonly string[] = [];
  /** Nothing is sent before the webview says that it listens. */
  #ready = false;
  /** What it goes to then. */
  #toShow: HostMessage | undefined;
  #disposed = false;

  /** `listens`: the webview has said that it is ready, to whoever had the panel before. */
  constructor(
    folder: string,
    panel: WebviewPanel,
    { extensionUri, registry, scorer, environment }: DashboardParts,
    listens = false,
  ) {
    this.#folder = folder;
    this.#panel = panel;
    this.#registry = registry;
    this.#log = scorer.log;
    const feed = this.#follow(folder);
    const post = (message: HostMessage) => this.#post(message);
    this.#rescoreView = new RescoreView(folder, scorer, post);
    const parts = { extensionUri, registry, log: this.#log, environment };
    const context: TabContext = { folder, feed, ...parts, post, visible: () => panel.visible };
    this.#tabs = TAB_HOSTS.map((Host) => new Host(context));
    panel.onDidChangeViewState(() => {
      this.#rescoreView.visible = panel.visible;
    });
    panel.webview.onDidReceiveMessage((message) => this.#receive(message));
    if (listens) this.#listen();
    // One that was handed over may still be loading.
    else if (panel.webview.html === '')
      panel.webview.html = pageHtml(panel.webview, extensionUri, 'webview', panel.title);
  }

  reveal(preserveFocus: boolean): void {
    this.#panel.reveal(undefined, preserveFocus);
  }

  /** Scores the run's completions again with its rewards as they are now. */
  rescore(): void {
    this.#rescoreView.open();
  }

  /** Goes to one of its views, as soon as it listens. */
  show(message: Extract<HostMessage, { type: 'show' }>): void {
    // One that is hidden starts afresh when it is seen.
    if (this.#ready && this.#panel.visible) this.#post(message);
    else this.#toShow = message;
  }

  onTrainerEvent(folder: string, event: TrainerEvent): void {
    if (event.type !== 'phase') this.#runs.get(folder)?.feed.changed();
  }

  /** What this window's trainer is doing for the run; null when there is none. */
  set activity(activity: Activity | null) {
    this.#activity.show(activity);
  }

  onRunsChanged(): void {
    // Their labels may be others.
    for (const { feed } of this.#runs.values()) feed.changed();
    this.#followCompared();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { feed } of this.#runs.values()) feed.dispose();
    this.#rescoreView.dispose();
    for (const tab of this.#tabs) tab.dispose();
    this.#activity.dispose();
    this.#panel.dispose();
  }

  /** Once the webview listens. */
  #follow(folder: string): RunFeed {
    const feed = new RunFeed(
      folder,
      () => this.#registry.get(folder),
      () => {
        if (folder === this.#folder && feed.head) this.#panel.title = feed.head.name;
        if (this.#ready) stream.update();
        if (folder === this.#folder) for (const tab of this.#tabs) tab.runChanged?.();
      },
    );
    const stream = new RunStream(feed, folder === this.#folder, (message) => this.#post(message));
    this.#runs.set(folder, { feed, stream });
    return feed;
  }

  #post(message: HostMessage): void {
    if (!this.#disposed) void this.#panel.webview.postMessage(message);
  }

  async #receive(received: unknown): Promise<void> {
    const parsed = dashboardMessage.safeParse(received);
    if (!parsed.success) {
      this.#log.warn(`The dashboard sent an invalid message: ${parsed.error.message}`);
      return;
    }
    try {
      await this.#answer(parsed.data);
    } catch (error) {
      this.#log.error(error instanceof Error ? error : String(error));
    }
  }

  async #answer(message: DashboardMessage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#listen();
        return;
      case 'control':
        this.#registry.send(this.#folder, { type: message.command });
        return;
      case 'command':
        await commands.executeCommand(`grpo.${message.command}`, this.#folder);
        return;
      case 'rollouts':
        await this.#sendCompletions(message.step);
        return;
      case 'groupOpened':
        earn('grpo.groupOpened');
        return;
      case 'rescored':
        await this.#rescoreView.sendStep(message.step);
        return;
      case 'sample':
        this.#post({ type: 'sampled', id: message.id, ...(await keepSample(this.#folder, message.sample)) });
        return;
      case 'openSample':
        await openSample(this.#folder, message.line);
        return;
      case 'compare':
        this.#compare(message.folders);
        return;
      case 'save':
        await saveExport(this.#folder, message.name, message.content);
        return;
      case 'exportRuns': {
        // Only runs that the dashboard shows: the webview never names a path of its own.
        const runs = message.runs.filter(({ folder }) => this.#runs.has(folder));
        if (runs.length > 0) await commands.executeCommand('grpo.exportRun', { kind: message.kind, runs });
        return;
      }
      case 'rewardDiff':
        if (this.#runs.has(message.folder)) await showRewardDiff(this.#folder, message.folder, message.name);
        return;
      case 'open':
        await openRewardLine(this.#folder, message);
        return;
      default:
        for (const tab of this.#tabs) await tab.answer(message);
    }
  }

  #listen(): void {
    this.#ready = true;
    for (const { stream } of this.#runs.values()) stream.restart();
    this.#rescoreView.ready();
    for (const tab of this.#tabs) tab.ready?.();
    if (this.#toShow) this.#post(this.#toShow);
    this.#toShow = undefined;
    this.#activity.again();
  }

  async #sendCompletions(step: number): Promise<void> {
    try {
      this.#post({ type: 'rollouts', step, rows: await readCompletions(this.#folder, step), problem: null });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.#post({ type: 'rollouts', step, rows: [], problem });
    }
  }

  #compare(folders: readonly string[]): void {
    this.#compared = folders;
    if (folders.length > 0) earn('grpo.compared');
    for (const [folder, { feed }] of this.#runs) {
      if (folder === this.#folder || folders.includes(folder)) continue;
      feed.dispose();
      this.#runs.delete(folder);
    }
    this.#followCompared();
  }

  /** Only runs that the registry knows: the webview never names a path of its own. */
  #followCompared(): void {
    for (const folder of this.#compared)
      if (!this.#runs.has(folder) && this.#registry.get(folder)) this.#follow(folder);
  }
}
