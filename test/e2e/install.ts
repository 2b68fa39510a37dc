/** Installs what the end-to-end tests drive (see package.json beside this file), when it is not there or its lockfile changed. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const lockfile = join(import.meta.dirname, 'package-lock.json');
const nodeModules = join(import.meta.dirname, 'node_modules');
/** A copy of the lockfile, written when all of it was installed. */
const installed = join(nodeModules, '.installed-lock.json');

/** Where Chromium lies: ours, not the package's usual /tmp/chromium, where another version may be. It goes with node_modules. */
export const chromiumFolder = join(nodeModules, '.chromium');

export async function install(): Promise<void> {
  if (existsSync(installed) && readFileSync(installed).equals(readFileSync(lockfile))) return;
  console.log('Installing code-server and Chromium for the end-to-end tests: about a minute and a half …');
  // Inside an npm script these name the outer npm's folder and Node; code-server's install script refuses a Node other than 24.
  const { npm_config_user_agent, npm_config_local_prefix, npm_config_prefix, ...env } = process.env;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: import.meta.dirname,
    env,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('npm ci failed in test/e2e: see above');
  await unpackChromium();
  copyFileSync(lockfile, installed);
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
