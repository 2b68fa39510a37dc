import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canRun, runTool } from '../../../processes/run-tool.ts';
import { BadInput } from '../../../protocol/errors.ts';
import type { PythonTensorflow } from './python-tensorflow.ts';

/** The C++ compiler: the one that `CXX` names, else the first that exists. Throws BadInput when none does. */
export async function findCompiler(signal: AbortSignal): Promise<string> {
  for (const compiler of process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'])
    if (await canRun(compiler, signal)) return compiler;
  const how =
    process.platform === 'darwin'
      ? '`xcode-select --install` brings one'
      : 'on Debian and Ubuntu the package g++ is one';
  throw new BadInput(`There is no C++ compiler here, which it takes to build tfjs-node's binding; ${how}.`);
}

/**
 * Compiles the binding of the tfjs-node in `modules` (a node_modules folder, which has Node's headers too) against a TensorFlow, to the place
 * where tfjs-node looks for it.
 */
export async function compileBinding(
  compiler: string,
  modules: string,
  tensorflow: PythonTensorflow,
  signal: AbortSignal,
): Promise<void> {
  const folder = join(modules, '@tensorflow', 'tfjs-node');
  const binding = join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
  mkdirSync(dirname(binding), { recursive: true });
  const args = [
    ...['-O2', '-shared', '-fPIC', '-std=c++17', '-DNAPI_VERSION=8'],
    // Node.js provides its functions when the binding is loaded.
    ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
    ...[`-I${join(modules, 'node-api-headers', 'include')}`, `-I${tensorflow.include}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((source) => join(folder, 'binding', source)),
    ...tensorflow.libraries,
    // TensorFlow stays where it is.
    `-Wl,-rpath,${tensorflow.folder}`,
    ...['-o', binding],
  ];
  await runTool(compiler, args, { cwd: folder, signal });
}
