import module from 'node:module';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import type { UserModules } from '../../protocol/reward-worker.ts';
import { toCommonJs } from './compile-late.ts';
import { initialize, load, type NextLoad, type NextResolve, resolve } from './hooks.ts';

/** The library that reward files import. */
const API_URL = new URL('./grpo-rewards.js', import.meta.url).href;

/** Makes imports of the user's modules give what the host compiled; nothing is written to disk. Returns further files of theirs as they are loaded. */
export function serveModules(modules: UserModules): ReadonlySet<string> {
  const others = new Set<string>();
  const onOther = (url: string) => void others.add(fileURLToPath(url));
  initialize({ modules, api: API_URL, onOther });
  // Since Node 22.15, though the types say always.
  const { registerHooks } = module as Partial<typeof module>;
  if (registerHooks) {
    registerHooks({ resolve, load } as Parameters<typeof registerHooks>[0]);
    return others;
  }
  // Before, hooks for ES modules run only in a thread of their own, and there are none for CommonJS.
  const { port1, port2 } = new MessageChannel();
  port1.on('message', onOther);
  port1.unref();
  module.register(new URL('./reward-hooks.js', import.meta.url), {
    data: { modules, api: API_URL, port: port2 },
    transferList: [port2],
  });
  patchRequire();
  return others;
}

interface CommonJsModule extends NodeJS.Module {
  _compile(source: string, file: string): void;
}

/** What the loader of CommonJS calls, and other compilers replace too. */
interface CommonJsLoader {
  _resolveFilename(request: string, parent: NodeJS.Module | undefined, ...rest: unknown[]): string;
  _extensions: Record<string, (module: CommonJsModule, file: string) => void>;
}

function patchRequire(): void {
  const loader = module as unknown as CommonJsLoader;
  const conditions = ['node', 'require'];
  const resolveFilename = loader._resolveFilename;
  loader._resolveFilename = function (request, parent, ...rest) {
    const next = (specifier: string) => {
      const found = resolveFilename.call(this, specifier, parent, ...rest);
      return { url: isAbsolute(found) ? pathToFileURL(found).href : found };
    };
    const context = {
      conditions,
      importAttributes: {},
      parentURL: parent?.filename && pathToFileURL(parent.filename).href,
    };
    const { url } = resolve(request, context as Parameters<typeof resolve>[1], next as NextResolve) as { url: string };
    return url.startsWith('file:') ? fileURLToPath(url) : url;
  };
  const ours = { ...loader._extensions };
  for (const extension of ['.js', '.mjs', '.jsx', '.ts', '.mts', '.cts', '.tsx', '.json']) {
    const otherwise = ours[extension] ?? ours['.js']!;
    loader._extensions[extension] = (loaded, file) => {
      const context = { conditions, importAttributes: {}, format: undefined };
      const given = load(pathToFileURL(file).href, context, (() => undefined) as unknown as NextLoad);
      const { format, source } = (given ?? {}) as { format?: string; source?: string };
      if (source === undefined) otherwise(loaded, file);
      else if (format === 'json') loaded.exports = JSON.parse(source);
      else loaded._compile(format === 'module' ? toCommonJs(source, file) : source, file);
    };
  }
}
