import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { IntegrationFirst } from './test/helpers/integration-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/helpers/warm-python.ts',
    // What is waited for comes, however busy the machine is: only what hangs takes this long.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 30_000 } },
    env: {
      // Test files that run at a time share the cores; threads of ONNX Runtime that wait for work by spinning take them from each other.
      ORT_INTRA_OP_NUM_THREADS: '1',
      // Every command that a test starts would compile the same bundles.
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled'),
    },
    sequence: { sequencer: IntegrationFirst },
    // Of two cores, Vitest would use one only; and many tests wait for processes that they have started.
    maxWorkers: availableParallelism(),
    // Node's CommonJS build of tfjs-core has no gradients registered; inlining takes the ES modules, once.
    server: { deps: { inline: [/@tensorflow/] } },
  },
  resolve: { alias: [{ find: /^@tensorflow\/tfjs-core$/, replacement: '@tensorflow/tfjs-core/dist/index.js' }] },
});
