import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');

const files = ['src', 'webview'].flatMap((folder) =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.ts')),
);

/** By file, those of its imports (types too) that are the house's own. */
const imports = new Map(
  files.map((file) => {
    const named = [...read(file).matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)];
    const targets = named.map(([, path]) => normalize(join(dirname(file), path!)));
    return [file, targets.filter((target) => files.includes(target))] as const;
  }),
);
const edges = [...imports].flatMap(([from, targets]) => targets.map((to) => [from, to] as const));

/** A file's room: its folder in `src`, in three of them the folder in there too. */
const roomOf = (file: string): string =>
  /^src\/(?:extension|model|trainer)\/[^/]+(?=\/)|^src\/[^/]+|^[^/]+/.exec(file)![0];

/** The table of CONTRIBUTING.md: a room, and the rooms that it may import from; `x/*` is x and the rooms in it. */
const rows = [...read('CONTRIBUTING.md').matchAll(/^\| `(src\/[^`]+|webview)` \|.*\| ([^|]*) \|$/gm)];
const table = new Map(rows.map(([, room, list]) => [room!, list!.split(', ').map((name) => `src/${name}`)]));
const mayImport = (from: string, to: string): boolean =>
  (table.get(from) ?? table.get(`${dirname(from)}/*`) ?? []).some(
    (allowed) => allowed === to || (allowed.endsWith('/*') && `${to}/`.startsWith(allowed.slice(0, -1))),
  );

/** The way from one file to another along imports, if there is one. */
function wayFrom(start: string, end: string): string[] | undefined {
  const ways = new Map([[start, [start]]]);
  for (const [file, way] of ways) {
    if (file === end) return way;
    for (const next of imports.get(file)!) if (!ways.has(next)) ways.set(next, [...way, next]);
  }
  return undefined;
}

it('the table in CONTRIBUTING.md names rooms that there are', () => {
  const rooms = new Set(['src/nothing', 'src/extension/*', ...files.map(roomOf)]);
  const named = [...table].flatMap(([room, allowed]) => [room, ...allowed.map((name) => name.replace(/\/\*$/, ''))]);
  expect(named.filter((room) => !rooms.has(room))).toEqual([]);
});

it('rooms import what the table in CONTRIBUTING.md lets them', () => {
  const forbidden = edges.filter(([from, to]) => roomOf(from) !== roomOf(to) && !mayImport(roomOf(from), roomOf(to)));
  expect(forbidden.map((edge) => edge.join(' -> '))).toEqual([]);
});

it('no file imports itself by way of others', () => {
  const circles = edges.map(([from, to]) => wayFrom(to, from)?.join(' -> '));
  expect(circles.filter((circle) => circle !== undefined)).toEqual([]);
});

it('only the editor side imports vscode, what browsers run nothing of Node, and one room starts processes', () => {
  const outside = files.flatMap((file) =>
    [...read(file).matchAll(/\bfrom '(vscode|node:[^']+)'/g)].map(([, name]) => `${roomOf(file)} -> ${name}`),
  );
  const isWrong = (line: string) =>
    line.endsWith('vscode')
      ? !line.startsWith('src/extension')
      : /^(webview|src\/(text|grpo|protocol)) /.test(line) ||
        (line.endsWith('node:child_process') && !line.startsWith('src/processes '));
  expect(outside.filter(isWrong)).toEqual([]);
});
