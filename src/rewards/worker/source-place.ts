import { Session } from 'node:inspector';
import { findSourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '../../protocol/errors.ts';

const toPath = (place: string): string => (place.startsWith('file:') ? fileURLToPath(place) : place);

/** This worker, and the library that reward files import. */
const OURS = [import.meta.url, new URL('./grpo-rewards.js', import.meta.url).href].flatMap((url) => [
  url,
  fileURLToPath(url),
]);

/** Code of the user's own: neither Node's, nor a package's, nor ours. */
const isUsers = (place: string): boolean => !/^node:|[\\/]node_modules[\\/]/.test(place) && !OURS.includes(place);

/** Where in the user's files an error came from: its topmost frame there (Node has already applied the source map). */
export function placeOfError(error: unknown): SourceLocation | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const frame of stack.matchAll(
    /^\s+at (?:.*\()?(?:async )?((?:file:|\/|[A-Za-z]:\\)[^()\n]*):(\d+):(\d+)\)?$/gm,
  )) {
    const [, place, line, column] = frame as unknown as [string, string, string, string];
    if (isUsers(place)) return { file: toPath(place), line: Number(line), column: Number(column) };
  }
  return undefined;
}

/**
 * Where in the user's files a function that the module at `url` exports as `name` is declared, or undefined if V8 does not tell. One that a
 * helper of the library has made is declared where the module names it.
 */
export function placeOfFunction(
  declared: (...args: never[]) => unknown,
  { url, name, source }: { url: string; name: string; source: string },
): SourceLocation | undefined {
  const place = originalPlace(compiledPlace(declared), url);
  return place && !isUsers(place.file) ? originalPlace(exportedPlace(name, source), url) : place;
}

interface CompiledPlace {
  lineNumber: number;
  columnNumber: number;
}

function originalPlace(compiled: CompiledPlace | undefined, url: string): SourceLocation | undefined {
  const entry = compiled && findSourceMap(url)?.findEntry(compiled.lineNumber, compiled.columnNumber);
  if (!entry || !('originalSource' in entry)) return undefined;
  const source: string = entry.originalSource;
  const file = source.startsWith('file:') ? fileURLToPath(source) : resolve(dirname(fileURLToPath(url)), source);
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

/** The compiler's last statement is `export { local as name, … }`, and `local` is declared at the beginning of a line. */
function exportedPlace(name: string, source: string): CompiledPlace | undefined {
  const start = source.lastIndexOf('\nexport {\n');
  const exports = source.slice(start, source.indexOf('\n}', start)).split(/,?\n/);
  const local = exports.map((line) => line.trim().split(' as ')).find((names) => names.at(-1) === name)?.[0];
  const lineNumber = source.split('\n').findIndex((line) => line.startsWith(`var ${local} = `));
  return lineNumber < 0 ? undefined : { lineNumber, columnNumber: 'var '.length };
}

/** V8 tells a function's position (counted from 0, in the compiled code) only to its debugger. */
function compiledPlace(declared: unknown): CompiledPlace | undefined {
  const session = new Session();
  const slot = globalThis as { __grpoReward?: unknown };
  let place: CompiledPlace | undefined;
  try {
    session.connect();
    slot.__grpoReward = declared;
    session.post('Runtime.evaluate', { expression: '__grpoReward' }, (_error, { result }) => {
      session.post('Runtime.getProperties', { objectId: result.objectId! }, (_error, { internalProperties }) => {
        place = internalProperties?.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value;
      });
    });
  } catch {
    // Without a debugger (a Node built without it) failures name the file only.
  } finally {
    delete slot.__grpoReward;
    session.disconnect();
  }
  return place;
}
