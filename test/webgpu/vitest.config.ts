import { join } from 'node:path';
import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

// A software driver compiles and computes slowly, with all cores.
const webgpu = defineConfig({
  test: {
    testTimeout: 300_000,
    fileParallelism: false,
    env: { GRPO_TEST_PROVIDER: 'webgpu' },
    setupFiles: join(import.meta.dirname, 'keep-device.ts'),
  },
});

const merged = mergeConfig(base, webgpu);
export default {
  ...merged,
  test: {
    ...merged.test,
    include: ['test/webgpu/*.webgpu.ts', 'test/unit/engine/{kernels,adding,vocabulary-figures}.test.ts'],
  },
};
