/** `npm run vscode`: the sample workspace with the extension, in desktop VS Code where `code` is on the PATH, else in the browser. */
import { spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const SAMPLE = resolve('sample-workspace');
interface Installer {
  install(): Promise<void>;
}

const windows = process.platform === 'win32';

if (spawnSync('code', ['--version'], { stdio: 'ignore', shell: windows }).status === 0) openDesktop();
else if (process.platform === 'linux' && process.arch === 'x64') await openBrowser();
else {
  console.error('There is no "code" on the PATH: in VS Code, run "Shell Command: Install code command in PATH" first.');
  process.exitCode = 1;
}

/** The repository itself is the extension: nothing is installed into the user's own editor. */
function openDesktop(): void {
  const args = ['--new-window', `--extensionDevelopmentPath=${resolve('.')}`, SAMPLE];
  process.exitCode = spawnSync('code', args, { stdio: 'inherit', shell: windows }).status ?? 1;
}

/** The packaged extension in the VS Code server of the end-to-end tests, with folders of its own under dist/. */
async function openBrowser(): Promise<void> {
  // Not an import that the type checker follows: those tests have packages of their own, which need not be installed.
  const { install } = (await import(String(new URL('../test/e2e/install.ts', import.meta.url)))) as Installer;
  await install();
  const server = resolve('test/e2e/node_modules/code-server/out/node/entry.js');
  const folders = [
    '--user-data-dir',
    resolve('dist/vscode/data'),
    '--extensions-dir',
    resolve('dist/vscode/extensions'),
  ];
  const vsix = join('dist', `grpo-lab-${process.platform}-${process.arch}.vsix`);
  const { status } = spawnSync(process.execPath, [server, ...folders, '--install-extension', vsix, '--force'], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);

  // Only this machine can reach it.
  const options = [
    ...['--bind-addr', '127.0.0.1:0', '--auth', 'none', '--disable-telemetry', '--disable-update-check'],
    // The workspace is this repository's own.
    '--disable-workspace-trust',
  ];
  const child = spawn(process.execPath, [server, ...folders, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (said === '') {
      const address = /listening on (http:\/\/\S+)/.exec(text)?.[1];
      if (!address) return;
      said = `${address.replace(/\/$/, '')}/?folder=${encodeURIComponent(SAMPLE)}`;
      console.log(`\nOpen ${said}\nCtrl-C ends it.`);
      spawn('xdg-open', [said], { stdio: 'ignore' }).on('error', () => {});
    }
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 0));
}
