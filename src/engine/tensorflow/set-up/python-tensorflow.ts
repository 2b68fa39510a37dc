import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { outputOf } from '../../../processes/output-of.ts';
import { BadInput } from '../../../protocol/errors.ts';

/** TensorFlow as it is installed in a Python environment. */
export interface PythonTensorflow {
  /** The package's folder. */
  folder: string;
  /** As its installer recorded it, if it did. */
  version: string | undefined;
  include: string;
  /** The shared libraries that have its C interface. */
  libraries: string[];
}

/** Finds the package without importing it, which would take seconds. */
const PROBE = `
import sys
from importlib.util import find_spec
spec = find_spec("tensorflow")
print(sys.executable)
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else "")
`;

const LIBRARIES: Partial<Record<NodeJS.Platform, string[]>> = {
  linux: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
  darwin: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
};

/** The TensorFlow of the interpreter `given`, else of `python3` or `python`. Throws BadInput when there is none to build against. */
export async function findPythonTensorflow(given?: string): Promise<PythonTensorflow> {
  const names = LIBRARIES[process.platform];
  if (!names)
    throw new BadInput(
      'On this platform the TensorFlow of Python cannot be built against; take tfjs-node-gpu with binaries of its own (--prebuilt).',
    );
  const { python, folder } = await askPython(given === undefined ? ['python3', 'python'] : [given]);
  if (folder === '')
    throw new BadInput(
      `The Python interpreter ${python} has no TensorFlow: \`pip install tensorflow[and-cuda]\` there, or name another one with --python.`,
    );
  const version = installedVersion(folder);
  const include = join(folder, 'include');
  const missing = [...names.map((name) => join(folder, name)), include].find((path) => !existsSync(path));
  if (missing !== undefined)
    throw new BadInput(
      `The TensorFlow ${version ?? ''} in ${folder} cannot be built against, because it has no ${missing.slice(folder.length + 1)}; install 2.12 or newer there.`,
    );
  return { folder, version, include, libraries: names.map((name) => join(folder, name)) };
}

async function askPython(candidates: string[]): Promise<{ python: string; folder: string }> {
  for (const command of candidates) {
    const { stdout, error } = await outputOf(command, ['-c', PROBE]);
    const [python = command, folder = ''] = stdout.trim().split(/\r?\n/);
    if (!error) return { python, folder };
  }
  throw new BadInput(
    `${candidates.join(' or ')} cannot be run as a Python interpreter; name one that has TensorFlow with --python.`,
  );
}

/** Installers create a folder named after package and version next to the package. */
function installedVersion(folder: string): string | undefined {
  for (const name of readdirSync(dirname(folder))) {
    const match = /^tensorflow(?:_(?:cpu|gpu|intel|macos|rocm))?-(.+)\.dist-info$/.exec(name);
    if (match) return match[1];
  }
  return undefined;
}
