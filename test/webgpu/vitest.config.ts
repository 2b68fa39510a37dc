import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

// A software driver compiles and computes slowly, with all cores.
const webgpu = defineConfig({
  test: { testTimeout: 300_000, fileParallelism: false, env: { GRPO_TEST_PROVIDER: 'webgpu' } },
});

const merged = mergeConfig(base, webgpu);
export default {
  ...merged,
  test: {
    ...merged.test,
    include: ['test/webgpu/*.webgpu.ts', 'test/unit/engine/{kernels,adding,vocabulary-figures}.test.ts'],
  },
};
