import { defineConfig } from 'vitest/config';
import { WORKERS } from './workers.ts';

/** `*.e2e.ts`, so that the unit tests' run does not pick them up. The files of a worker share a VS Code server and a browser. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.e2e.ts'],
    globalSetup: './global-setup.ts',
    maxWorkers: WORKERS,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    retry: 0,
    // Tests of a file go on where the one before ended.
    bail: 0,
  },
});
