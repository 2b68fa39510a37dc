import { basename } from 'node:path';
import {
  Disposable,
  type Event,
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  Uri,
  window,
  workspace,
} from 'vscode';
import { rewardChange, rewardText } from '../../protocol/held-out.ts';
import type { Run } from '../../run-folder/read-run.ts';
import { formatDuration } from '../../text/duration.ts';
import type { ActiveTraining, CurrentTraining } from '../workspace/active-training.ts';
import type { RunList } from '../workspace/run-list.ts';
import type { RunNode } from '../workspace/run-node.ts';

type Status = Run['status'];

/** In the order of the view. */
const GROUPS: { title: string; statuses: Status[] }[] = [
  { title: 'Running', statuses: ['running', 'paused', 'stopping'] },
  { title: 'Interrupted', statuses: ['interrupted'] },
  { title: 'Failed', statuses: ['failed'] },
  { title: 'Stopped', statuses: ['stopped'] },
  { title: 'Done', statuses: ['done'] },
];

const ICONS: Record<Status, [icon: string, color: string]> = {
  running: ['pulse', 'charts.blue'],
  paused: ['debug-pause', 'charts.yellow'],
  stopping: ['loading~spin', 'charts.blue'],
  interrupted: ['debug-disconnect', 'list.warningForeground'],
  failed: ['error', 'charts.red'],
  stopped: ['debug-stop', 'charts.foreground'],
  done: ['check', 'charts.green'],
};

/** A run that is done, but not as anyone would want it. */
const NOTHING_LEARNED = ['warning', 'list.warningForeground'] as const;

const RESTRICTED = 'Restricted Mode: you can read runs but not start them, because training runs its reward functions.';

/** The runs view: runs by state, their checkpoints under them. */
export class RunTree implements TreeDataProvider<RunNode>, Disposable {
  readonly #runs: RunList;
  readonly #training: CurrentTraining;
  readonly #changed = new EventEmitter<void>();
  readonly #view: TreeView<RunNode>;
  readonly #subscription: Disposable;

  constructor(runs: RunList, training: CurrentTraining) {
    this.#runs = runs;
    this.#training = training;
    this.#view = window.createTreeView('grpo.runs', { treeDataProvider: this });
    let shown = '';
    this.#subscription = Disposable.from(
      this.#view,
      this.#changed,
      runs.onDidChangeRuns(() => this.#changed.fire()),
      workspace.onDidGrantWorkspaceTrust(() => this.#changed.fire()),
      training.onDidChange(() => {
        const { active, queue } = training;
        const now = JSON.stringify([active?.request, active?.folder, queue]);
        if (now !== shown) this.#changed.fire();
        shown = now;
      }),
    );
  }

  get onDidChangeTreeData(): Event<void> {
    return this.#changed.event;
  }

  async getChildren(node?: RunNode): Promise<RunNode[]> {
    if (!node) {
      await this.#runs.scanned;
      const groups = this.#groups();
      // An empty view has a welcome text, which says the same, and which a message would hide.
      this.#view.message = workspace.isTrusted || groups.length === 0 ? undefined : RESTRICTED;
      return groups;
    }
    if (node.kind === 'state') return node.children;
    if (node.kind !== 'run') return [];
    const { listCheckpointsLater } = await import('../../run-folder/checkpoints.ts');
    const checkpoints = (await listCheckpointsLater(node.run.folder)).reverse();
    return checkpoints.map((checkpoint) => ({ kind: 'checkpoint', run: node.run, checkpoint }));
  }

  getTreeItem(node: RunNode): TreeItem {
    switch (node.kind) {
      case 'state': {
        const item = new TreeItem(node.title, TreeItemCollapsibleState.Expanded);
        item.id = node.title;
        item.contextValue = 'state';
        return item;
      }
      case 'run':
        return runItem(node.run, this.#training.active);
      case 'queued': {
        const item = new TreeItem(node.request.name);
        item.iconPath = new ThemeIcon('clock');
        item.description = node.request.resume === undefined ? 'queued' : 'queued to resume';
        item.contextValue = 'queued';
        return item;
      }
      case 'starting': {
        const item = new TreeItem(node.name);
        item.iconPath = new ThemeIcon('loading~spin');
        item.description = 'loading';
        item.contextValue = 'starting';
        return item;
      }
      case 'checkpoint': {
        const item = new TreeItem(basename(node.checkpoint.path));
        item.id = node.checkpoint.path;
        item.iconPath = new ThemeIcon('archive');
        item.resourceUri = Uri.file(node.checkpoint.path);
        item.contextValue = 'checkpoint';
        item.tooltip = node.checkpoint.path;
        return item;
      }
      default:
        return node satisfies never;
    }
  }

  #groups(): RunNode[] {
    const { active, queue } = this.#training;
    const starting: RunNode[] =
      active && active.folder === undefined ? [{ kind: 'starting', name: active.request.name }] : [];
    const queued = queue.map((request): RunNode => ({ kind: 'queued', request }));
    const groups = GROUPS.map(({ title, statuses }) => {
      const runs = this.#runs.runs.filter(({ status }) => statuses.includes(status));
      return { title, children: runs.map((run): RunNode => ({ kind: 'run', run })) };
    });
    groups[0]!.children.unshift(...starting);
    groups.splice(1, 0, { title: 'Queued', children: queued });
    return groups
      .filter(({ children }) => children.length > 0)
      .map(({ title, children }) => ({ kind: 'state', title, children }));
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

function runItem({ folder, info, status, live, lastReward }: Run, active: ActiveTraining | undefined): TreeItem {
  const item = new TreeItem(info.name, TreeItemCollapsibleState.Collapsed);
  item.id = folder;
  const nothingLearned = status === 'done' ? info.findings?.[0] : undefined;
  const [icon, color] = nothingLearned ? NOTHING_LEARNED : ICONS[status];
  item.iconPath = new ThemeIcon(icon, new ThemeColor(color));
  const { maxSteps } = info.config;
  const running = status === 'running' || status === 'paused' || status === 'stopping';
  const parts = running && !live ? ['elsewhere'] : [];
  if (lastReward !== null) parts.push(`reward ${rewardText(lastReward)}`);
  const left = status === 'running' && active?.folder === folder ? active.progress.secondsLeft : undefined;
  const time = left === undefined ? startedAt(info.createdAt) : `${formatDuration(left)} left`;
  item.description = [...parts, `${info.step}/${maxSteps}`, time].join(' · ');
  const state = nothingLearned ? `${status}, nothing learned` : status;
  const label = `${info.name}, ${state}, step ${info.step} of ${maxSteps}, reward ${rewardText(lastReward)}`;
  item.accessibilityInformation = { label };
  item.tooltip = new MarkdownString().appendText(
    [
      `${info.name}: ${state}`,
      nothingLearned?.evidence,
      info.heldOut && rewardChange(info.heldOut, { first: null, last: null }),
      info.reason,
      `started ${new Date(info.createdAt).toLocaleString()}`,
      folder,
    ]
      .filter((line) => typeof line === 'string')
      .join('\n'),
  );
  item.contextValue = live ? `run.live.${status}` : running ? 'run.elsewhere' : `run.ended.${status}`;
  item.command = { title: 'Open Dashboard', command: 'grpo.openDashboard', arguments: [folder] };
  return item;
}

/** Today's by their time, others by their date. */
function startedAt(createdAt: string): string {
  const date = new Date(createdAt);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString(undefined, { month: 'short', day: 'numeric' });
}
