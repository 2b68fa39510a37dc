import { parseTree } from 'jsonc-parser';
import { tooDeep } from '../files/json.ts';
import { tooDeepAt } from '../files/jsonc.ts';
import { BadInput } from '../protocol/errors.ts';
import { fileAndFunction } from '../text/file-and-function.ts';
import { own } from '../text/own.ts';
import { shorten } from '../text/visible.ts';
import { changedNumber, changedNumberWords } from './template-numbers.ts';

/** Letters of an argument that messages repeat. */
const MOST_SHOWN = 100;

/** One `--set path=value`; `text` is the argument as it was given, cut where it is long. */
export interface Override {
  text: string;
  path: (string | number)[];
  value: unknown;
}

/** `rewards.0.weight=2`: dots descend, numbers index lists; the value is JSON, or else a text without quotes. */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=');
  const path = text.slice(0, Math.max(equals, 0)).trim().split('.');
  if (equals < 0 || path.some((key) => key === ''))
    throw new BadInput(`--set ${text}: write field=value, such as --set learningRate=1e-4.`);
  // An assignment to it would change what every object inherits.
  if (path.includes('__proto__')) throw new BadInput(`--set ${text}: there is no field "__proto__".`);
  const value = parseValue(text, equals);
  const root = path[0] === 'chatTemplateKwargs' && typeof value !== 'string' && parseTree(text.slice(equals + 1));
  const number = root && changedNumber(root, text.slice(equals + 1));
  if (number) throw new BadInput(`--set ${text}: ${changedNumberWords(number.written)}`);
  return {
    text: shorten(text, MOST_SHOWN),
    path: path.map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
    value,
  };
}

function parseValue(text: string, equals: number): unknown {
  const value = text.slice(equals + 1).trim();
  if (tooDeepAt(value) !== undefined) throw new BadInput(`--set ${shorten(text, MOST_SHOWN)}: ${tooDeep}`);
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Puts the value into the config object, in place. A reward in its short form becomes an object when its parts are set. */
export function applyOverride(config: Record<string, unknown>, { text, path, value }: Override): void {
  let parent: Record<string | number, unknown> = config;
  for (const [depth, key] of path.slice(0, -1).entries()) {
    if (!Object.hasOwn(parent, key)) parent[key] = {};
    if (path[0] === 'rewards' && depth === 1 && typeof parent[key] === 'string')
      parent[key] = fileAndFunction(parent[key]);
    const child = own(parent, String(key));
    const place = path.slice(0, depth + 1).join('.');
    if (typeof child !== 'object' || child === null)
      throw new BadInput(`--set ${text}: "${place}" is ${JSON.stringify(child)} and has no fields of its own.`);
    parent = child as Record<string | number, unknown>;
    requireIndex(text, place, parent, path[depth + 1]!);
  }
  parent[path.at(-1)!] = value;
}

function requireIndex(text: string, place: string, parent: object, key: string | number): void {
  if (!Array.isArray(parent) || (typeof key === 'number' && key <= parent.length)) return;
  throw new BadInput(`--set ${text}: "${place}" is a list of ${parent.length}; count from 0, such as ${place}.0.`);
}
