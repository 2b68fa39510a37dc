import { type Disposable, EventEmitter, type ExtensionContext } from 'vscode';

/** All of them under one name: there is no list of names anywhere else. */
const SECRET = 'grpo.judgeKeys';

/** What an environment variable may be called. */
export const isVariable = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name);

/**
 * Keys of judges, in VS Code's secret storage. They leave it only for the environment of processes that run reward functions, which get those that
 * `rewardEnv` names; no file and no log has them.
 */
export class JudgeKeys implements Disposable {
  readonly #secrets: ExtensionContext['secrets'];
  readonly #changed = new EventEmitter<void>();
  readonly #subscription: Disposable;
  #keys: Record<string, string> = {};
  #loaded: Promise<void> | undefined;

  /** Also when another window has changed them. */
  readonly onDidChange = this.#changed.event;

  constructor({ secrets }: Pick<ExtensionContext, 'secrets'>) {
    this.#secrets = secrets;
    this.#subscription = secrets.onDidChange(async ({ key }) => {
      if (key !== SECRET || !this.#loaded) return;
      await this.#load();
      this.#changed.fire();
    });
  }

  /** Before anything else is asked of it. */
  load(): Promise<void> {
    this.#loaded ??= this.#load();
    return this.#loaded;
  }

  get names(): string[] {
    return Object.keys(this.#keys).sort();
  }

  /** For a process that runs reward functions. A key that is stored counts more than a variable that is set. */
  get environment(): NodeJS.ProcessEnv {
    return { ...this.#keys };
  }

  /** Without a key, forgets the name. */
  async set(name: string, key: string | undefined): Promise<void> {
    await this.#load();
    const { [name]: _, ...others } = this.#keys;
    const keys = key === undefined ? others : { ...others, [name]: key };
    if (Object.keys(keys).length > 0) await this.#secrets.store(SECRET, JSON.stringify(keys));
    else await this.#secrets.delete(SECRET);
    this.#keys = keys;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  async #load(): Promise<void> {
    this.#keys = await this.#read();
  }

  /** None where there is no keyring, or what is in it is of a later release: previews and training do not depend on it. */
  async #read(): Promise<Record<string, string>> {
    try {
      const stored: Record<string, unknown> = JSON.parse((await this.#secrets.get(SECRET)) ?? '{}');
      return Object.fromEntries(
        Object.entries(stored).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      );
    } catch {
      return {};
    }
  }
}
