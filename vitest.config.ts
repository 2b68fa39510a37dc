import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/helpers/warm-python.ts',
    testTimeout: 60_000,
    // Of two cores, Vitest would use one only; and many tests wait for processes that they have started.
    maxWorkers: availableParallelism(),
    // Node's CommonJS build of tfjs-core has no gradients registered; inlining takes the ES modules, once.
    server: { deps: { inline: [/@tensorflow/] } },
  },
  resolve: { alias: [{ find: /^@tensorflow\/tfjs-core$/, replacement: '@tensorflow/tfjs-core/dist/index.js' }] },
});
