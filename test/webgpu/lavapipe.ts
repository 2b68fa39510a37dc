/**
 * `npm run lavapipe`: puts Mesa's software Vulkan driver into $GRPO_TEST_LAVAPIPE (.lavapipe), for the WebGPU tests: unlike the one that comes
 * with Chromium it has `shader-f16`, and it is faster. It comes from the machine's own Debian or Ubuntu mirror, without root and without
 * touching the system. Where that is not possible, one line says why, and the float16 tests are skipped.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { driverFile, lavapipeFolder, librariesOf } from './lavapipe-folder.ts';

const PACKAGES = ['mesa-vulkan-drivers', 'libvulkan1'];
/** Dawn refuses lavapipe of Mesa 22, which Debian 12 has. */
const OLDEST_MESA = 23;

const sources = join(lavapipeFolder, 'sources.list.d');
const downloads = join(lavapipeFolder, 'downloads');
const state = join(lavapipeFolder, 'state');

try {
  if (process.platform !== 'linux') throw new Error('it is for Linux');
  install();
  console.log(`lavapipe is in ${lavapipeFolder}.`);
} catch (error) {
  rmSync(driverFile, { force: true });
  const { message, stderr } = error as Error & { stderr?: string };
  const reason = (stderr?.trim() || message).split('\n').at(-1);
  console.log(`There is no lavapipe, and the float16 tests will be skipped: ${reason}`);
}

function install(): void {
  if (existsSync(driverFile)) return;
  for (const folder of [sources, downloads, join(state, 'lists/partial')]) mkdirSync(folder, { recursive: true });
  for (const file of readdirSync('/etc/apt/sources.list.d').filter((name) => /\.(list|sources)$/.test(name)))
    writeFileSync(join(sources, file), readFileSync(join('/etc/apt/sources.list.d', file)));
  apt(['update']);
  const release = mesaVersion() < OLDEST_MESA ? ['--target-release', addBackports()] : [];
  if (mesaVersion(release) < OLDEST_MESA) throw new Error(`this system's Mesa is older than ${OLDEST_MESA}`);

  // What the system has already is not downloaded, nor in need of it; but the driver itself has to lie here.
  const plan = apt(['install', '--simulate', '--no-install-recommends', ...release, ...PACKAGES]);
  const missing = [...plan.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)].map(
    ([, name, version]) => `${name}=${version}`,
  );
  apt(['download', ...new Set([...missing, ...(missing.length > 0 ? [] : PACKAGES)])], downloads);
  for (const file of readdirSync(downloads)) execFileSync('dpkg', ['-x', join(downloads, file), lavapipeFolder]);

  const driver = librariesOf(lavapipeFolder)
    .map((folder) => join(folder, 'libvulkan_lvp.so'))
    .find(existsSync);
  if (!driver) throw new Error("the system's package of Mesa has no lavapipe");
  const env = { ...process.env, LD_LIBRARY_PATH: librariesOf(lavapipeFolder).join(':') };
  const lacking = /^\s*(\S+) => not found/m.exec(execFileSync('ldd', [driver], { env, encoding: 'utf8' }))?.[1];
  if (lacking) throw new Error(`${lacking} is missing`);
  // Last: what has it is complete.
  const icd = { file_format_version: '1.0.1', ICD: { api_version: '1.3.0', library_path: driver } };
  writeFileSync(driverFile, JSON.stringify(icd));
  for (const folder of [sources, downloads, state]) rmSync(folder, { recursive: true });
}

/** apt-get with lists and caches of its own. */
function apt(args: string[], cwd = lavapipeFolder): string {
  return aptTool('apt-get', ['--quiet', ...args], cwd);
}

function aptTool(tool: string, args: string[], cwd = lavapipeFolder): string {
  const options = {
    'Dir::Etc::sourceparts': sources,
    'Dir::State::lists': join(state, 'lists'),
    'Dir::Cache': state,
    // Root would download as a user who may not write here.
    'APT::Sandbox::User': 'root',
  };
  const set = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return execFileSync(tool, [...set, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The version of Mesa that would be installed, 0 if none. */
function mesaVersion(options: string[] = []): number {
  const policy = aptTool('apt-cache', [...options, 'policy', PACKAGES[0]!]);
  return Number(/^ +Candidate: (?:\d+:)?(\d+)\./m.exec(policy)?.[1] ?? 0);
}

/** Adds Debian's backports on the mirror that the system's packages come from; gives their name. */
function addBackports(): string {
  const codename = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const targets = apt(['indextargets', '--format', '$(CODENAME) $(SITE)', 'Created-By: Packages']);
  const site = targets
    .split('\n')
    .flatMap((line) => (line.startsWith(`${codename} `) ? [line.slice(line.indexOf(' ') + 1)] : []))[0];
  if (!codename || !site) throw new Error("the system's mirror is not known to apt");
  const release = `${codename}-backports`;
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const signed = existsSync(keyring) ? `Signed-By: ${keyring}\n` : '';
  const source = `Types: deb\nURIs: ${site}\nSuites: ${release}\nComponents: main\n${signed}`;
  writeFileSync(join(sources, 'backports.sources'), source);
  apt(['update']);
  return release;
}
