import { Session } from 'node:inspector';
import { findSourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '../../protocol/errors.ts';

const toPath = (place: string): string => (place.startsWith('file:') ? fileURLToPath(place) : place);

/** Code of the user's own: neither Node's, nor a package's, nor this worker's. */
const isUsers = (place: string): boolean =>
  !/^node:|[\\/]node_modules[\\/]/.test(place) && place !== import.meta.url && place !== fileURLToPath(import.meta.url);

/** Where in the user's files an error came from: its topmost frame there (Node has already applied the source map). */
export function placeOfError(error: unknown): SourceLocation | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const frame of stack.matchAll(/^\s+at .*?((?:file:|\/|[A-Za-z]:\\)[^()]*):(\d+):(\d+)\)?$/gm)) {
    const [, place, line, column] = frame as unknown as [string, string, string, string];
    if (isUsers(place)) return { file: toPath(place), line: Number(line), column: Number(column) };
  }
  return undefined;
}

/** Where in the user's files a function of the module at `url` is declared, or undefined if V8 does not tell. */
export function placeOfFunction(declared: (...args: never[]) => unknown, url: string): SourceLocation | undefined {
  const compiled = compiledPlace(declared);
  const entry = compiled && findSourceMap(url)?.findEntry(compiled.lineNumber, compiled.columnNumber);
  if (!entry || !('originalSource' in entry)) return undefined;
  const source: string = entry.originalSource;
  const file = source.startsWith('file:') ? fileURLToPath(source) : resolve(dirname(fileURLToPath(url)), source);
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

/** V8 tells a function's position (counted from 0, in the compiled code) only to its debugger. */
function compiledPlace(declared: unknown): { lineNumber: number; columnNumber: number } | undefined {
  const session = new Session();
  const slot = globalThis as { __grpoReward?: unknown };
  let place: { lineNumber: number; columnNumber: number } | undefined;
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
