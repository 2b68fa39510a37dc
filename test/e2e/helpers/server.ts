import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MARK, processesOf, until } from './processes.ts';

const entry = join(import.meta.dirname, '../node_modules/code-server/out/node/entry.js');
const root = join(import.meta.dirname, '../../..');

/** What would move, blink or cover something, or reach for the network. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.layoutControl.enabled': false,
  'workbench.enableExperiments': false,
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'workbench.colorTheme': 'Dark Modern',
  'window.autoDetectColorScheme': false,
  'editor.cursorBlinking': 'solid',
  'git.enabled': false,
};

export interface ServerOptions {
  /** The extensions folder that the packaged extension was installed into; copied, as an editor writes there. */
  extensions: string;
  /** Workspace Trust as a user has it; without, every folder is trusted. */
  trust?: boolean;
  settings?: Record<string, unknown>;
}

/** A VS Code server with folders of its own and a fresh copy of the sample workspace, all in one temporary folder. */
export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-'));
  readonly workspace = join(this.folder, 'sample-workspace');
  readonly #log: string[] = [];
  #process: ChildProcess | undefined;
  #url = '';

  static async start(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    await server.#start(options);
    return server;
  }

  private constructor({ extensions, settings }: ServerOptions) {
    cpSync(join(root, 'sample-workspace'), this.workspace, {
      recursive: true,
      // Nor a model that somebody put there.
      filter: (path) => !/\/(\.grpo|smollm2-135m-instruct)$/.test(path),
    });
    // What its files point to outside of it.
    for (const file of ['schemas/grpo.schema.json', 'dist/grpo-rewards.d.ts'])
      cpSync(join(root, file), join(this.folder, file));
    cpSync(extensions, join(this.folder, 'extensions'), { recursive: true });
    mkdirSync(join(this.folder, 'data/User'), { recursive: true });
    writeFileSync(join(this.folder, 'data/User/settings.json'), JSON.stringify({ ...quietSettings, ...settings }));
  }

  /** Where to point the browser. */
  get url(): string {
    return `${this.#url}?folder=${encodeURIComponent(this.workspace)}`;
  }

  /** The server's output, for when something goes wrong. */
  get log(): string {
    return this.#log.join('');
  }

  /** The processes of ours: a trainer is `trainer.js`, its rewards `reward-worker.js`. */
  processes(script = ''): { pid: number; command: string }[] {
    return processesOf(this.folder, script);
  }

  async #start({ trust = false }: ServerOptions): Promise<void> {
    const folder = (name: string) => join(this.folder, name);
    this.#process = spawn(
      process.execPath,
      [
        entry,
        ...['--bind-addr', '127.0.0.1:0', '--auth', 'none'],
        ...[
          '--config',
          folder('config.yaml'),
          '--user-data-dir',
          folder('data'),
          '--extensions-dir',
          folder('extensions'),
        ],
        ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override', '--disable-proxy'],
        ...(trust ? [] : ['--disable-workspace-trust']),
      ],
      {
        env: {
          ...process.env,
          [MARK]: this.folder,
          // Nothing of this machine's user, and no marketplace.
          HOME: this.folder,
          XDG_CONFIG_HOME: folder('config'),
          XDG_DATA_HOME: folder('share'),
          XDG_CACHE_HOME: folder('cache'),
          EXTENSIONS_GALLERY: '{}',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#process.stdout!.on('data', (text) => this.#log.push(String(text)));
    this.#process.stderr!.on('data', (text) => this.#log.push(String(text)));
    this.#url = await until(`code-server to listen:\n${this.log}`, () => {
      if (this.#process!.exitCode !== null) throw new Error(`code-server ended:\n${this.log}`);
      return /listening on (http:\/\/\S+)/.exec(this.log)?.[1];
    });
  }

  /** Ends the server; its processes that are left after that, which should be none, are killed and given back. */
  async stop(): Promise<{ pid: number; command: string }[]> {
    this.#process?.kill('SIGTERM');
    await until('code-server to end', () => this.#process?.exitCode !== null || this.#process.signalCode !== null);
    await until('no process to be left', () => this.processes().length === 0, 10_000).catch(() => {});
    const left = this.processes();
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
    return left;
  }
}
