import { DASHBOARD_VERSION, type HostMessage } from '../../protocol/dashboard.ts';
import type { RunFeed } from './run-feed.ts';

/** Sends a run to a webview: everything once, from then on only what is new. */
export class RunStream {
  readonly #feed: RunFeed;
  readonly #main: boolean;
  readonly #post: (message: HostMessage) => void;
  /** What the webview has; undefined: nothing. */
  #sent: { generation: number; length: number; head: string } | undefined;

  constructor(feed: RunFeed, main: boolean, post: (message: HostMessage) => void) {
    this.#feed = feed;
    this.#main = main;
    this.#post = post;
  }

  /** The webview starts afresh: it was just made, or was hidden and came back. */
  restart(): void {
    this.#sent = undefined;
    this.update();
  }

  update(): void {
    const { folder, head, columns, generation } = this.#feed;
    if (!head) return;
    const sent = this.#sent;
    this.#sent = { generation, length: columns.length, head: JSON.stringify(head) };
    if (!sent || generation !== sent.generation) {
      const main = this.#main;
      this.#post({ type: 'snapshot', version: DASHBOARD_VERSION, main, head, columns: columns.slice() });
      return;
    }
    if (columns.length > sent.length) this.#post({ type: 'append', folder, columns: columns.slice(sent.length) });
    if (this.#sent.head !== sent.head) this.#post({ type: 'head', head });
  }
}
