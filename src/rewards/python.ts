import { outputOf } from '../processes/output-of.ts';
import { BadInput } from '../protocol/errors.ts';

export interface PythonInterpreter {
  /** The executable's absolute path. */
  path: string;
  version: string;
}

const OLDEST = [3, 8] as const;
const PROBE = "import sys; print(sys.executable); print('.'.join(map(str, sys.version_info[:3])))";

/** Those that were found: looking takes as long as an interpreter takes to start. */
const known = new Map<string, PythonInterpreter>();

/** The interpreter for Python rewards: the one given, else `python3`, else `python`. Throws BadInput when none will do. */
export async function findPython(given?: string): Promise<PythonInterpreter> {
  const candidates = given === undefined ? ['python3', 'python'] : [given];
  for (const command of candidates) {
    const found = await probe(command);
    if (!found) continue;
    const [major = 0, minor = 0] = found.version.split('.').map(Number);
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return found;
    if (command === candidates.at(-1))
      throw new BadInput(
        `Python rewards need Python ${OLDEST.join('.')} or newer, but ${found.path} is ${found.version}; set "python" in the run config to a newer one.`,
      );
  }
  throw new BadInput(
    given === undefined
      ? 'Python rewards need a Python interpreter, but neither python3 nor python can be run; install Python, or set "python" in the run config to its path.'
      : `The Python interpreter ${given} cannot be run; set "python" in the run config to a Python executable, or leave it out.`,
  );
}

async function probe(command: string): Promise<PythonInterpreter | undefined> {
  const before = known.get(command);
  if (before) return before;
  const { stdout, error } = await outputOf(command, ['-c', PROBE]);
  const [path, version] = stdout.trim().split(/\r?\n/);
  if (error || !path || !version) return undefined;
  const found = { path, version };
  for (const name of [command, path]) known.set(name, found);
  return found;
}
