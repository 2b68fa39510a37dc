import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hasPackages, PYTHON } from '../../helpers/python-packages.ts';
import { runPython } from '../../helpers/run-python.ts';
import { GRPO } from '../cli/run-grpo.ts';

export const ROOT = join(import.meta.dirname, '../../..');
export const SAMPLES = join(ROOT, 'sample-workspace');

export const trlMissing = !hasPackages(['trl', 'torch', 'datasets'], 'nothing was trained with TRL');

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-trl-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment of Python in a folder, with the modules that the build has for scripts, and those of the references. */
const environment = () => ({
  ...process.env,
  PYTHONPATH: [dirname(GRPO), join(ROOT, 'test/references')].join(delimiter),
  ...{ HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1' },
  ...{ CUDA_VISIBLE_DEVICES: '', GRPO_LAB_NODE: process.execPath },
});

/** Runs Python in a folder, where PyTorch, transformers and TRL are imported already. */
export const runWarmPython = (args: string[], cwd: string) => runPython(args, { cwd, env: environment() });

/** Runs Python in a folder, from its start. */
export const runColdPython = (args: string[], cwd: string) =>
  spawnSync(PYTHON, args, { cwd, env: environment(), encoding: 'utf8' });

/** The one run that was recorded below a folder. */
export function recordedRun(folder: string): string {
  const runs = join(folder, '.grpo/runs');
  const [name, ...others] = readdirSync(runs);
  if (name === undefined || others.length > 0) throw new Error(`not one run: ${[name, ...others].join(', ')}`);
  return join(runs, name);
}
