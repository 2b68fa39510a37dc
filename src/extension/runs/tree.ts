import {
  Disposable,
  type Event,
  EventEmitter,
  type Memento,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  Uri,
  window,
  workspace,
} from 'vscode';
import { fileName } from '../../text/files-by-name.ts';
import type { CurrentTraining } from '../workspace/active-training.ts';
import type { RunList } from '../workspace/run-list.ts';
import type { RunNode } from '../workspace/run-node.ts';
import { groupRuns, isRunOrder, RUN_ORDERS, type RunOrder } from '../workspace/sort-runs.ts';
import { runItem } from './run-item.ts';

const ORDER_KEY = 'grpo.runs.order';

const RESTRICTED = 'Restricted Mode: you can read runs but not start them, because training runs its reward functions.';

/** The runs view: runs by state, their checkpoints under them. */
export class RunTree implements TreeDataProvider<RunNode>, Disposable {
  readonly #runs: RunList;
  readonly #training: CurrentTraining;
  /** Where the order is remembered. */
  readonly #memory: Memento;
  readonly #changed = new EventEmitter<void>();
  readonly #view: TreeView<RunNode>;
  readonly #subscription: Disposable;

  constructor(runs: RunList, training: CurrentTraining, memory: Memento) {
    this.#runs = runs;
    this.#training = training;
    this.#memory = memory;
    this.#view = window.createTreeView('grpo.runs', { treeDataProvider: this, canSelectMany: true });
    this.#showOrder();
    let shown = '';
    this.#subscription = Disposable.from(
      this.#view,
      this.#changed,
      runs.onDidChangeRuns(() => this.#changed.fire()),
      workspace.onDidGrantWorkspaceTrust(() => this.#changed.fire()),
      training.onDidChange(() => {
        const { active, queue } = training;
        const now = JSON.stringify([active?.request, active?.folder, active?.findings, queue]);
        if (now !== shown) this.#changed.fire();
        shown = now;
      }),
    );
  }

  get onDidChangeTreeData(): Event<void> {
    return this.#changed.event;
  }

  /** What is selected in the view. */
  get selection(): readonly RunNode[] {
    return this.#view.selection;
  }

  get order(): RunOrder {
    const order = this.#memory.get(ORDER_KEY);
    return isRunOrder(order) ? order : 'newest';
  }

  /** Remembered for this workspace. */
  async sortBy(order: RunOrder): Promise<void> {
    await this.#memory.update(ORDER_KEY, order);
    this.#showOrder();
    this.#changed.fire();
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
        const { name, resume } = node.request;
        const item = new TreeItem((resume === undefined ? undefined : this.#runs.get(resume)?.name) ?? name);
        item.iconPath = new ThemeIcon('clock');
        item.description = resume === undefined ? 'queued' : 'queued to resume';
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
        const { path } = node.checkpoint;
        const item = new TreeItem(fileName(path));
        item.id = path;
        item.iconPath = new ThemeIcon('archive');
        item.resourceUri = Uri.file(path);
        item.contextValue = 'checkpoint';
        item.tooltip = path;
        item.command = { title: 'Open Checkpoint', command: 'grpo.openCheckpoint', arguments: [node] };
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
    return groupRuns(this.#runs.runs, this.order)
      .flatMap(({ title, runs }) => {
        const children = runs.map((run): RunNode => ({ kind: 'run', run }));
        if (title !== 'Running') return [{ title, children }];
        return [
          { title, children: [...starting, ...children] },
          { title: 'Queued', children: queued },
        ];
      })
      .filter(({ children }) => children.length > 0)
      .map(({ title, children }) => ({ kind: 'state', title, children }));
  }

  /** The usual order says nothing. */
  #showOrder(): void {
    const { order } = this;
    this.#view.description = order === 'newest' ? '' : `by ${RUN_ORDERS[order].toLowerCase()}`;
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
