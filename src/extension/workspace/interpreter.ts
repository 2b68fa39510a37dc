import { Disposable, EventEmitter, extensions, Uri, workspace } from 'vscode';
import { settingPath } from './setting-path.ts';
import { settingsFolders } from './settings-folders.ts';

/** What we use of the Python extension's public API. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: Uri): { id: string; path: string };
    resolveEnvironment(
      path: unknown,
    ): Promise<{ executable: { uri?: Uri | undefined }; version?: { sysVersion?: string } } | undefined>;
    onDidChangeActiveEnvironmentPath(listener: () => void): Disposable;
  };
}

export interface Interpreter {
  /** Null: `python3` or `python` on the PATH. */
  path: string | null;
  /** Who chose it. */
  source: 'Python extension' | 'grpo.pythonPath' | 'PATH';
}

const PYTHON_EXTENSION = 'ms-python.python';
export const DEBUGPY_EXTENSION = 'ms-python.debugpy';

/** The Python interpreter for rewards of run configs that name none: of the Python extension, else the setting's, else the PATH's. */
export class Interpreters implements Disposable {
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #subscriptions: Disposable[] = [this.#changed];
  #api: Promise<PythonApi | undefined> | undefined;

  constructor() {
    this.#subscriptions.push(
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('grpo.pythonPath')) this.#changed.fire();
      }),
      extensions.onDidChange(() => {
        this.#api = undefined;
      }),
    );
  }

  async find(file: string): Promise<Interpreter> {
    this.#api ??= this.#activate();
    const api = await this.#api;
    if (api) {
      const { environments } = api;
      const found = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(Uri.file(file)));
      if (found?.executable.uri) return { path: found.executable.uri.fsPath, source: 'Python extension' };
    }
    const setting = workspace.getConfiguration('grpo', Uri.file(file)).get<string>('pythonPath', '').trim();
    if (setting === '') return { path: null, source: 'PATH' };
    return { path: settingPath(setting, settingsFolders(Uri.file(file))), source: 'grpo.pythonPath' };
  }

  dispose(): void {
    Disposable.from(...this.#subscriptions).dispose();
  }

  async #activate(): Promise<PythonApi | undefined> {
    const extension = extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
    if (!extension) return undefined;
    try {
      const api = extension.isActive ? extension.exports : await extension.activate();
      if (typeof api?.environments?.resolveEnvironment !== 'function') return undefined;
      this.#subscriptions.push(api.environments.onDidChangeActiveEnvironmentPath(() => this.#changed.fire()));
      return api;
    } catch {
      // Its own notification says what is wrong with it.
      return undefined;
    }
  }
}
