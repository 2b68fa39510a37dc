import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { BuildFailure } from 'esbuild';
import type { UserModule } from '../../protocol/reward-worker.ts';
import { compiledModule, kindOf, type ModuleKind, moduleOptions } from '../compile/module-output.ts';

/** Loaded when it is first needed: most rewards compute no import. */
const compiler = (): typeof import('esbuild') => createRequire(import.meta.url)('esbuild');

/** Compiles a TypeScript file that is imported by a computed path, as the host compiles the others. */
export function compileLate(path: string): UserModule {
  try {
    const { format, source } = compileAs('module', path);
    const kind = kindOf(path, format);
    const compiled = kind === 'module' ? source : compileAs(kind, path).source;
    return kind === 'commonjs' ? { format: kind, source: compiled, names: [] } : { format: 'module', source: compiled };
  } catch (error) {
    const [first] = (error as BuildFailure).errors ?? [];
    if (!first) throw error;
    throw syntaxError(first.text, path, first.location ?? undefined);
  }
}

function compileAs(kind: ModuleKind, path: string) {
  const result = compiler().buildSync({ ...moduleOptions(kind), entryPoints: [{ in: path, out: '0' }] });
  const [input] = Object.values(result.metafile.inputs);
  return { ...compiledModule(result, '0', kind, pathToFileURL(path).href), format: input?.format ?? 'esm' };
}

/** With its place where the stack has it. */
function syntaxError(message: string, file: string, at: { line: number; column: number } | undefined): SyntaxError {
  const error = new SyntaxError(message);
  error.stack = `SyntaxError: ${message}\n    at ${file}:${at?.line ?? 1}:${(at?.column ?? 0) + 1}`;
  return error;
}

/** An ES module as a CommonJS one, for a Node whose `require` cannot load ES modules. */
export const toCommonJs = (source: string, path: string): string => {
  const url = JSON.stringify(pathToFileURL(path).href);
  return compiler().transformSync(source, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcefile: path,
    sourcemap: 'inline',
    define: { 'import.meta.url': url, 'import.meta.filename': JSON.stringify(path) },
  }).code;
};
