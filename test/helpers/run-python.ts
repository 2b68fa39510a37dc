import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, inject } from 'vitest';

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

/** Runs what would follow `python` on a command line, in a fork of a process that has imported PyTorch and the like (warm_python.py). */
export async function runPython(
  args: string[],
  { cwd = process.cwd(), env = process.env, input = '' }: Surroundings = {},
): Promise<Ended> {
  const connection = connect(inject('warmPython'));
  connection.write(`${JSON.stringify({ args, cwd, env, input })}\n`);
  return (await json(connection)) as Ended;
}

/** What a script prints, which must succeed. */
export async function printedByPython(args: string[], surroundings?: Surroundings): Promise<string> {
  const { status, stdout, stderr } = await runPython(args, surroundings);
  expect(status, stderr.slice(-3000)).toBe(0);
  return stdout;
}
