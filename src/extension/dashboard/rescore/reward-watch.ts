import { dirname } from 'node:path';
import { type Disposable, RelativePattern, Uri } from 'vscode';
import { isExcluded } from '../../workspace/excluded.ts';
import { watchFiles } from '../../workspace/watch-files.ts';

/** Editors write a file in several steps, and "save all" saves several files. */
const SETTLE_MS = 300;
const CODE = '**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx,py,json}';

/** Tells when reward files, modules beside them that they may import, or their config have been saved. */
export class RewardWatch implements Disposable {
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, Disposable>();
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Watches the folders of these files too. */
  follow(files: readonly string[]): void {
    for (const folder of new Set(files.map(dirname))) {
      if ([...this.#watchers.keys()].some((known) => folder === known || isInside(folder, known))) continue;
      const pattern = new RelativePattern(Uri.file(folder), CODE);
      this.#watchers.set(
        folder,
        watchFiles(pattern, (file) => this.#changed(file)),
      );
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.dispose();
  }

  #changed(file: string): void {
    if (isExcluded(file)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onChange, SETTLE_MS);
  }
}

const isInside = (folder: string, outer: string): boolean =>
  folder.startsWith(outer) && /^[\\/]/.test(folder.slice(outer.length));
