/** `npm run package`: dist/grpo-lab-<platform>.vsix, with just what the extension needs on this platform. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import manifest from '../package.json';

const target = `${process.platform}-${process.arch}`;
const vsix = join('dist', `grpo-lab-${target}.vsix`);
const stage = mkdtempSync(join(tmpdir(), 'grpo-package-'));

/** Packages that stay packages: the engine and the compiler of reward files, which are native. */
const NATIVE = ['onnxruntime-node', 'onnxruntime-common', 'esbuild', `@esbuild/${target}`] as const;

/** The plugin of TypeScript's server, as the build has put it there. */
const PLUGIN = 'grpo-typescript-plugin';

/** What of them is needed, as prefixes; without it, all that is not for another platform. */
const NEEDED: Partial<Record<(typeof NATIVE)[number], string[]>> = {
  'onnxruntime-node': ['dist', `bin/napi-v6/${process.platform}/${process.arch}`],
  'onnxruntime-common': ['dist/cjs'],
  esbuild: ['lib', 'LICENSE.md'],
};

// A model that was put into the sample workspace is not shipped.
const isNeeded = (path: string): boolean =>
  !/\.map$|^node_modules.*\.d\.ts$|(^|[\\/])(\.grpo|smollm2-135m-instruct)$/.test(path);

function copy(from: string, to = from): void {
  cpSync(from, join(stage, to), { recursive: true, filter: isNeeded });
}

try {
  // The product's own files.
  for (const name of [
    'extension.cjs',
    'device-probe.js',
    'webview.js',
    'webview.css',
    'trainer.js',
    'chat.js',
    'preview.js',
    'preview-view.js',
    'preview-view.css',
    'samples-view.js',
    'samples-view.css',
    'import-view.js',
    'import-view.css',
    'reward-debug.js',
    'reward-debug.py',
    'reward-hooks.js',
    'reward-host.js',
    'reward-lifeline.js',
    'reward-worker.js',
    'reward-worker.py',
    'reward_child.py',
    'grpo_reward_calls.py',
    'grpo_reward_errors.py',
    'grpo_reward_forms.py',
    'grpo_reward_functions.py',
    'grpo_reward_lifeline.py',
    'grpo_reward_modules.py',
    'grpo_reward_outcomes.py',
    'grpo_reward_scripts.py',
    'grpo_reward_slow_load.py',
    // Modules for the scripts that train with TRL.
    ...readdirSync('dist').filter((name) => /^grpo_lab\w*\.py$/.test(name)),
    'grpo-rewards.js',
    'grpo-rewards.d.ts',
  ])
    copy(join('dist', name));
  copyParts('grpo.js', 'trainer.js', 'chat.js');
  for (const path of ['schemas', 'sample-workspace', 'docs/models.md', 'LICENSE']) copy(path);
  for (const name of ['icon.png', 'activity-bar.svg', 'walkthrough']) copy(join('media', name));
  // On an extension's page VS Code loads pictures from https alone: those of the repository would never be seen.
  writeFileSync(
    join(stage, 'README.md'),
    readFileSync('README.md', 'utf8').replaceAll(/^!\[.*\]\(media\/.*\)\n\n/gm, ''),
  );
  // npm does not install it: what npm should know stays behind.
  const {
    scripts: _,
    devDependencies: __,
    peerDependencies: ___,
    peerDependenciesMeta: ____,
    private: _____,
    ...published
  } = manifest;
  // Without its filter: these declarations are what the plugin is for.
  cpSync(join('node_modules', PLUGIN), join(stage, 'node_modules', PLUGIN), { recursive: true });
  const native = Object.fromEntries(NATIVE.map((name) => [name, copyPackage(name)]));
  const dependencies = { ...native, [PLUGIN]: published.version };
  writeJson(join(stage, 'package.json'), { ...published, dependencies });

  // Without it vsce warns that too much may be in the package.
  writeFileSync(join(stage, '.vscodeignore'), '');

  const vsce = createRequire(import.meta.url).resolve('@vscode/vsce/vsce');
  const args = [
    'package',
    '--target',
    target,
    '--out',
    join(process.cwd(), vsix),
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
  ];
  const { status } = spawnSync(process.execPath, [vsce, ...args], {
    cwd: stage,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  console.log(`${vsix}: ${(statSync(vsix).size / 1e6).toFixed(1)} MB`);
} finally {
  rmSync(stage, { recursive: true, force: true });
}

/** These bundles, and the parts they share. */
function copyParts(...entries: string[]): void {
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    copy(join('dist', name));
    for (const [, part] of readFileSync(join('dist', name), 'utf8').matchAll(/["']\.\/(grpo-[\w-]+\.js)["']/g))
      visit(part!);
  };
  entries.forEach(visit);
}

/** Copies an installed package, reduced; returns its version. Its scripts and its install-time dependencies stay behind. */
function copyPackage(name: (typeof NATIVE)[number]): string {
  const from = join('node_modules', name);
  const {
    scripts: _,
    devDependencies: __,
    optionalDependencies: ___,
    dependencies = {},
    ...rest
  } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const kept = Object.fromEntries(
    Object.entries(dependencies).filter(([other]) => (NATIVE as readonly string[]).includes(other)),
  );
  mkdirSync(join(stage, from), { recursive: true });
  writeJson(join(stage, from, 'package.json'), { ...rest, dependencies: kept });
  for (const path of NEEDED[name] ?? ['bin', 'esbuild.exe']) {
    const exists = statSync(join(from, path), { throwIfNoEntry: false });
    if (exists) copy(join(from, path));
  }
  return rest.version as string;
}

function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
