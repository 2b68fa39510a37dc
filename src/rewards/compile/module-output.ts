import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { BuildOptions, BuildResult } from 'esbuild';
import { MODEL_JSON } from '../../files/open-file.ts';
import { readText } from '../../files/text.ts';

/**
 * How a module is run. `module`: an ES module as Node has it; `loose`: an ES module that may also use what CommonJS has (`require`, `__dirname`),
 * as TypeScript's authors do wherever their compiler writes CommonJS; `commonjs`; `json`.
 */
export type ModuleKind = 'module' | 'loose' | 'commonjs' | 'json';

/** What is written in a file counts, not what its package says, unless both Node and TypeScript hold that it is an ES module. */
export function kindOf(path: string, writtenAs: 'esm' | 'cjs'): ModuleKind {
  if (extname(path) === '.json') return 'json';
  if (/\.m[jt]s$/.test(path)) return 'module';
  const isModule = !/\.c[jt]s$/.test(path) && packageType(dirname(path)) === 'module';
  if (isModule) return 'module';
  return writtenAs === 'cjs' ? 'commonjs' : 'loose';
}

/** The "type" of the nearest package.json. */
function packageType(folder: string): unknown {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    try {
      return JSON.parse(readText(file, MODEL_JSON)).type;
    } catch {
      return undefined;
    }
  }
  const above = dirname(folder);
  return above === folder || basename(folder) === 'node_modules' ? undefined : packageType(above);
}

/** Stand-ins for what CommonJS modules find in their scope. */
const SCOPE = { require: '__grpo_require', module: '__grpo_module' };
const PLACES = { __filename: '__grpo_filename', __dirname: '__grpo_dirname' };

/** The first line of a loose module that uses them. */
const PROLOGUE = [
  'import { createRequire as __grpo_createRequire } from "node:module"',
  'import { fileURLToPath as __grpo_toPath } from "node:url"',
  'const __grpo_filename = __grpo_toPath(import.meta.url), __grpo_dirname = __grpo_toPath(new URL(".", import.meta.url)).replace(/(?<=.)[\\\\/]$/, "")',
  'const __grpo_require = __grpo_createRequire(import.meta.url)',
  'const __grpo_module = { id: __grpo_filename, filename: __grpo_filename, path: __grpo_dirname, exports: {}, loaded: false, children: [], require: __grpo_require };\n',
].join('; ');

/** How esbuild compiles modules of a kind, each to an output of its own; its settings in tsconfig.json count. */
export const moduleOptions = (kind: ModuleKind) =>
  ({
    bundle: kind === 'json',
    ...(kind === 'commonjs' && { format: 'cjs' }),
    ...(kind === 'json' && { format: 'esm' }),
    ...(kind === 'loose' && { define: { ...SCOPE, ...PLACES } }),
    platform: 'node',
    target: 'node20',
    supported: { 'import-attributes': true },
    // Never written.
    outdir: 'compiled',
    write: false,
    metafile: true,
    sourcemap: 'external',
    sourcesContent: false,
    // Comments of any kind make no difference to the code.
    legalComments: 'none',
    logLevel: 'silent',
  }) as const satisfies BuildOptions;

export interface CompiledModule {
  /** With its source map inside. */
  source: string;
  /** The names that it exports itself. */
  exports: string[];
}

const MAP = '//# sourceMappingURL=data:application/json;base64,';

/** The output of the entry point that was called `name`; errors are to point to `sourceUrl`. */
export function compiledModule(
  { outputFiles, metafile }: BuildResult<ReturnType<typeof moduleOptions>>,
  name: string,
  kind: ModuleKind,
  sourceUrl: string,
): CompiledModule {
  const textOf = (file: string): string => outputFiles.find(({ path }) => basename(path) === file)!.text;
  const code = textOf(`${name}.js`);
  const map = { ...JSON.parse(textOf(`${name}.js.map`)), sources: [sourceUrl] };
  const isExtended = kind === 'loose' && /\b__grpo_(?:require|module|filename|dirname)\b/.test(code);
  // A line more before the code.
  if (isExtended) map.mappings = `;${map.mappings}`;
  const [, { exports }] = Object.entries(metafile.outputs).find(([path]) => basename(path) === `${name}.js`)!;
  const encoded = Buffer.from(JSON.stringify(map)).toString('base64');
  return { source: `${isExtended ? PROLOGUE : ''}${code}${MAP}${encoded}\n`, exports };
}

/** A compiled module without its source map. */
export const withoutMap = (source: string): string => source.slice(0, source.lastIndexOf(MAP));

/** The source map inside a compiled module, undefined where there is none. */
export function sourceMapIn(source: string): object | undefined {
  const at = source.lastIndexOf(MAP);
  return at < 0 ? undefined : JSON.parse(Buffer.from(source.slice(at + MAP.length), 'base64').toString());
}
