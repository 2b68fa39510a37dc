import type { Disposable, LogOutputChannel, Uri } from 'vscode';
import type { DashboardMessage, HostMessage } from '../../../protocol/dashboard.ts';
import type { RunRegistry } from '../../workspace/registry.ts';
import type { RunFeed } from '../run-feed.ts';

/** What a tab's host works with. */
export interface TabContext {
  /** The dashboard's run. */
  folder: string;
  /** What has been read of it. */
  feed: Pick<RunFeed, 'head' | 'columns'>;
  extensionUri: Uri;
  registry: RunRegistry;
  log: LogOutputChannel;
  /** What processes that load an engine get to see. */
  environment(): NodeJS.ProcessEnv;
  post(message: HostMessage): void;
  /** Whether the dashboard is in sight. */
  visible(): boolean;
}

/** The extension's side of one of the dashboard's tabs. */
export interface TabHost extends Disposable {
  /** Undefined for messages of other tabs. */
  answer(message: DashboardMessage): Promise<void> | undefined;
  /** The webview starts afresh: it was just made, or was hidden and came back. */
  ready?(): void;
  /** There may be more to show of the run. */
  runChanged?(): void;
}
