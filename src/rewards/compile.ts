import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure } from 'esbuild';
import { realPath } from '../files/real-path.ts';
import type { EditedTexts } from '../files/source.ts';
import { BadInput } from '../protocol/errors.ts';
import type { UserModule, UserModules } from '../protocol/reward-worker.ts';
import { withFullStop } from '../text/full-stop.ts';
import { findModules, type ModuleGraph, readingFrom } from './compile/module-graph.ts';
import { namesAsked, namesMissing } from './compile/module-names.ts';
import { type CompiledModule, compiledModule, kindOf, moduleOptions, withoutMap } from './compile/module-output.ts';
import { userPaths } from './compile/user-paths.ts';

export interface CompiledReward {
  /** What a worker loads. */
  modules: UserModules;
  /** The same without source maps: an edit in a comment leaves it as it was. */
  code: string;
  /** The absolute paths of the files that it was compiled from: `file` and the user's modules that it imports. */
  inputs: string[];
}

/**
 * Compiles a TypeScript or JavaScript reward file and the user's modules that it imports, each to a module of its own, so that each has its own
 * `import.meta.url`, `__dirname` and the like, as its runtime would give it. Packages stay where they are. `texts`, by absolute path, stand in
 * for files that are being edited.
 * Throws BadInput at file:line:column for what does not compile or cannot be found.
 */
export async function compileReward(file: string, apiPath: string, texts: EditedTexts): Promise<CompiledReward> {
  const entry = realPath(file);
  const shown = userPaths(file, entry);
  try {
    const graph = await findModules(entry, apiPath, new Map([...texts].map(([path, text]) => [realPath(path), text])));
    const modules = await compileModules(graph, shown);
    const code = [...modules].map(([path, { format, source }]) => [path, format, withoutMap(source)]);
    const others = [...modules.keys()].filter((path) => path !== entry && !/[\\/]node_modules[\\/]/.test(path));
    return {
      modules: withUrls(entry, modules, graph),
      code: JSON.stringify(code),
      inputs: [file, ...others.map(shown)],
    };
  } catch (error) {
    const first = (error as BuildFailure).errors?.[0];
    if (!first) throw error;
    const at = first.location;
    const place = at
      ? { file: shown(resolve(dirname(entry), at.file)), line: at.line, column: at.column + 1 }
      : { file };
    throw new BadInput(withFullStop(`The reward file does not compile: ${first.text}`), place);
  }
}

/** The modules by path, in the order of their paths. */
async function compileModules(graph: ModuleGraph, shown: (path: string) => string): Promise<Map<string, UserModule>> {
  const { texts, formats, imports } = graph;
  const kinds = new Map([...texts.keys()].sort().map((path) => [path, kindOf(path, formats.get(path)!)]));
  const compiled = new Map<string, CompiledModule>();
  const { build } = await import('esbuild');
  for (const kind of new Set(kinds.values())) {
    const paths = [...kinds.keys()].filter((path) => kinds.get(path) === kind);
    const result = await build({
      ...moduleOptions(kind),
      entryPoints: paths.map((path, index) => ({ in: path, out: String(index) })),
      plugins: [readingFrom(texts)],
    });
    for (const [index, path] of paths.entries())
      compiled.set(path, compiledModule(result, String(index), kind, url(shown(path))));
  }
  const asked = namesAsked(compiled, imports);
  const modules = [...kinds].map(([path, kind]): [string, UserModule] => {
    const names = asked.get(path) ?? new Set();
    const { source } = compiled.get(path)!;
    if (kind === 'json') return [path, { format: 'json', source, text: texts.get(path)! }];
    if (kind === 'commonjs') return [path, { format: 'commonjs', source, names: [...names] }];
    return [path, { format: 'module', source: withNames(source, namesMissing(compiled.get(path)!, names)) }];
  });
  return new Map(modules);
}

/** An ES module with further exports, all undefined: see `namesAsked`. */
function withNames(source: string, names: string[]): string {
  if (names.length === 0) return source;
  const end = withoutMap(source).length;
  const exported = names.map((name) => `__grpo_type as ${name}`).join(', ');
  return `${source.slice(0, end)}const __grpo_type = undefined; export { ${exported} };\n${source.slice(end)}`;
}

const url = (path: string): string => pathToFileURL(path).href;

const withUrls = (entry: string, modules: Map<string, UserModule>, { imports }: ModuleGraph): UserModules => ({
  entry: url(entry),
  modules: Object.fromEntries([...modules].map(([path, module]) => [url(path), module])),
  imports: Object.fromEntries(
    [...imports].map(([path, targets]) => [
      url(path),
      Object.fromEntries([...targets].map(([specifier, target]) => [specifier, url(target)])),
    ]),
  ),
});
