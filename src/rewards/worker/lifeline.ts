import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * Ends this process, and what it started, as soon as the lifeline (file descriptor 0) closes: the host is gone, even if
 * it was killed. A thread of its own watches, because user code may keep the main thread in a loop that never ends; for the same
 * reason none may run before the thread does. Rejects when it cannot start (in a folder that is deleted meanwhile, say).
 */
export async function watchLifeline(): Promise<void> {
  // The bundle beside this one.
  const watcher = new Worker(new URL('./reward-lifeline.js', import.meta.url), { stdin: false, execArgv: [] });
  await once(watcher, 'message');
  watcher.unref();
}
