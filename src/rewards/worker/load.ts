import type { LoadRequest, UserModules, WorkerFunction } from '../../protocol/reward-worker.ts';
import { serveModules } from './serve-modules.ts';
import { placeOfFunction } from './source-place.ts';

// biome-ignore lint/suspicious/noExplicitAny: a user's function; what it returns is checked, what it takes is its business.
export type UserFunction = (input: any) => unknown;

export interface LoadedFunction extends WorkerFunction {
  call: UserFunction;
}

export interface LoadedFile {
  functions: LoadedFunction[];
  /** Files of the user's that the host did not compile, as they are loaded. */
  others: ReadonlySet<string>;
}

/** Runs the compiled reward file and lists the functions that it exports, in the order of the source. */
export async function loadRewardFile({ source }: LoadRequest): Promise<LoadedFile> {
  const modules = source as UserModules;
  const { entry } = modules;
  const others = serveModules(modules);
  // What the library's helpers look for, they look for beside the reward file.
  Object.assign(globalThis, { [Symbol.for('grpo.rewardFile')]: entry });
  const isCommonJs = modules.modules[entry]!.format === 'commonjs';
  const namespace = await import(entry);
  const exported = isCommonJs ? commonJsExports(namespace.default) : Object.entries(namespace);
  const functions = exported
    .filter((entry): entry is [string, UserFunction] => isFunction(entry[1]))
    .map(([name, call]) => ({
      name,
      call,
      kind: Symbol.for('grpo.batchReward') in call ? ('batch' as const) : ('row' as const),
      isDefault: true,
      ...placeOfFunction(call, name, modules),
    }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return { functions, others };
}

/** `module.exports` with functions in it, or a function by the name that it has. */
function commonJsExports(exported: unknown): [string, unknown][] {
  if (isFunction(exported)) return [[(exported as UserFunction).name || 'default', exported]];
  return exported !== null && typeof exported === 'object' ? Object.entries(exported) : [];
}

const isFunction = (value: unknown): boolean =>
  typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
