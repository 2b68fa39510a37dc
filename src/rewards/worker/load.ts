import module, { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { LoadRequest, WorkerFunction } from '../../protocol/reward-worker.ts';
import { placeOfFunction } from './source-place.ts';

// biome-ignore lint/suspicious/noExplicitAny: a user's function; what it returns is checked, what it takes is its business.
export type UserFunction = (input: any) => unknown;

export interface LoadedFunction extends WorkerFunction {
  call: UserFunction;
}

/** Runs the compiled reward file and lists the functions that it exports, in the order of the source. */
export async function loadRewardFile({ file, source }: LoadRequest): Promise<LoadedFunction[]> {
  const url = pathToFileURL(file).href;
  // For CommonJS modules of the user's that were bundled in.
  globalThis.require = createRequire(url);
  serveModule(url, source);
  const exported = Object.entries(await import(url));
  return exported
    .filter((entry): entry is [string, UserFunction] => isFunction(entry[1]))
    .map(([name, call]) => ({
      name,
      call,
      kind: Symbol.for('grpo.batchReward') in call ? ('batch' as const) : ('row' as const),
      isDefault: true,
      ...placeOfFunction(call, { url, name, source }),
    }))
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

const isFunction = (value: unknown): boolean =>
  typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));

/** Makes importing `url` give `source`. Nothing is written to disk, and `import.meta.url` is the user's own file. */
function serveModule(url: string, source: string): void {
  // Since Node 22.15, though the types say always.
  const { registerHooks } = module as Partial<typeof module>;
  if (registerHooks) {
    registerHooks({
      load: (wanted, context, next) =>
        wanted === url ? { format: 'module', source, shortCircuit: true } : next(wanted, context),
    });
    return;
  }
  // Before, hooks run only in a thread of their own.
  const hooks = `let served;
    export const initialize = (data) => { served = data; };
    export const load = (wanted, context, next) =>
      wanted === served.url ? { format: 'module', source: served.source, shortCircuit: true } : next(wanted, context);`;
  module.register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: { url, source } });
}
