import { type ExecFileException, execFile, spawnSync } from 'node:child_process';
import { asNode } from './as-node.ts';

/** What a program printed until its end; `error` when it could not be run, failed, or took too long (`killed`). */
export interface Output {
  stdout: string;
  error: ExecFileException | null;
}

interface OutputOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** After which it is killed. */
  seconds?: number;
}

const SECONDS = 20;
const MOST_BYTES = 64 * 1024 ** 2;

/** Runs a program of which only the output is wanted, to its end. */
export function outputOf(command: string, args: readonly string[], options: OutputOptions = {}): Promise<Output> {
  const { cwd, env, seconds = SECONDS } = options;
  const how = { cwd, env: asNode(env), timeout: seconds * 1000, maxBuffer: MOST_BYTES, windowsHide: true };
  return new Promise((resolve) => {
    execFile(command, args, how, (error, stdout) => resolve({ stdout, error }));
  });
}

/** The same for where nothing can be waited for: undefined when it cannot be run, fails, or takes too long. */
export function outputNow(command: string, args: readonly string[], seconds = SECONDS): string | undefined {
  const how = { encoding: 'utf8', timeout: seconds * 1000, windowsHide: true } as const;
  const { status, stdout } = spawnSync(command, args, how);
  return status === 0 ? stdout : undefined;
}
