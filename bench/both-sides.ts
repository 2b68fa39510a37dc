/** One run config, trained by us and by TRL. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The run folder of a training of ours. `set`: `--set FIELD=VALUE`, as the command takes them. */
export function trainHere(config: string, set: readonly string[], folder: string): string {
  const run = join(folder, 'ours');
  grpo('train', config, ...set, '--out', run, '--json');
  return run;
}

/** The run folder that the callback writes while TRL trains what the config is exported to. `threads` are PyTorch's. */
export function trainThere(
  config: string,
  set: readonly string[],
  folder: string,
  python: string,
  // The samples' models are so small that several threads wait for one another.
  threads = 1,
): string {
  const to = join(folder, 'trl');
  grpo('export', 'trl', config, ...set, '--out', to);
  const environment = { OMP_NUM_THREADS: String(threads), CUDA_VISIBLE_DEVICES: '', GRPO_LAB_NODE: process.execPath };
  execute(python, ['train.py'], { cwd: to, env: { ...process.env, ...environment } });
  const runs = join(to, '.grpo/runs');
  return join(runs, readdirSync(runs)[0]!);
}

const grpo = (...args: string[]): void => execute(process.execPath, [resolve('dist/grpo.js'), ...args], {});

/** Quiet, unless it fails: then what it said is in the error. */
function execute(program: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv }): void {
  execFileSync(program, args, { ...options, stdio: 'pipe', maxBuffer: 2 ** 30 });
}
