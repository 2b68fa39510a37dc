/** Vitest's global setup: a Python process that imports PyTorch and the like once for all tests, the first time that one asks for it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { PYTHON } from './python-packages.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The socket of warm_python.py, which is for Linux. */
    warmPython: string | undefined;
  }
}

/** No network, no GPU, and one thread: libraries read this when they are imported. */
const QUIET = { HF_HUB_OFFLINE: '1', CUDA_VISIBLE_DEVICES: '', OMP_NUM_THREADS: '1' };

export default async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.platform !== 'linux') return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'grpo-python-'));
  const socket = join(folder, 'socket');
  const server = spawn(PYTHON, [join(import.meta.dirname, 'warm_python.py'), socket], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...QUIET, HF_HOME: join(folder, 'hf') },
  });
  // Where there is no such Python, the tests that need it are skipped.
  const ended = new Promise((resolve) => server.on('error', resolve).on('close', resolve));
  await Promise.race([once(server.stdout, 'data'), ended]);
  provide('warmPython', socket);
  return async () => {
    server.stdin.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
}
