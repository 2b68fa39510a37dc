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

const bundles = [{ entryPoints: { grpo: 'src/cli/main.ts', 'reward-worker': 'src/rewards/worker/main.ts' } }];

for (const bundle of bundles) {
  const build = await context({ ...shared, ...bundle });
  if (process.argv.includes('--watch')) await build.watch();
  else {
    await build.rebuild();
    await build.dispose();
  }
}
