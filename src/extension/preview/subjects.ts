import { existsSync } from 'node:fs';
import { Disposable, EventEmitter, type Memento, type Uri, workspace } from 'vscode';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import type { ConfigLinks } from '../workspace/config-links.ts';
import { openDocument } from '../workspace/documents.ts';
import { isExcluded } from '../workspace/excluded.ts';
import { findConfigs } from '../workspace/find-files.ts';
import { CONFIG, SAMPLES, type Subject, subjectsOf } from '../workspace/links.ts';
import { KnownConfigs } from './known-configs.ts';

const RECENT = 'grpo.previewConfigs';
const MOST_RECENT = 20;
const OUR_FILES = '**/*.{grpo.json,samples.jsonl}';
const OF_A_RUN = /[\\/]\.grpo[\\/]runs[\\/]/;

/** Which files belong together, as the run configs say now, saved or not. */
export class Subjects implements Disposable {
  /** When the workspace's run configs are known. */
  readonly ready: Promise<void>;
  readonly #configs = new KnownConfigs(configText);
  readonly #state: Memento;
  readonly #changed = new EventEmitter<void>();
  readonly #subscription: Disposable;

  /** Configs or samples came, went, or say something else. */
  readonly onDidChange = this.#changed.event;

  constructor(state: Memento) {
    this.#state = state;
    const watcher = workspace.createFileSystemWatcher(OUR_FILES);
    this.#subscription = Disposable.from(
      this.#changed,
      watcher,
      watcher.onDidCreate((uri) => this.#onFile(uri)),
      watcher.onDidChange((uri) => CONFIG.test(uri.fsPath) && this.#onFile(uri)),
      watcher.onDidDelete((uri) => this.#onFile(uri)),
      workspace.onDidChangeTextDocument(({ document: { uri }, contentChanges }) => {
        if (contentChanges.length > 0 && uri.scheme === 'file' && CONFIG.test(uri.fsPath)) void this.#onFile(uri);
      }),
    );
    this.ready = this.#findConfigs();
  }

  /** What a file is previewed with; undefined when it has nothing to do with rewards. */
  of(file: string): Subject | undefined {
    return this.all(file)[0];
  }

  /** All that it could be previewed with, the one that it is first. */
  all(file: string): Subject[] {
    // The reward code that a run keeps is there to read, not to run.
    if (OF_A_RUN.test(file)) return [];
    return subjectsOf(file, this.#configs.all, existsSync, this.#state.get<string[]>(RECENT));
  }

  /** What the run configs of the workspace name. */
  get configs(): ConfigLinks[] {
    return this.#configs.all;
  }

  /** A subject as it is now; itself when it is no more. */
  again(subject: Subject): Subject {
    return this.all(subject.id).find(({ id }) => id === subject.id) ?? subject;
  }

  /** Prefers this run config, or reward file alone, from now on. */
  async prefer(id: string): Promise<void> {
    const recent = this.#state.get<string[]>(RECENT, []).filter((other) => other !== id);
    await this.#state.update(RECENT, [id, ...recent].slice(0, MOST_RECENT));
    this.#changed.fire();
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #findConfigs(): Promise<void> {
    const files = await findConfigs();
    await Promise.all(files.map(({ fsPath }) => this.#configs.read(fsPath)));
  }

  async #onFile({ fsPath }: Uri): Promise<void> {
    if (isExcluded(fsPath)) return;
    if (CONFIG.test(fsPath)) await this.#configs.read(fsPath);
    if (CONFIG.test(fsPath) || SAMPLES.test(fsPath)) this.#changed.fire();
  }
}

/** As the editor has it; undefined when there is none. */
const configText = async (file: string): Promise<string | undefined> =>
  openDocument(file)?.getText() ?? (await readTextLater(file, CONFIG_FILE).catch(() => undefined));
