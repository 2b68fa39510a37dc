import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { GRPO } from '../cli/run-grpo.ts';

export const ROOT = join(import.meta.dirname, '../../..');
export const SAMPLES = join(ROOT, 'sample-workspace');

/** Set GRPO_TEST_PYTHON to an interpreter that has what test/references/requirements.txt says. */
const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
// Importing them would take ten seconds.
const LOOK = 'import sys; from importlib.util import find_spec; sys.exit(not all(map(find_spec, sys.argv[1:])))';
export const trlMissing = spawnSync(python, ['-c', LOOK, 'trl', 'torch', 'datasets']).status !== 0;
if (trlMissing) console.log(`Skipped: ${python} has no trl, so nothing was trained with it (set GRPO_TEST_PYTHON).`);

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-trl-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs Python in a folder, with the modules that the build has for scripts, and those of the references. */
export function runPython(args: string[], cwd: string) {
  const modules = [dirname(GRPO), join(ROOT, 'test/references')].join(delimiter);
  return spawnSync(python, args, {
    cwd,
    encoding: 'utf8',
    env: {
      ...process.env,
      ...{ PYTHONPATH: modules, HF_HUB_OFFLINE: '1', HF_HOME: join(cwd, 'hf'), OMP_NUM_THREADS: '1' },
      ...{ CUDA_VISIBLE_DEVICES: '', GRPO_LAB_NODE: process.execPath },
    },
  });
}

/** The one run that was recorded below a folder. */
export function recordedRun(folder: string): string {
  const runs = join(folder, '.grpo/runs');
  const [name, ...others] = readdirSync(runs);
  if (name === undefined || others.length > 0) throw new Error(`not one run: ${[name, ...others].join(', ')}`);
  return join(runs, name);
}
