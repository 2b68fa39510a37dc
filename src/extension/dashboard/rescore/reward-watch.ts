import { dirname } from 'node:path';
import { Disposable, RelativePattern, Uri, workspace } from 'vscode';

/** Editors write a file in several steps, and "save all" saves several files. */
const SETTLE_MS = 300;
const CODE = '**/*.{ts,mts,cts,tsx,js,mjs,cjs,jsx,py,json}';
const NOT_OURS = /[\\/](node_modules|\.grpo|\.git|\.venv|__pycache__)[\\/]/;

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
      const watcher = workspace.createFileSystemWatcher(new RelativePattern(Uri.file(folder), CODE));
      const changed = ({ fsPath }: Uri) => this.#changed(fsPath);
      this.#watchers.set(
        folder,
        Disposable.from(
          watcher,
          watcher.onDidChange(changed),
          watcher.onDidCreate(changed),
          watcher.onDidDelete(changed),
        ),
      );
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.dispose();
  }

  #changed(file: string): void {
    if (NOT_OURS.test(file)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onChange, SETTLE_MS);
  }
}

const isInside = (folder: string, outer: string): boolean =>
  folder.startsWith(outer) && /^[\\/]/.test(folder.slice(outer.length));
