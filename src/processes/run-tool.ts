import { tmpdir } from 'node:os';
import { RunFailure } from '../protocol/errors.ts';
import { Child } from './child.ts';
import { markedWith, newMark } from './marked.ts';
import { reasonIn } from './reason-in.ts';

interface ToolOptions {
  cwd: string;
  signal: AbortSignal;
  env?: NodeJS.ProcessEnv;
  /** Gets the lines of its output. */
  onLine?: (line: string) => void;
}

/**
 * A shell in the program's group waits for the end of its input, which comes when we are gone, however that happens, and kills the group.
 */
const GUARD = `exec 3<&0
(read _ <&3; kill -KILL 0) >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-`;
/** What a shell ends with when a program cannot be run, or is not there. */
const CANNOT_RUN: readonly (number | null)[] = [126, 127];

/**
 * Runs a program to its end. It and what it starts end with us, and when it is canceled. Throws RunFailure with the end of its output when it fails,
 * and the signal's reason when it was canceled.
 */
export async function runTool(command: string, args: string[], options: ToolOptions): Promise<void> {
  const { cwd, signal, onLine } = options;
  signal.throwIfAborted();
  // On Windows npm is a script, which only a shell starts.
  const shell = process.platform === 'win32' && command === 'npm';
  // Inside an npm script this names the outer package's folder.
  const { npm_config_local_prefix: _, ...env } = options.env ?? process.env;
  const mark = newMark();
  const program =
    process.platform === 'win32'
      ? { command, args, shell }
      : { command: 'sh', args: ['-c', GUARD, 'sh', command, ...args] };
  const how = { cwd, env: { ...env, ...markedWith(mark) }, stdio: Array<'pipe'>(3).fill('pipe') };
  const child = new Child({ ...program, ...how }, { mark, ...(onLine && { onLine }) });
  const cancel = () => child.kill();
  signal.addEventListener('abort', cancel, { once: true });
  const { code, error } = await child.ended;
  signal.removeEventListener('abort', cancel);
  signal.throwIfAborted();
  if (error || CANNOT_RUN.includes(code))
    throw new RunFailure(`${command} cannot be run (${error?.message ?? child.lastWords}).`);
  if (code !== 0)
    throw new RunFailure(`${command} failed: ${toolReason(child.lastWords)}.`, { output: child.lastWords });
}

/** The most informative line: compilers, linkers and npm scripts mark it in the same way. */
function toolReason(said: string): string {
  const marked = said.split('\n').find((text) => /\berror: /i.test(text));
  return (marked ?? reasonIn(said)).replace(/^npm error /, '').trim();
}

/** Whether this program exists, by asking for its version. */
export async function canRun(command: string, signal: AbortSignal): Promise<boolean> {
  try {
    await runTool(command, ['--version'], { cwd: tmpdir(), signal });
    return true;
  } catch (error) {
    if (error instanceof RunFailure) return false;
    throw error;
  }
}
