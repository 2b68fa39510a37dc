import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { RUN_FILES } from '../../protocol/run-folder.ts';

/** A checkpoint is a rename, an evaluation a file: what comes shortly after one is read with it. */
const INTERVAL_MS = 300;

/** Calls `changed` soon after something in a run's checkpoints or evaluations has come or gone. Gives how to end that. */
export function watchCheckpoints(run: string, changed: () => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      follow();
      changed();
    }, INTERVAL_MS);
  };
  const follow = () => {
    // Neither folder is there before the first of its kind: until then the run's own tells.
    for (const place of [run, join(run, RUN_FILES.checkpoints), join(run, RUN_FILES.evaluations)]) {
      if (watchers.has(place)) continue;
      try {
        const watcher = watch(place, soon);
        watcher.on('error', () => {
          watcher.close();
          watchers.delete(place);
        });
        watchers.set(place, watcher);
      } catch {
        // Not there yet, or a file system that cannot be watched.
      }
    }
  };
  follow();
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}
