// One bundle per process: trainer and command, reward worker, extension, dashboard and preview. `--watch` rebuilds on change.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { context } from 'esbuild';
import { rewardDeclarations } from './scripts/reward-declarations.mjs';
import { PLUGIN_FOLDER, pluginPackage } from './scripts/typescript-plugin.mjs';

/** How everything that runs in Node is bundled; `scripts/run.mjs` uses it too. */
export const nodeBundle = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  outdir: 'dist',
  sourcemap: true,
  // Node reads the maps of all that it loads: with the sources in them, that is a tenth of the time until the first step.
  sourcesContent: false,
  // tfjs-core registers its gradients only from its ES modules, which `main` alone would miss.
  mainFields: ['module', 'main'],
  // Native parts stay packages of their own. tfjs-core asks for node-fetch only where Node has no fetch, and its tables are as large as tfjs-core.
  external: ['onnxruntime-node', 'esbuild', 'node-fetch'],
  // CommonJS dependencies call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
};

const bundles = [
  // In parts, so that a command loads only what it uses: `doctor` must run where the engine does not load.
  {
    entryPoints: {
      grpo: 'src/cli/main.ts',
      trainer: 'src/trainer/host/main.ts',
      chat: 'src/chat/main.ts',
      'local-judge': 'src/judge/main.ts',
    },
    splitting: true,
    chunkNames: 'grpo-[name]-[hash]',
    metafile: true,
  },
  // What tries a GPU, in a process of its own.
  { entryPoints: { 'device-probe': 'src/engine/devices/probe-main.ts' } },
  // Without a source map: the worker tells its own frames from the user's by its own name.
  { entryPoints: { 'reward-worker': 'src/rewards/worker/main.ts' }, sourcemap: false },
  // What asks the workers for scores on behalf of a Python program.
  { entryPoints: { 'reward-host': 'src/rewards/host/main.ts' }, sourcemap: false },
  // The hooks alone, for a Node that runs them in a thread of their own.
  { entryPoints: { 'reward-hooks': 'src/rewards/worker/hooks.ts' }, sourcemap: false },
  // A thread of the worker's that ends it when its host is gone.
  { entryPoints: { 'reward-lifeline': 'src/rewards/worker/lifeline-thread.ts' }, sourcemap: false },
  // Without a source map: a debugger is to step through the user's code alone.
  { entryPoints: { 'reward-debug': 'src/preview/debug/main.ts' }, sourcemap: false },
  // It finds the reward worker, and the compiler of reward files, beside it.
  { entryPoints: { preview: 'src/preview/main.ts' } },
  // The editor loads its part as CommonJS; what `import()` asks for is in it, but runs only then.
  {
    entryPoints: { extension: 'src/extension/activate.ts' },
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    external: ['vscode'],
    banner: { js: 'const loadedAt = performance.now();' },
  },
  {
    entryPoints: {
      webview: 'webview/main.ts',
      'preview-view': 'webview/preview/main.ts',
      'samples-view': 'webview/samples/main.ts',
      'import-view': 'webview/import/main.ts',
    },
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    mainFields: ['browser', 'module', 'main'],
    external: [],
    banner: {},
    minify: true,
  },
  // TypeScript's server loads it as CommonJS, and wants a function.
  {
    entryPoints: { index: 'src/typescript-plugin/plugin.ts' },
    outdir: PLUGIN_FOLDER,
    format: 'cjs',
    sourcemap: false,
    banner: {},
    footer: { js: 'module.exports = module.exports.default;' },
    plugins: [pluginPackage],
  },
  // What reward files import as `grpo/rewards`.
  {
    entryPoints: { 'grpo-rewards': 'src/rewards/library.ts' },
    sourcemap: false,
    banner: {},
    plugins: [rewardDeclarations],
  },
  // Copied as they are: the Python reward worker, what debugs a Python reward, and modules for training scripts.
  {
    entryPoints: {
      'reward-worker': 'src/rewards/worker/main.py',
      reward_child: 'src/rewards/worker/child.py',
      // By names that no files of the user's are likely to have.
      grpo_reward_calls: 'src/rewards/worker/calls.py',
      grpo_reward_errors: 'src/rewards/worker/errors.py',
      grpo_reward_forms: 'src/rewards/worker/forms.py',
      grpo_reward_functions: 'src/rewards/worker/functions.py',
      grpo_reward_lifeline: 'src/rewards/worker/lifeline.py',
      grpo_reward_modules: 'src/rewards/worker/modules.py',
      grpo_reward_outcomes: 'src/rewards/worker/outcomes.py',
      grpo_reward_scripts: 'src/rewards/worker/scripts.py',
      grpo_reward_slow_load: 'src/rewards/worker/slow_load.py',
      'reward-debug': 'src/preview/debug/main.py',
      // For users' own scripts, and for those that `grpo export trl` writes.
      grpo_lab: 'python/grpo_lab.py',
      grpo_lab_host: 'python/grpo_lab_host.py',
      grpo_lab_rewards: 'python/grpo_lab_rewards.py',
    },
    bundle: false,
    external: [],
    banner: {},
    loader: { '.py': 'copy' },
  },
];

if (process.argv[1] === import.meta.filename) {
  for (const bundle of bundles) {
    const build = await context({ ...nodeBundle, ...bundle });
    if (process.argv.includes('--watch')) await build.watch();
    else {
      const { metafile } = await build.rebuild();
      await build.dispose();
      if (metafile) removeOldParts(metafile);
    }
  }
}

/** Parts have a hash of their contents in their names, so that those of earlier builds would pile up. */
function removeOldParts({ outputs }) {
  for (const file of readdirSync(nodeBundle.outdir)) {
    const isPart = /^grpo-.+-[0-9A-Z]{8}\.js(\.map)?$/.test(file);
    if (isPart && !(`${nodeBundle.outdir}/${file}` in outputs)) rmSync(join(nodeBundle.outdir, file));
  }
}
