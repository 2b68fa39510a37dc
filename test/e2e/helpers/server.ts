import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endingOf, logFile, type RunningServer } from './code-server.ts';
import { type Process, processesOf, until } from './processes.ts';

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
  'js/ts.tsserver.automaticTypeAcquisition.enabled': false,
  'json.schemaDownload.enable': false,
};

/**
 * Processes that a server keeps between two windows. A file watcher is among them where the server missed that its window was closed: it then
 * waits for the window to come back, and ends the watcher after some minutes. That they end with the server, `CodeServer.stop` checks.
 */
const KEPT = /code-server\/out\/node\/entry|server-main|--type=(ptyHost|agentHost|fileWatcher)/;

/** One user's share of a VS Code server: a fresh copy of the sample workspace, and a profile with nothing but these settings. */
export class Server {
  /** Of this user alone. */
  readonly folder: string;
  readonly workspace: string;
  readonly #server: RunningServer;

  constructor(server: RunningServer, settings: Record<string, unknown> = {}) {
    this.#server = server;
    this.folder = mkdtempSync(join(server.folder, 'user-'));
    this.workspace = join(this.folder, 'sample-workspace');
    cpSync(join(root, 'sample-workspace'), this.workspace, {
      recursive: true,
      // Nor a model that somebody put there.
      filter: (path) => !/\/(\.grpo|smollm2-135m-instruct)$/.test(path),
    });
    // What its files point to outside of it.
    cpSync(join(root, 'schemas'), join(this.folder, 'schemas'), { recursive: true });
    const profile = join(server.folder, 'data/User');
    rmSync(profile, { recursive: true, force: true });
    mkdirSync(profile, { recursive: true });
    writeFileSync(join(profile, 'settings.json'), JSON.stringify({ ...quietSettings, ...settings }));
  }

  /** Where to point the browser. */
  get url(): string {
    return `${this.#server.url}?folder=${encodeURIComponent(this.workspace)}`;
  }

  /** The server's output, for when something goes wrong. */
  get log(): string {
    const file = logFile(this.#server);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** The processes of ours: a trainer is `trainer.js`, its rewards `reward-worker.js`. */
  processes(script = ''): Process[] {
    return processesOf(this.#server.folder, script);
  }

  /**
   * After the window was closed: processes that are left of it, which should be none, are killed and given back. A window that was closed while it
   * still connected has the server keep its extensions' process for hours, should it come back. That process is ended here as the server would end
   * it, and then nothing may be left of it.
   */
  async leave(): Promise<Process[]> {
    const ours = () => this.processes().filter(({ command }) => !KEPT.test(command));
    await until('no process to be left', () => ours().length === 0, 10_000).catch(() => {
      for (const { pid } of this.processes('--type=extensionHost')) process.kill(pid, 'SIGTERM');
    });
    const left = await endingOf(ours);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
    return left;
  }
}
