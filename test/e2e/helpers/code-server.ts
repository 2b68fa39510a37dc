import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installBeside } from './package.ts';
import { MARK, type Process, processesOf, until } from './processes.ts';

const entry = join(import.meta.dirname, '../node_modules/code-server/out/node/entry.js');

/** What a test needs to know of a server that another process may have started. */
export interface RunningServer {
  /** All that it writes is in here; its processes are marked with it. */
  folder: string;
  /** Where to point the browser. */
  url: string;
}

export interface CodeServerOptions {
  /** The extensions folder that the packaged extension was installed into; copied, as an editor writes there. */
  extensions: string;
  /** Workspace Trust as a user has it; without, every folder is trusted. */
  trust?: boolean;
  /** The folder of an extension of the tests, to be installed beside ours. */
  beside?: string | undefined;
}

/** A VS Code server with folders of its own, all in one temporary folder. Windows of different workspaces share it. */
export class CodeServer implements RunningServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'grpo-e2e-'));
  url = '';
  #process: ChildProcess | undefined;

  static async start(options: CodeServerOptions): Promise<CodeServer> {
    const server = new CodeServer();
    await server.#start(options);
    return server;
  }

  async #start({ extensions, trust = false, beside }: CodeServerOptions): Promise<void> {
    const folder = (name: string) => join(this.folder, name);
    cpSync(extensions, folder('extensions'), { recursive: true });
    if (beside !== undefined) installBeside(beside, folder('extensions'), this.folder);
    const folders = ['--user-data-dir', folder('data'), '--extensions-dir', folder('extensions')];
    const server = spawn(
      process.execPath,
      [
        entry,
        ...['--bind-addr', '127.0.0.1:0', '--auth', 'none', '--config', folder('config.yaml'), ...folders],
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
    this.#process = server;
    let said = '';
    for (const stream of [server.stdout, server.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        appendFileSync(logFile(this), text);
      });
    this.url = await until('code-server to listen', () => {
      if (server.exitCode !== null) throw new Error(`code-server ended:\n${said}`);
      return /listening on (http:\/\/\S+)/.exec(said)?.[1];
    });
  }

  /** Ends the server; its processes that are left after that, which should be none, are killed and given back. */
  async stop(): Promise<Process[]> {
    this.#process?.kill('SIGTERM');
    await until('code-server to end', () => this.#process?.exitCode !== null || this.#process.signalCode !== null);
    const left = await endingOf(() => processesOf(this.folder));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
    return left;
  }
}

/** The server's output, for when something goes wrong. */
export const logFile = ({ folder }: RunningServer): string => join(folder, 'code-server.log');

/** Waits until these processes are gone; those that are not, are killed and given back. */
export async function endingOf(processes: () => Process[]): Promise<Process[]> {
  await until('no process to be left', () => processes().length === 0, 10_000).catch(() => {});
  const left = processes();
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  return left;
}
