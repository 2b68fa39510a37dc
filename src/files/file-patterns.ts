import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { BadInput } from '../protocol/errors.ts';
import { whyUnreadable } from './absence.ts';

/** More files than a dataset has: a pattern that begins too far up would search the whole disk. */
const MOST_FILES = 100_000;
const MOST_LEVELS = 32;

export const isPattern = (text: string): boolean => /[*?[]/.test(text);

/** A path as a pattern that matches it alone. */
export const literally = (path: string): string => path.replace(/[*?[]/g, '[$&]');

/** A pattern for people: what is literal in it as it is. */
export const shownPattern = (pattern: string): string =>
  pattern
    .split('/')
    .map((part) => literalOf(part) ?? part)
    .join('/');

/** What such a pattern matches; undefined for other patterns. */
function literalOf(pattern: string): string | undefined {
  const path = pattern.replace(/\[([*?[])\]/g, '$1');
  return literally(path) === pattern || !isPattern(pattern) ? path : undefined;
}

/**
 * The files below a folder, by their paths from there with `/`, in order: `levels` folders deep, this one included. Links to files count as files,
 * and those to folders are followed, but for one that leads back to a folder on the way: its files would come twice. A folder below that cannot
 * be read is empty. Throws BadInput for one that cannot be read itself, and for very many files.
 */
export function filesBelow(folder: string, levels = MOST_LEVELS): string[] {
  const found: string[] = [];
  const visit = (path: string, rest: number, way: readonly string[]) => {
    const real = realFolder(join(folder, path));
    if (real === undefined || way.includes(real)) return;
    for (const entry of entriesOf(real)) {
      const name = path === '' ? entry.name : `${path}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? targetOf(join(real, entry.name)) : entry;
      if (kind?.isFile()) found.push(name);
      else if (kind?.isDirectory() && rest > 1) visit(name, rest - 1, [...way, real]);
      if (found.length > MOST_FILES)
        throw new BadInput(`There are more than ${MOST_FILES} files in ${folder}; name a folder with fewer.`);
    }
  };
  const problem = whyUnreadable(folder);
  if (problem !== undefined) throw new BadInput(`The folder ${folder} cannot be read: ${problem}.`);
  visit('', levels, []);
  return found.sort(byCodeUnits);
}

function realFolder(folder: string): string | undefined {
  try {
    return realpathSync(folder);
  } catch {
    return undefined;
  }
}

/** What a link leads to; undefined where that is nothing, or cannot be seen. */
function targetOf(link: string): Stats | undefined {
  try {
    return statSync(link, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Those of some paths that a pattern matches, as Python's glob and `datasets` read it: `*` and `?` within a name, `[…]` one of these characters,
 * `**` any folders. What is hidden (.cache) or special (__pycache__) has to be named as such.
 */
export function matching(paths: readonly string[], pattern: string): string[] {
  const expression = expressionOf(pattern);
  const [hidden, special] = unusualParts(pattern);
  return paths.filter((path) => {
    if (!expression.test(path)) return false;
    const [hiddenOfPath, specialOfPath] = unusualParts(path);
    return hiddenOfPath === hidden && specialOfPath === special;
  });
}

/** The paths of files that match an absolute pattern. */
export function filesMatching(pattern: string): string[] {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => literalOf(part) === undefined);
  const folder = parts.slice(0, first).map(literalOf).join('/') || '/';
  const rest = parts.slice(first);
  const files = filesBelow(folder, rest.includes('**') ? MOST_LEVELS : rest.length);
  return matching(files, rest.join('/')).map((path) => join(folder, path));
}

function unusualParts(path: string): [hidden: number, special: number] {
  const parts = path.split('/');
  return [
    parts.filter((part) => part.startsWith('.') && !/^\.+$/.test(part)).length,
    parts.slice(0, -1).filter((part) => part.startsWith('__')).length,
  ];
}

function expressionOf(pattern: string): RegExp {
  const parts = pattern.split('/');
  const text = parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    if (part === '**') return isLast ? '.+' : '(?:.+/)?';
    return `${part.replace(/\[[^\]/]+\]|[\s\S]/g, partOf)}${isLast ? '' : '/'}`;
  });
  try {
    return new RegExp(`^${text.join('')}$`, 'u');
  } catch {
    throw new BadInput(`The pattern ${pattern} is not valid; is a range in [ ] reversed?`);
  }
}

function partOf(part: string): string {
  if (part === '*') return '[^/]*';
  if (part === '?') return '[^/]';
  if (part.length === 1) return part.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
  const inside = part.slice(1, -1);
  const isNot = inside.startsWith('!');
  return `[${isNot ? '^/' : ''}${inside.slice(isNot ? 1 : 0).replace(/[\\[\]^]/g, '\\$&')}]`;
}
