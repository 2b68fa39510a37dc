import { existsSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildFailure, build, type Loader, type PartialMessage, type Plugin } from 'esbuild';
import { REWARD_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput } from '../protocol/errors.ts';

/** Texts in an editor by the absolute path of their files. */
export type EditedTexts = ReadonlyMap<string, string>;

export interface CompiledReward {
  /** What a worker loads. */
  source: string;
  /** The same without the source map: an edit in a comment leaves it as it was. */
  code: string;
  /** The absolute paths of the files that it was compiled from: `file` and the user's modules that it imports. */
  inputs: string[];
}

/**
 * Compiles a TypeScript or JavaScript reward file and the user's modules that it imports to one ES module with its source
 * map inside; packages stay where they are and are named by their URLs. `apiPath` is the file that `grpo/rewards` means; `texts`,
 * by absolute path, stand in for files that are being edited.
 * Throws BadInput at file:line:column for what does not compile or cannot be found.
 */
export async function compileReward(file: string, apiPath: string, texts: EditedTexts): Promise<CompiledReward> {
  const folder = dirname(file);
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [file],
      absWorkingDir: folder,
      // Where the module pretends to be: the source map's paths are relative to it. Nothing is written.
      outfile: join(folder, `${basename(file)}.compiled.mjs`),
      write: false,
      metafile: true,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      // Node's own conditions only; esbuild would add one for bundlers.
      conditions: [],
      sourcemap: 'inline',
      sourcesContent: false,
      // Comments of any kind make no difference to the code.
      legalComments: 'none',
      logLevel: 'silent',
      plugins: [resolvePackages(apiPath), readTexts(texts)],
    });
    const source = outputFiles[0]!.text;
    const code = source.slice(0, source.lastIndexOf('\n//# sourceMappingURL='));
    return { source, code, inputs: usersFiles(Object.keys(metafile.inputs), file, apiPath) };
  } catch (error) {
    const first = (error as BuildFailure).errors?.[0];
    if (!first) throw error;
    const at = first.location;
    const place = at ? { file: resolve(folder, at.file), line: at.line, column: at.column + 1 } : { file };
    throw new BadInput(`The reward file does not compile: ${first.text}.`.replace(/\.\.$/, '.'), place);
  }
}

/** The compiler's inputs, which it names by their real paths from the real folder, without packages and `grpo/rewards`. */
function usersFiles(inputs: string[], file: string, apiPath: string): string[] {
  const [main, api, folder] = [realPath(file), realPath(apiPath), realPath(dirname(file))];
  const others = inputs
    .map((path) => resolve(folder, path))
    .filter((path) => path !== main && path !== api && !/[\\/]node_modules[\\/]/.test(path) && existsSync(path));
  return [file, ...others];
}

/** Finds packages from the importing file, as Node would, so that a missing one is an error at its import. */
const resolvePackages = (apiPath: string): Plugin => ({
  name: 'packages',
  setup(compiler) {
    compiler.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, kind, ...importer }) => {
      if (path === 'grpo/rewards') return { path: apiPath };
      if (pluginData === 'resolving' || kind === 'entry-point' || /^[A-Za-z]:/.test(path) || isBuiltin(path))
        return undefined;
      const found = await compiler.resolve(path, { ...importer, kind, pluginData: 'resolving' });
      if (found.errors.length > 0) return { errors: found.errors };
      // The user's own modules under another name (`paths`, `imports`, workspaces) and TypeScript are compiled along.
      if (!/[\\/]node_modules[\\/]/.test(found.path) || /\.[cm]?tsx?$/.test(found.path)) return found;
      return { path: kind.startsWith('require') ? found.path : pathToFileURL(found.path).href, external: true };
    });
  },
});

/** Texts that are being edited, and the others as they are. The compiler names files by their real paths. */
const readTexts = (texts: EditedTexts): Plugin => ({
  name: 'texts',
  setup(compiler) {
    const byRealPath = new Map([...texts].map(([file, text]) => [realPath(file), text]));
    compiler.onLoad({ filter: /\.([cm]?[jt]sx?|json)$/ }, ({ path }) => {
      const contents = byRealPath.get(path);
      if (contents === undefined) return unreadable(path);
      return { contents, loader: extname(path).replace(/^\.[cm]?/, '') as Loader };
    });
  },
});

/** What is wrong with a file as a text, which the compiler would read with other letters; undefined where nothing is. */
function unreadable(path: string): { errors: PartialMessage[] } | undefined {
  try {
    readText(path, REWARD_FILE);
    return undefined;
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    const { line } = error.location ?? {};
    return { errors: [{ text: error.sentence, location: { file: path, ...(line !== undefined && { line }) } }] };
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
