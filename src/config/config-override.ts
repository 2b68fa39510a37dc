import { parseTree } from 'jsonc-parser';
import { tooDeep } from '../files/json.ts';
import { tooDeepAt } from '../files/jsonc.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { fileAndFunction } from '../text/file-and-function.ts';
import { own } from '../text/own.ts';
import { shorten } from '../text/visible.ts';
import { changedNumber, changedNumberWords } from './template-numbers.ts';

/** Letters of an argument that messages repeat. */
const MOST_SHOWN = 100;

/** `path=value` as a file has it, such as an experiment's, and where. */
export interface WrittenOverride {
  text: string;
  key: SourceLocation;
  value: SourceLocation;
}

/** One `path=value`; `text` is as it was given, cut where it is long. */
export interface Override {
  text: string;
  path: (string | number)[];
  value: unknown;
  /** Where it is written; undefined for `--set`. */
  written?: WrittenOverride;
}

/** `rewards.0.weight=2`: dots descend, numbers index lists; the value is JSON, or else a text without quotes. */
export function parseOverride(given: string | WrittenOverride): Override {
  const written = typeof given === 'string' ? undefined : given;
  const text = typeof given === 'string' ? given : given.text;
  const fail = (message: string): never => {
    throw refusal({ text, ...(written && { written }) }, message);
  };
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(equals, 0)).trim().split('.');
  if (equals < 0 || path.some((key) => key === ''))
    return fail(
      `write ${written ? 'a field, such as "learningRate"' : 'field=value, such as --set learningRate=1e-4'}.`,
    );
  // An assignment to it would change what every object inherits.
  if (path.includes('__proto__')) return fail('there is no field "__proto__".');
  const value = parseValue(text.slice(equals + 1).trim(), fail);
  const root = path[0] === 'chatTemplateKwargs' && typeof value !== 'string' && parseTree(text.slice(equals + 1));
  const number = root && changedNumber(root, text.slice(equals + 1));
  if (number) return fail(changedNumberWords(number.written));
  return {
    text: shorten(text, MOST_SHOWN),
    path: path.map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
    value,
    ...(written && { written }),
  };
}

/** What is wrong with an override itself, rather than with the config that it makes. */
function refusal({ text, written }: Pick<Override, 'text' | 'written'>, message: string): BadInput {
  const shown = shorten(text, MOST_SHOWN);
  return written ? new BadInput(`"${shown}": ${message}`, written.key) : new BadInput(`--set ${shown}: ${message}`);
}

function parseValue(value: string, fail: (message: string) => never): unknown {
  if (tooDeepAt(value) !== undefined) fail(tooDeep);
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Puts the value into the config object, in place. A reward in its short form becomes an object when its parts are set. */
export function applyOverride(config: Record<string, unknown>, override: Override): void {
  const { path, value } = override;
  let parent: Record<string | number, unknown> = config;
  for (const [depth, key] of path.slice(0, -1).entries()) {
    if (!Object.hasOwn(parent, key)) parent[key] = {};
    if (path[0] === 'rewards' && depth === 1 && typeof parent[key] === 'string')
      parent[key] = fileAndFunction(parent[key]);
    const child = own(parent, String(key));
    const place = path.slice(0, depth + 1).join('.');
    if (typeof child !== 'object' || child === null)
      throw refusal(override, `"${place}" is ${JSON.stringify(child)} and has no fields of its own.`);
    parent = child as Record<string | number, unknown>;
    requireIndex(override, place, parent, path[depth + 1]!);
  }
  parent[path.at(-1)!] = value;
}

function requireIndex(override: Override, place: string, parent: object, key: string | number): void {
  if (!Array.isArray(parent) || (typeof key === 'number' && key <= parent.length)) return;
  throw refusal(override, `"${place}" is a list of ${parent.length}; count from 0, such as ${place}.0.`);
}
