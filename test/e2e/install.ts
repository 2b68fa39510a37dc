/** Installs what the end-to-end tests drive (see package.json beside this file), when it is not there or its lockfile changed. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const lockfile = join(import.meta.dirname, 'package-lock.json');
const nodeModules = join(import.meta.dirname, 'node_modules');
/** A copy of the lockfile, written when all of it was installed. */
const installed = join(nodeModules, '.installed-lock.json');

/** Where Chromium lies: ours, not the package's usual /tmp/chromium, where another version may be. It goes with node_modules. */
export const chromiumFolder = join(nodeModules, '.chromium');

export async function install(): Promise<void> {
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lockfile))) return;
  console.log('Installing code-server and Chromium for the end-to-end tests: half a minute …');
  npm('ci', import.meta.dirname);
  // What code-server's own install script would do, less compiling: that wants a C++ compiler, Kerberos' and Node's headers, which npm does
  // not bring. VS Code does without its native parts for single sign-on and chats, but output channels go through its logger.
  const vscode = join(nodeModules, 'code-server/lib/vscode');
  npm('install', vscode);
  npm('install', join(vscode, 'extensions'));
  replacePackage(join(vscode, 'node_modules/@vscode/spdlog'), join(import.meta.dirname, 'spdlog.js'));
  await unpackChromium();
  copyFileSync(lockfile, installed);
}

function npm(command: 'ci' | 'install', folder: string): void {
  const args = [command, '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
  // Inside an npm script this names the outer package's folder.
  const { npm_config_local_prefix, ...env } = process.env;
  const { status } = spawnSync('npm', args, { cwd: folder, env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ${command} failed in ${folder}: see above`);
}

function replacePackage(folder: string, file: string): void {
  copyFileSync(file, join(folder, 'index.js'));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: basename(folder), main: 'index.js', type: 'module' }),
  );
}

/** With the system libraries that it wants (NSS, NSPR, expat), which the package brings along and unpacks on Amazon's Linux only. */
async function unpackChromium(): Promise<void> {
  mkdirSync(chromiumFolder, { recursive: true });
  process.env.TMPDIR = chromiumFolder; // where the package unpacks to
  const { default: chromium, inflate } = await import('@sparticuz/chromium');
  await chromium.executablePath();
  await inflate(join(nodeModules, '@sparticuz/chromium/bin/al2023.tar.br'));
  delete process.env.TMPDIR;
}
