import { applyEdits, findNodeAtLocation, type JSONPath, modify, parseTree } from 'jsonc-parser';
import { isJson } from '../../text/is-json.ts';

/** A sample that says nothing yet. */
export const EMPTY_SAMPLE = '{"prompt": "", "completion": ""}';

/**
 * A samples line with another value (as JSON; null removes it) at a path. All else stays as it is written, but for the mark of a generated sample, by which
 * Generate Samples would replace it: whoever edits one makes it their own. (One that has expected scores is not replaced.) Throws a sentence where the
 * line cannot be edited this way.
 */
export function withValue(line: string, path: JSONPath, json: string | null): string {
  if (!isJson(line)) throw new Error('This line is not a sample; edit it as text.');
  if (json !== null && !isJson(json)) throw new Error(`This is not valid JSON: ${json}`);
  // In JSON a line feed is never part of a text; here it would end the line.
  const changed = placed(line, path, json?.replaceAll(/\s*[\r\n]+\s*/g, ' ') ?? null);
  const edited = path[0] === 'expect' ? changed : withoutField(changed, 'generated');
  // Of a name that is there twice, JSON takes the last, and what edits texts the first.
  if (JSON.stringify(valueAt(edited, path)) !== (json === null ? undefined : JSON.stringify(JSON.parse(json))))
    throw new Error(`This line has "${path[0]}" more than once; edit it as text.`);
  return edited;
}

/** A sample with the prompt and the columns of another one, and nothing else of it. */
export const sampleLike = (line: string): string => withoutField(withValue(line, ['completion'], '""'), 'expect');

/** The same sample again, as one that was made by hand. */
export const copyOf = (line: string): string => withoutField(line, 'generated');

function placed(line: string, path: JSONPath, json: string | null): string {
  const value = findNodeAtLocation(parseTree(line)!, path);
  if (json === null) return value ? withoutEmpty(removed(line, path), path) : line;
  if (value) return line.slice(0, value.offset) + json + line.slice(value.offset + value.length);
  return applyEdits(line, modify(line, path, JSON.parse(json), {}));
}

const removed = (line: string, path: JSONPath): string => applyEdits(line, modify(line, path, undefined, {}));

const withoutField = (line: string, name: string): string =>
  isJson(line) && findNodeAtLocation(parseTree(line)!, [name]) ? removed(line, [name]) : line;

/** Without the object that the path leads through, if nothing is left in it. */
function withoutEmpty(line: string, path: JSONPath): string {
  const [name] = path;
  const owner = findNodeAtLocation(parseTree(line)!, [name!]);
  return path.length === 2 && owner?.children?.length === 0 ? removed(line, [name!]) : line;
}

function valueAt(line: string, path: JSONPath): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], JSON.parse(line));
}
