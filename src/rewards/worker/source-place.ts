import { Session } from 'node:inspector';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { SourceLocation } from '../../protocol/errors.ts';
import type { UserModules } from '../../protocol/reward-worker.ts';
import { sourceMapIn } from '../compile/module-output.ts';
import { errorsIn, isError, withCauses } from './error-words.ts';

const toPath = (place: string): string => (place.startsWith('file:') ? fileURLToPath(place) : place);

/** The folder of this worker, its hooks and the library that reward files import. */
const OURS = [new URL('.', import.meta.url).href, fileURLToPath(new URL('.', import.meta.url))];

/** Code of the user's own: neither Node's, nor a package's, nor ours. */
const isUsers = (place: string): boolean =>
  !/^node:|[\\/]node_modules[\\/]/.test(place) && !OURS.some((folder) => place.startsWith(folder));

/** `at name (place:line:column)` or `at place:line:column`. Folders may have spaces and parentheses in their names. */
const FRAME = /^\s+at (?:.*? \()?(?:async )?((?:file:|\/|[A-Za-z]:\\)[^\n<>]*):(\d+):(\d+)\)?$/gm;

/** Where in the user's files an error came from: its topmost frame there (Node has already applied the source map). */
export function placeOfError(error: unknown): SourceLocation | undefined {
  if (!isError(error)) return undefined;
  // What a library throws later may have been caused by what the user's code did.
  for (const cause of withCauses(error))
    for (const one of [cause, ...errorsIn(cause)]) {
      const place = isError(one) ? placeInStack(String(one.stack)) : undefined;
      if (place) return place;
    }
  return undefined;
}

function placeInStack(stack: string): SourceLocation | undefined {
  for (const frame of stack.matchAll(FRAME)) {
    const [, place, line, column] = frame as unknown as [string, string, string, string];
    if (isUsers(place)) return { file: toPath(place), line: Number(line), column: Number(column) };
  }
  return undefined;
}

/**
 * Where in the user's files a function that the reward file exports as `name` is declared, or undefined if V8 does not tell. One that a helper of
 * the library or of a package has made is declared where the reward file names it.
 */
export function placeOfFunction(
  declared: (...args: never[]) => unknown,
  name: string,
  { entry, modules }: UserModules,
): SourceLocation | undefined {
  const place = compiledPlace(declared);
  const text = Function.prototype.toString.call(declared);
  const own = place && Object.keys(modules).find((url) => isAt(modules[url]!.source, place, text));
  if (own !== undefined) return originalPlace(place, modules[own]!.source);
  return originalPlace(exportedPlace(name, modules[entry]!.source), modules[entry]!.source);
}

interface CompiledPlace {
  lineNumber: number;
  columnNumber: number;
}

function originalPlace(compiled: CompiledPlace | undefined, source: string): SourceLocation | undefined {
  const map = compiled && sourceMapIn(source);
  const entry = map && new SourceMap(map as SourceMapPayload).findEntry(compiled.lineNumber, compiled.columnNumber);
  if (!entry || !('originalSource' in entry)) return undefined;
  return { file: fileURLToPath(entry.originalSource), line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

/** Whether this function is defined at that place in a module. V8 tells the place of its parameters, or of the whole of an arrow function. */
function isAt(source: string, { lineNumber, columnNumber }: CompiledPlace, text: string): boolean {
  const line = source.split('\n', lineNumber + 1)[lineNumber] ?? '';
  const [first] = text.split('\n') as [string];
  return [first, first.slice(first.indexOf('('))].some((start) => line.startsWith(start, columnNumber));
}

/** Where the compiled reward file declares what it exports as `name`. */
function exportedPlace(name: string, source: string): CompiledPlace | undefined {
  const lists = [...source.matchAll(/^export \{([^}]*)\};$/gm)].flatMap(([, list]) => list!.split(','));
  const local = lists.map((item) => item.trim().split(' as ')).find((names) => names.at(-1) === name)?.[0] ?? name;
  const escaped = local.replaceAll('$', '\\$');
  const declaration = new RegExp(`^(?:export )?(?:const|let|var) (?:.*, )?(${escaped}) = |^(export default) `, 'd');
  for (const [lineNumber, line] of source.split('\n').entries()) {
    const [, found] = declaration.exec(line)?.indices ?? [];
    if (found) return { lineNumber, columnNumber: found[0] };
  }
  return undefined;
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
