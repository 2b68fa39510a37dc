import { outputOf } from '../../processes/output-of.ts';
import { BadInput } from '../../protocol/errors.ts';
import { compareVersions, OLDEST_PYTHON } from '../packages.ts';

/** The interpreter that a virtual environment is made with. */
export interface BasePython {
  /** The executable's absolute path. */
  path: string;
  version: string;
}

/** Where the system's own is too old, a newer one is often beside it under such a name. */
const NAMES = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];

const PROBE = `
import sys
from importlib.util import find_spec
print(sys.executable)
print(".".join(map(str, sys.version_info[:3])))
print(all(find_spec(name) for name in ("venv", "ensurepip")))
`;

/** The interpreter `given`, else the first on the PATH that will do. Throws BadInput where there is none. */
export async function findBasePython(given?: string): Promise<BasePython> {
  const problems: string[] = [];
  for (const command of given === undefined ? NAMES : [given]) {
    const asked = await ask(command);
    if (!asked) continue;
    const problem = problemWith(asked);
    if (problem === undefined) return asked;
    problems.push(problem);
  }
  throw new BadInput(
    problems[0] ??
      (given === undefined
        ? `TRL needs Python ${OLDEST_PYTHON} or newer, but neither python3 nor python can be run; install Python, or name one with --python.`
        : `The Python interpreter ${given} cannot be run; name a Python executable with --python.`),
  );
}

type Asked = BasePython & { hasVenv: boolean };

async function ask(command: string): Promise<Asked | undefined> {
  const { stdout, error } = await outputOf(command, ['-c', PROBE]);
  const [path, version, hasVenv] = stdout.trim().split(/\r?\n/);
  return error || !path || !version ? undefined : { path, version, hasVenv: hasVenv === 'True' };
}

function problemWith({ path, version, hasVenv }: Asked): string | undefined {
  if (compareVersions(version, OLDEST_PYTHON) < 0)
    return `TRL needs Python ${OLDEST_PYTHON} or newer, but ${path} is ${version}; install a newer one, or name it with --python.`;
  if (hasVenv) return undefined;
  const minor = version.split('.').slice(0, 2).join('.');
  return `${path} cannot make virtual environments, because it has no venv and ensurepip: on Debian and Ubuntu, \`apt install python${minor}-venv\`; or name another Python with --python.`;
}
