import { worthALook } from '../../doctor/diagnose.ts';
import { historyOf, type RunHistory } from '../../doctor/run-history.ts';
import type { HostMessage } from '../../protocol/dashboard.ts';
import { type KeyedFinding, keyed } from '../../protocol/keyed-findings.ts';
import type { RunFinding } from '../../protocol/run-finding.ts';
import type { TabContext } from './tabs/tab-host.ts';

/** A run that trains is looked at this often, in milliseconds; one whose look takes long, for this share of the time at most. */
const EVERY_MS = 2500;
const SHARE = 0.05;

type Context = Pick<TabContext, 'folder' | 'feed' | 'post' | 'visible'> & {
  log: { error(problem: Error): void };
  diagnose(folder: string, history: RunHistory): Promise<RunFinding[]>;
};

/** Tells a webview what the run shows, while someone looks at the list of it. Curves are in memory; completions of a few steps are read. */
export class FindingsFeed {
  readonly #context: Context;
  #watched = false;
  /** The run has changed since it was looked at. */
  #stale = true;
  #looking = false;
  #timer: NodeJS.Timeout | undefined;
  /** Not before then, on the clock of `performance`. */
  #next = 0;
  /** Of the last look. */
  #found: KeyedFinding[] | undefined;
  /** What the webview has. */
  #sent: string | undefined;
  #disposed = false;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Whether the list is in sight. A webview that starts afresh gets what is known at once: the next look may be far off. */
  set watched(watched: boolean) {
    this.#watched = watched;
    if (watched && this.#found) this.#send(this.#found);
    this.#lookSoon();
  }

  /** One of those that the webview has. */
  get(key: string): RunFinding | undefined {
    return this.#found?.find((found) => found.key === key)?.finding;
  }

  /** The webview starts afresh. */
  restart(): void {
    this.#watched = false;
    this.#sent = undefined;
    this.#stale = true;
  }

  runChanged(): void {
    this.#stale = true;
    this.#lookSoon();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  get #wanted(): boolean {
    return this.#watched && this.#stale && !this.#disposed && this.#context.visible();
  }

  #lookSoon(): void {
    if (!this.#wanted || this.#looking) return;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        if (this.#wanted) void this.#look();
      },
      Math.max(0, this.#next - performance.now()),
    );
  }

  async #look(): Promise<void> {
    const { folder, feed, log, diagnose } = this.#context;
    const { head, columns } = feed;
    // Not read yet: it will have changed then.
    if (!head) return;
    this.#looking = true;
    this.#stale = false;
    const started = performance.now();
    try {
      this.#send(keyed(worthALook(await diagnose(folder, historyOf(head, columns)))));
    } catch (error) {
      log.error(error instanceof Error ? error : new Error(String(error)));
    }
    const now = performance.now();
    this.#next = now + Math.max(EVERY_MS, (now - started) / SHARE);
    this.#looking = false;
    this.#lookSoon();
  }

  #send(findings: KeyedFinding[]): void {
    this.#found = findings;
    const text = JSON.stringify(findings);
    if (this.#disposed || text === this.#sent) return;
    this.#sent = text;
    this.#context.post({ type: 'findings', findings } satisfies HostMessage);
  }
}
