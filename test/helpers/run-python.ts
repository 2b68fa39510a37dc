import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { json, text } from 'node:stream/consumers';
import { expect, inject } from 'vitest';
import { PYTHON } from './python-packages.ts';

interface Ended {
  /** Of a signal, its negative number. */
  status: number;
  stdout: string;
  stderr: string;
}

interface Surroundings {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
}

/**
 * Runs what would follow `python` on a command line: under Linux in a fork of a process that has imported PyTorch and the like
 * (warm_python.py), elsewhere from its start.
 */
export async function runPython(
  args: string[],
  { cwd = process.cwd(), env = process.env, input = '' }: Surroundings = {},
): Promise<Ended> {
  const socket = inject('warmPython');
  if (socket === undefined) {
    const script = spawn(PYTHON, args, { cwd, env });
    script.stdin.end(input);
    const [stdout, stderr, [status]] = await Promise.all([
      text(script.stdout),
      text(script.stderr),
      once(script, 'close'),
    ]);
    return { status, stdout, stderr };
  }
  const connection = connect(socket);
  connection.write(`${JSON.stringify({ args, cwd, env, input })}\n`);
  return (await json(connection)) as Ended;
}

/** What a script prints, which must succeed. */
export async function printedByPython(args: string[], surroundings?: Surroundings): Promise<string> {
  const { status, stdout, stderr } = await runPython(args, surroundings);
  expect(status, stderr.slice(-3000)).toBe(0);
  return stdout;
}
