import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BadInput } from '../src/protocol/errors.ts';

const REQUIREMENTS = 'bench/requirements.txt';
const ENVIRONMENT = 'bench/.venv';
const WINDOWS = process.platform === 'win32';

/** A Python interpreter that has TRL and PyTorch, and the versions it has them in. */
export interface PeerPython {
  command: string;
  versions: Record<string, string>;
}

/** The interpreter that GRPO_BENCH_PYTHON names, or one of a virtual environment of our own, which is made on first use. */
export function findPeerPython(): PeerPython {
  const given = process.env.GRPO_BENCH_PYTHON;
  if (given) {
    const versions = installed(given);
    const missing = [...required().keys()].filter((name) => !versions?.[name]);
    if (!versions) throw new BadInput(`GRPO_BENCH_PYTHON names ${given}, which cannot be run.`);
    if (missing.length > 0)
      throw new BadInput(
        `The Python of GRPO_BENCH_PYTHON lacks ${missing.join(', ')}: run ${given} -m pip install -r ${REQUIREMENTS}`,
      );
    return { command: given, versions };
  }
  const command = resolve(ENVIRONMENT, WINDOWS ? 'Scripts/python.exe' : 'bin/python');
  if (!isComplete(command)) install(command);
  return { command, versions: installed(command)! };
}

/** Pinned versions by package. */
function required(): Map<string, string> {
  const lines = readFileSync(REQUIREMENTS, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => line.trim().split('==') as [string, string]));
}

/** All the required packages in their versions, so that an installation that broke off is taken up again. */
function isComplete(command: string): boolean {
  const versions = existsSync(command) ? installed(command) : undefined;
  // A wheel may add where it was built for: 2.15.0+cpu.
  return [...required()].every(([name, version]) => versions?.[name]?.split('+')[0] === version);
}

function install(command: string): void {
  console.error(`Installing TRL and PyTorch into ${ENVIRONMENT}; this downloads some gigabytes, once.`);
  const run = (what: string, program: string, args: string[], advice: string) => {
    try {
      // Standard output is the benchmark's own.
      execFileSync(program, args, { stdio: ['ignore', 2, 2] });
    } catch (error) {
      const { message } = error as Error;
      throw new BadInput(`${what} failed (${message.split('\n')[0]}). ${advice}`);
    }
  };
  if (!existsSync(command))
    run(
      'Making a virtual environment',
      WINDOWS ? 'python' : 'python3',
      ['-m', 'venv', ENVIRONMENT],
      'Install Python 3.10 or newer with its venv module, or name an interpreter in GRPO_BENCH_PYTHON.',
    );
  run(
    'Installing TRL and PyTorch',
    command,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS],
    `See pip's message above, or set GRPO_BENCH_PYTHON to an interpreter that has what ${REQUIREMENTS} lists.`,
  );
}

const PROBE = `
import importlib.metadata, json, platform, sys
versions = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(versions))
`;

/** The versions of Python and of the required packages that it has; undefined when it cannot be run. */
function installed(command: string): Record<string, string> | undefined {
  try {
    const args = ['-c', PROBE, ...required().keys()];
    return JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}
