// One bundle per process (design: trainer and command, reward worker). `--watch` rebuilds on change.
import { context } from 'esbuild';

const shared = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  outdir: 'dist',
  sourcemap: true,
  // tfjs-core registers its gradients only from its ES modules, which `main` alone would miss.
  mainFields: ['module', 'main'],
  // Native parts stay packages of their own.
  external: ['onnxruntime-node', 'esbuild'],
  // CommonJS dependencies call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
};

const bundles = [
  { entryPoints: { grpo: 'src/cli/main.ts', 'reward-worker': 'src/rewards/worker/main.ts' } },
  // Copied as they are: the Python reward worker, and what reward files import as `grpo/rewards`.
  {
    entryPoints: { 'reward-worker': 'src/rewards/worker/main.py', 'grpo-rewards': 'src/rewards/api.ts' },
    bundle: false,
    external: [],
    banner: {},
    loader: { '.py': 'copy', '.ts': 'copy' },
  },
];

for (const bundle of bundles) {
  const build = await context({ ...shared, ...bundle });
  if (process.argv.includes('--watch')) await build.watch();
  else {
    await build.rebuild();
    await build.dispose();
  }
}
