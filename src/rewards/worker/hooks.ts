// What imports of the user's modules mean in a reward worker. On Node before 22.15 another instance of this runs in the thread of its loader.
import { existsSync, statSync } from 'node:fs';
import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module';
import { extname, isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import type { UserModule, UserModules } from '../../protocol/reward-worker.ts';
import { compileLate } from './compile-late.ts';

export interface Served {
  modules: UserModules;
  /** What `grpo/rewards` is. */
  api: string;
  /** Hears of each file of the user's that is loaded beside those modules. */
  onOther: (url: string) => void;
}

// As Node calls them: with a promise in its loader's thread, at once elsewhere.
type Soon<Output> = Output | Promise<Output>;
export type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => Soon<ResolveFnOutput>;
export type NextLoad = (url: string, context?: Partial<LoadHookContext>) => Soon<LoadFnOutput>;

let served: Served | undefined;
/** TypeScript that the host did not know about, because its path was computed. */
const late = new Map<string, UserModule>();

export function initialize(given: Served | (Omit<Served, 'onOther'> & { port: MessagePort })): void {
  served = 'port' in given ? { ...given, onOther: (url) => given.port.postMessage(url) } : given;
}

export function resolve(specifier: string, context: ResolveHookContext, next: NextResolve): Soon<ResolveFnOutput> {
  if (!served) return next(specifier, context);
  const { modules, api } = served;
  const parent = withoutQuery(context.parentURL ?? '');
  if (specifier === 'grpo/rewards') return { url: api, format: 'module', shortCircuit: true };
  // The library's packages are those that the reward file would import.
  if (parent === api) return next(specifier, { ...context, parentURL: modules.entry });
  const target = own(own(modules.imports, parent), specifier);
  if (target !== undefined && own(modules.modules, target)) return resolved(target, context);
  // A package: Node's own answer first, so that there is one instance of it.
  if (target !== undefined)
    return orElse(
      () => next(specifier, context),
      () => ({ url: target, shortCircuit: true }),
    );
  const found = isPackaged(parent) ? undefined : findFile(specifier, parent);
  return found === undefined ? next(specifier, context) : resolved(found, context);
}

export function load(url: string, context: LoadHookContext, next: NextLoad): Soon<LoadFnOutput> {
  const plain = withoutQuery(url);
  const module = moduleAt(plain);
  if (!module) {
    if (plain.startsWith('file:') && !isPackaged(plain) && plain !== served?.api) served?.onOther(plain);
    return next(url, context);
  }
  if (url.endsWith(FACADE)) return { format: 'module', source: facade(module), shortCircuit: true };
  const { format, source } = module;
  if (format === 'json' && !url.endsWith(AS_MODULE)) return { format, source: module.text, shortCircuit: true };
  return { format: format === 'commonjs' ? format : 'module', source, shortCircuit: true };
}

/** An ES module gets a CommonJS module through another one, since CommonJS loads from memory only when it is required. */
const FACADE = '?commonjs';

/** JSON that is imported without saying so, `with { type: 'json' }`: TypeScript allows it. */
const AS_MODULE = '?module';

function facade(module: UserModule): string {
  const names = module.format === 'commonjs' ? module.names : [];
  return [
    "import { createRequire } from 'node:module'; import { fileURLToPath } from 'node:url';",
    'const file = fileURLToPath(import.meta.url); const exported = createRequire(file)(file); export default exported;',
    ...names.map((name, index) => `const $${index} = exported?.${name}; export { $${index} as ${name} };`),
  ].join('\n');
}

function resolved(url: string, context: ResolveHookContext): ResolveFnOutput {
  const plain = withoutQuery(url);
  const format = moduleAt(plain)?.format;
  if (format === 'commonjs' && !isRequire(context))
    return { url: plain + FACADE, format: 'module', shortCircuit: true };
  const isModule = format === 'json' && !isRequire(context) && context.importAttributes?.type !== 'json';
  if (isModule) return { url: plain + AS_MODULE, format: 'module', shortCircuit: true };
  return { url, ...(format && { format }), shortCircuit: true };
}

function moduleAt(url: string): UserModule | undefined {
  const known = own(served?.modules.modules, url) ?? late.get(url);
  if (known || !served || !url.startsWith('file:') || !/\.([cm]?ts|[jt]sx)$/.test(url)) return known;
  const module = compileLate(fileURLToPath(url));
  late.set(url, module);
  served.onOther(url);
  return module;
}

const ENDINGS = ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.jsx', '.json'];
/** TypeScript may name the JavaScript that it would become. */
const WRITTEN_AS: Record<string, string[]> = {
  '.js': ['.ts', '.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
  '.jsx': ['.tsx'],
};

/** The file that a computed path means, with the freedom that the compiler gives to written ones; undefined if it is none of the user's. */
function findFile(specifier: string, parent: string): string | undefined {
  const isPath = /^(\.{1,2}(\/|$)|file:)/.test(specifier) || isAbsolute(specifier);
  if (!isPath || !(parent.startsWith('file:') || !specifier.startsWith('.'))) return undefined;
  const { pathname, href, search } = isAbsolute(specifier) ? pathToFileURL(specifier) : new URL(specifier, parent);
  const path = fileURLToPath(withoutQuery(href));
  const extension = extname(pathname);
  const candidates = [
    ...ENDINGS.map((ending) => path + ending),
    ...(WRITTEN_AS[extension] ?? []).map((other) => path.slice(0, -extension.length) + other),
    ...ENDINGS.slice(1).map((ending) => `${path}/index${ending}`),
  ];
  const found = candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
  // What Node finds itself, it knows best how to load.
  if (found === undefined || (found === path && !moduleAt(pathToFileURL(path).href))) return undefined;
  return pathToFileURL(found).href + search;
}

/** The paths are the user's: what every object inherits is none. */
const own = <Value>(record: Record<string, Value> | undefined, name: string): Value | undefined =>
  record && Object.hasOwn(record, name) ? record[name] : undefined;

const isRequire = ({ conditions = [] }: { conditions?: readonly string[] }): boolean => conditions.includes('require');
const isPackaged = (url: string): boolean => /[\\/]node_modules[\\/]/.test(url);
const withoutQuery = (url: string): string => (url.startsWith('file:') ? url.replace(/[?#].*$/s, '') : url);

/** What `attempt` gives, or, when it fails, what the other one does. */
function orElse<Output>(attempt: () => Soon<Output>, otherwise: () => Output): Soon<Output> {
  try {
    const output = attempt();
    return output instanceof Promise ? output.catch(otherwise) : output;
  } catch {
    return otherwise();
  }
}
