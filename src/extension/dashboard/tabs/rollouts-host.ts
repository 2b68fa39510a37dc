import type { DashboardMessage } from '../../../protocol/dashboard.ts';
import { readCompletionTokens } from '../../../run-folder/completion-tokens.ts';
import { promptGroups } from '../../../run-folder/prompt-groups.ts';
import { type FoundRollouts, searchRollouts } from '../../../run-folder/search-rollouts.ts';
import type { TabContext, TabHost } from './tab-host.ts';

/** More than anyone reads, and few enough to be shown at once. */
const MOST_HITS = 2000;
/** What is found is told this often, in milliseconds; the first at once. */
const INTERVAL_MS = 100;

type Task = Extract<DashboardMessage, { type: 'cancel' }>['what'];
type Progress = Omit<FoundRollouts<never>, 'items'> & { id: number; done: boolean };

/** Searches the rollouts of all steps for the dashboard, and collects a prompt's. One of each at a time: the next one ends it. */
export class RolloutsHost implements TabHost {
  readonly #context: TabContext;
  readonly #running = new Map<Task, AbortController>();

  constructor(context: TabContext) {
    this.#context = context;
  }

  answer(message: DashboardMessage): Promise<void> | undefined {
    const { folder, post } = this.#context;
    switch (message.type) {
      case 'search': {
        const { id, query } = message;
        let room = MOST_HITS;
        return this.#run(
          'search',
          id,
          (signal) => searchRollouts(folder, query, signal),
          (found, progress) => {
            const hits = found.slice(0, room);
            room -= hits.length;
            const full = found.length > hits.length;
            post({ type: 'hits', ...progress, done: progress.done || full, hits, full });
            return full;
          },
        );
      }
      case 'promptGroups': {
        const { id, prompt } = message;
        return this.#run(
          'promptGroups',
          id,
          (signal) => promptGroups(folder, prompt, signal),
          (groups, progress) => {
            post({ type: 'promptGroups', ...progress, groups });
            return false;
          },
        );
      }
      case 'tokens':
        return this.#sendTokens(message);
      case 'cancel':
        this.#running.get(message.what)?.abort();
        return Promise.resolve();
      default:
        return undefined;
    }
  }

  async #sendTokens({ step, group }: Extract<DashboardMessage, { type: 'tokens' }>): Promise<void> {
    const { folder, post } = this.#context;
    const answer = await readCompletionTokens(folder, step, group).then(
      (rows) => ({ rows, problem: null }),
      (error) => ({ rows: [], problem: String(error) }),
    );
    post({ type: 'tokens', step, group, ...answer });
  }

  /** Those of the webview before are of no use to the next one. */
  ready(): void {
    for (const controller of this.#running.values()) controller.abort();
  }

  dispose(): void {
    this.ready();
  }

  /** `tell` says whether it has heard enough. */
  async #run<Item>(
    task: Task,
    id: number,
    search: (signal: AbortSignal) => AsyncIterable<FoundRollouts<Item>>,
    tell: (items: Item[], progress: Progress) => boolean,
  ): Promise<void> {
    this.#running.get(task)?.abort();
    const controller = new AbortController();
    this.#running.set(task, controller);
    let waiting: Item[] = [];
    let toldAt = -Infinity;
    let hasTold = false;
    try {
      for await (const { items, searched, of, unreadable } of search(controller.signal)) {
        waiting.push(...items);
        const done = searched === of;
        const isFirst: boolean = !hasTold && items.length > 0;
        if (!done && !isFirst && performance.now() - toldAt < INTERVAL_MS) continue;
        toldAt = performance.now();
        hasTold ||= isFirst;
        const told = waiting;
        waiting = [];
        if (tell(told, { id, searched, of, unreadable, done })) return;
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      if (this.#running.get(task) === controller) this.#running.delete(task);
    }
  }
}
