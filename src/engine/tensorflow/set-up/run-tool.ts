import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { RunFailure } from '../../../protocol/errors.ts';

const LAST_WORDS = 2000;

/**
 * Runs a program to its end, in our own process group: whoever ends that ends it too. Throws RunFailure with its last words when it fails, and
 * the signal's reason when it was cancelled.
 */
export async function runTool(command: string, args: string[], options: { cwd: string; signal: AbortSignal }) {
  const { cwd, signal } = options;
  // On Windows npm is a script, which only a shell starts.
  const shell = process.platform === 'win32';
  // Inside an npm script this names the outer package's folder.
  const { npm_config_local_prefix: _, ...env } = process.env;
  const child = spawn(command, args, { cwd, env, shell, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  const cancel = () => void child.kill('SIGTERM');
  signal.addEventListener('abort', cancel, { once: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-LAST_WORDS);
    });
  try {
    await once(child, 'close');
  } catch (error) {
    throw new RunFailure(`${command} cannot be run (${(error as Error).message}).`);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  signal.throwIfAborted();
  if (child.exitCode !== 0) throw new RunFailure(`${command} failed: ${reasonIn(said)}.`, { output: said.trim() });
}

/** The line that tells most: compilers, linkers and npm's scripts begin it alike. */
function reasonIn(said: string): string {
  const lines = said.trim().split('\n');
  const line = lines.find((text) => /\berror: /i.test(text)) ?? lines.at(-1)!;
  return line.replace(/^npm error /, '').trim();
}

/** Whether there is such a program, by asking for its version. */
export async function canRun(command: string, signal: AbortSignal): Promise<boolean> {
  try {
    await runTool(command, ['--version'], { cwd: tmpdir(), signal });
    return true;
  } catch (error) {
    if (error instanceof RunFailure) return false;
    throw error;
  }
}
