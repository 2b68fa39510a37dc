import { isBuiltin } from 'node:module';
import { basename, dirname, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Loader, OnResolveArgs, Plugin, PluginBuild } from 'esbuild';
import { type EditedTexts, readSource } from '../../files/source.ts';
import { BadInput } from '../../protocol/errors.ts';

/** A reward file and the user's own modules that it imports, by their real paths. */
export interface ModuleGraph {
  /** What was read of each. */
  texts: ReadonlyMap<string, string>;
  /** What the text of each is written as. */
  formats: ReadonlyMap<string, 'esm' | 'cjs'>;
  /** For each the files, packages' too, that its imports lead to, by what stands in the import. */
  imports: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** What a module may be, by its extension; Node imports nothing else. */
const LOADERS: Record<string, Loader> = {
  ...{ '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx' },
  ...{ '.js': 'js', '.mjs': 'js', '.cjs': 'js', '.jsx': 'jsx', '.json': 'json' },
};

/**
 * Follows the imports of `entry` as far as the user's own modules go. Imports of packages are looked up as well, so that a missing one is an
 * error at its import. Computed imports (`import(path)`) are left to the worker, which knows their paths.
 * Throws esbuild's BuildFailure for a text that does not parse, and for an import that leads nowhere.
 */
export async function findModules(entry: string, apiPath: string, edited: EditedTexts): Promise<ModuleGraph> {
  const folder = dirname(entry);
  const texts = new Map<string, string>();
  const imports = new Map<string, Map<string, string>>();
  const read = reading((path) => {
    const text = (edited.get(path) ?? readSource(path)).replace(/^\uFEFF/, '');
    texts.set(path, text);
    return hideComputedImports(text);
  });
  // Loaded when it is needed: bundled rewards are opened where there is no compiler.
  const { build } = await import('esbuild');
  const { metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: folder,
    outfile: resolve(folder, `${basename(entry)}.compiled.mjs`),
    write: false,
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Node's own conditions only; esbuild would add one for bundlers.
    conditions: [],
    logLevel: 'silent',
    plugins: [follow(apiPath, imports), read],
  });
  const formats = new Map(
    Object.entries(metafile.inputs).map(([path, { format }]) => [resolve(folder, path), format ?? 'esm']),
  );
  return { texts, formats, imports };
}

/** Has the compiler see these texts. */
export const readingFrom = (texts: ReadonlyMap<string, string>): Plugin => reading((path) => texts.get(path)!);

const reading = (textOf: (path: string) => string): Plugin => ({
  name: 'texts',
  setup(compiler) {
    compiler.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => {
      try {
        return { contents: textOf(path), loader: LOADERS[extname(path)]!, resolveDir: dirname(path) };
      } catch (error) {
        // No text, or none in UTF-8: the compiler would read other letters.
        if (!(error instanceof BadInput)) throw error;
        const { message, place } = error.problem;
        const line = place?.line;
        return { errors: [{ text: message, location: { file: path, ...(line !== undefined && { line }) } }] };
      }
    });
  },
});

/** Decides what an import means, as the runtime would, and notes where it leads. */
const follow = (apiPath: string, imports: Map<string, Map<string, string>>): Plugin => ({
  name: 'imports',
  setup(compiler) {
    compiler.onResolve({ filter: /.*/ }, async (args) => {
      const { path, pluginData, kind, importer } = args;
      if (pluginData === RESOLVING || kind === 'entry-point' || isBuiltin(path)) return undefined;
      if (path === 'grpo/rewards') return { path: apiPath, external: true };
      const found = await resolveImport(compiler, args);
      if (found.errors.length > 0) return { errors: found.errors };
      if (found.namespace !== 'file') return found;
      // With a query (`./words?again`) it is another module of the same file, which the worker makes.
      if (found.suffix === '') {
        const targets = imports.get(importer) ?? new Map<string, string>();
        imports.set(importer, targets.set(path, found.path));
      }
      if (isPackaged(found.path)) return { path: found.path, external: true };
      const extension = extname(found.path);
      if (extension === '.node') return { path: found.path, external: true };
      if (extension in LOADERS) return found;
      const text = `"${path}" is no module: Node imports no ${extension || 'such'} files. Read it with readFileSync(new URL(${JSON.stringify(path)}, import.meta.url))`;
      return { errors: [{ text }] };
    });
  },
});

const RESOLVING = Symbol('resolving');

async function resolveImport(compiler: PluginBuild, { path, pluginData: _, ...importer }: OnResolveArgs) {
  return compiler.resolve(path.startsWith('file:') ? fileURLToPath(path) : path, {
    ...importer,
    pluginData: RESOLVING,
  });
}

/**
 * Whether a file is a package's, which Node loads without help. The user's own modules under another name (`paths`, `imports`, workspaces), and
 * TypeScript wherever it is, are compiled along.
 */
const isPackaged = (path: string): boolean => /[\\/]node_modules[\\/]/.test(path) && !/\.[cm]?tsx?$/.test(path);

/** A call of `import` or `require` whose argument is put together: the compiler would take in every file that could be meant. */
const COMPUTED = /\b(?:import|require)\s*\(\s*(?:\/\*[\s\S]*?\*\/\s*)*(?=`|'[^'\n]*'\s*\+|"[^"\n]*"\s*\+)/g;

const hideComputedImports = (text: string): string => text.replace(COMPUTED, '$&0, ');
