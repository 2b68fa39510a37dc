/** A reward file runs as its own runtime would run it: Node, with TypeScript where it is TypeScript. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { batchOf, brief, folderWith, open, outcomesOf } from './workspace.ts';

/** What the only function of a reward file says as its reason, as JSON. */
async function told(folder: string, file: string): Promise<unknown> {
  const [outcome] = await outcomesOf(await open([{ file: join(folder, file) }]), batchOf(['x']));
  return outcome?.kind === 'score' ? JSON.parse(outcome.reason!) : outcome;
}

/** The same function called by Node itself, without us. */
function toldByNode(folder: string, file: string): unknown {
  const program = `import(${JSON.stringify(pathToFileURL(join(folder, file)).href)})
    .then(async (found) => console.log((await (found.tell ?? found.default.tell)({ completion: 'x' })).reason))`;
  const script = join(folderWith({ 'run.mjs': program }), 'run.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', script], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

/** A function that tells something, as the text of an ES module. */
const telling = (expression: string): string =>
  `export const tell = async () => ({ score: 1, reason: JSON.stringify(${expression}) });\n`;

const PLACES = `export const places = {
  url: import.meta.url, beside: new URL('./words.txt', import.meta.url).pathname,
  meta: [import.meta.filename, import.meta.dirname],
};\n`;

test('every module has its own import.meta', async () => {
  const folder = realpathSync(
    folderWith({
      'a.reward.ts': `import { places } from './deep/places';\n${telling('[places, import.meta.filename]')}`,
      'deep/places.ts': PLACES,
    }),
  );
  const deep = join(folder, 'deep');
  expect(await told(folder, 'a.reward.ts')).toEqual([
    {
      url: `file://${deep}/places.ts`,
      beside: `${deep}/words.txt`,
      meta: [join(deep, 'places.ts'), deep],
    },
    join(folder, 'a.reward.ts'),
  ]);
});

test('a folder may have any name', async () => {
  const root = realpathSync(folderWith({}));
  for (const name of [
    'C#',
    'my (own) rewards',
    '100%',
    '%20',
    'why?',
    'größe 大',
    "it's",
    'a;b',
    '[id]',
    '{x}',
    'a+b',
  ]) {
    const folder = join(root, name);
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'a.reward.ts'),
      `import { here, fail } from './b';\n\nexport const tell = ({ completion }: { completion: string }) => completion === 'x' ? { score: 1, reason: JSON.stringify(here) } : fail();\n`,
    );
    writeFileSync(
      join(folder, 'b.ts'),
      `import { fileURLToPath } from 'node:url';\nexport const here = fileURLToPath(import.meta.url);\nexport function fail(): number {\n  throw new Error('no');\n}\n`,
    );
    const file = join(folder, 'a.reward.ts');
    const set = await open([{ file }]);
    const [first, second] = await outcomesOf(set, batchOf(['x', 'y']));
    expect(first, name).toMatchObject({ reason: JSON.stringify(join(folder, 'b.ts')) });
    expect(second, name).toMatchObject({ failure: 'throw', file: join(folder, 'b.ts'), line: 4, column: 9 });
  }
});

test('through a symbolic link a file runs where it lies, and errors name it as it was named', async () => {
  const folder = realpathSync(
    folderWith({
      'real/rewards/a.reward.ts': `import { places } from './places';\n${telling('places.meta[0]')}export const bad = () => { throw new Error('no'); };\n`,
      'real/rewards/places.ts': `${PLACES}export const fail = () => { throw new Error('no'); };\n`,
      'shared/b.reward.ts': `import { fail } from './beside';\nexport const b = () => fail();\n`,
      'shared/beside.ts': `export function fail(): number { throw new Error('no'); }\n`,
    }),
  );
  symlinkSync(join(folder, 'real'), join(folder, 'linked'));
  const file = join(folder, 'linked/rewards/a.reward.ts');
  const set = await open([{ file }]);
  const { columns } = await set.score(batchOf(['x']));
  expect(columns.map(({ outcomes }) => outcomes[0])).toMatchObject([
    { reason: JSON.stringify(join(folder, 'real/rewards/places.ts')) },
    { failure: 'throw', file, line: 3 },
  ]);
  // A link to a file: what it imports lies beside the file that is meant.
  mkdirSync(join(folder, 'workspace'));
  symlinkSync(join(folder, 'shared/b.reward.ts'), join(folder, 'workspace/b.reward.ts'));
  const outcomes = await outcomesOf(await open([{ file: join(folder, 'workspace/b.reward.ts') }]), batchOf(['x']));
  expect(outcomes).toMatchObject([{ failure: 'throw', file: join(folder, 'shared/beside.ts'), line: 1 }]);
});

test('CommonJS: exports, and what a module finds in its scope', async () => {
  const source = `const { helper } = require('./lib/helper');
const data = require('./lib/data.json');
exports.tell = () => ({ score: 1, reason: JSON.stringify({
  helper, data, file: __filename, folder: __dirname, main: require.main === module, strict: this === module.exports,
  again: require('./lib/helper').helper === helper, resolved: require.resolve('./lib/helper'), pkg: require('pkg'),
}) });\n`;
  const helper = `exports.helper = { file: __filename, os: typeof require('node:os').EOL, parent: require('./up').name };\n`;
  const files = {
    'package.json': '{ "type": "commonjs" }',
    'a.reward.js': source,
    'b.reward.cjs': source,
    'lib/helper.js': helper,
    // A circle: it gets what is there so far.
    'lib/up.js': `exports.name = 'up'; exports.early = Object.keys(require('./helper')).length;\n`,
    'lib/data.json': '{ "big": true }',
    'node_modules/pkg/package.json': '{ "exports": { "require": "./c.cjs", "import": "./m.mjs" } }',
    'node_modules/pkg/c.cjs': 'module.exports = "required";',
    'node_modules/pkg/m.mjs': 'export default "imported";',
  };
  const folder = realpathSync(folderWith(files));
  for (const name of ['a.reward.js', 'b.reward.cjs'])
    expect(await told(folder, name), name).toEqual({
      helper: { file: join(folder, 'lib/helper.js'), os: 'string', parent: 'up' },
      data: { big: true },
      file: join(folder, name),
      folder,
      main: false,
      strict: true,
      again: true,
      resolved: join(folder, 'lib/helper.js'),
      pkg: 'required',
    });
  for (const name of ['a.reward.js', 'b.reward.cjs'])
    expect(await told(folder, name), name).toEqual(toldByNode(folder, name));
});

test('JavaScript is run just as Node runs it', async () => {
  const folder = realpathSync(
    folderWith({
      'package.json':
        '{ "type": "module", "imports": { "#own": { "node": "./lib/own.js", "default": "./lib/other.js" } } }',
      'a.reward.js': `import own from '#own';
import data from './lib/data.json' with { type: 'json' };
import whole, { named } from './lib/old.cjs';
import * as pkg from 'pkg';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const later = async (name) => (await import('./lib/' + name)).default;
const error = (work) => { try { work(); } catch (error) { return error.name; } };
${telling(`{
  own, data, whole, named, pkg: { ...pkg }, required: require('pkg'), later: await later('own.js'),
  meta: [import.meta.url, import.meta.filename, import.meta.dirname, import.meta.resolve('pkg'), import.meta.resolve('./lib/own.js')],
  types: [typeof require, typeof module, typeof exports, typeof __filename],
  main: process.argv[1] === import.meta.filename, this: typeof (function () { return this; })(),
  same: (await import('./lib/own.js?x=1')).self === (await import('./lib/own.js')).self,
  url: (await import('./lib/own.js?x=1')).url, missing: error(() => require('./nowhere')),
}`)}`,
      'lib/own.js': 'export default "own"; export const self = {}; export const url = import.meta.url;',
      'lib/other.js': 'export default "other";',
      'lib/data.json': '{ "b": 1, "a": [2] }',
      'lib/old.cjs': 'exports.named = typeof require("./own.js").default; exports.file = __filename;',
      'node_modules/pkg/package.json': '{ "exports": { "import": "./m.mjs", "require": "./c.cjs" } }',
      'node_modules/pkg/m.mjs': 'export default 1; export const kind = "module", url = import.meta.url;',
      'node_modules/pkg/c.cjs': 'module.exports = { kind: "commonjs", file: __filename };',
    }),
  );
  expect(await told(folder, 'a.reward.js')).toEqual(toldByNode(folder, 'a.reward.js'));
});

test('TypeScript names modules as it will find them: with the extension of the JavaScript, none, or its own', async () => {
  const folder = realpathSync(
    folderWith({
      'a.reward.ts': `import { one } from './lib/one.js';
import { two } from './lib/two.mjs';
import three = require('./lib/three.cjs');
import { four } from './lib';
import { five } from './lib/five.ts';
import { six } from '${'file://'}SIX';
import type { Gone } from './gone';
${telling('[one, two, three.three, four, five, six] as Gone')}`,
      'lib/one.ts': 'export const one: number = 1;',
      'lib/two.mts': 'export const two: number = 2;',
      'lib/three.cts': 'export = { three: 3 as number };',
      'lib/index.ts': 'export const four: number = 4;',
      'lib/five.ts': 'export const five: number = 5;',
      'lib/six.ts': 'export const six: number = 6;',
    }),
  );
  const file = join(folder, 'a.reward.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replace('SIX', join(folder, 'lib/six.ts')));
  expect(await told(folder, 'a.reward.ts')).toEqual([1, 2, 3, 4, 5, 6]);
});

test('CommonJS: a function, an object, TypeScript with export =, and import beside module.exports', async () => {
  const folder = folderWith({
    'function.reward.js': 'module.exports = function counted({ completion }) { return completion.length; };',
    'object.reward.js': 'module.exports = { one: () => 1, two() { return 2; }, three: 3 };',
    'typed.reward.cts': `import fs = require('node:fs');\nconst one = (): number => Number(fs.existsSync(__filename));\nexport = { one };`,
    'mixed.reward.ts': `import { existsSync } from 'node:fs';\nmodule.exports = { one: () => Number(existsSync(__filename)) };`,
  });
  const scores = async (name: string) => {
    const set = await open([{ file: join(folder, name) }]);
    const { columns } = await set.score(batchOf(['abc']));
    return Object.fromEntries(columns.map((column) => [column.name, brief(column.outcomes)[0]]));
  };
  expect(await scores('function.reward.js')).toEqual({ counted: 3 });
  expect(await scores('object.reward.js')).toEqual({ one: 1, two: 2 });
  expect(await scores('typed.reward.cts')).toEqual({ one: 1 });
  expect(await scores('mixed.reward.ts')).toEqual({ one: 1 });
});

test('an ES module imports CommonJS by name, as a default and as a namespace, and the other way round', async () => {
  const folder = folderWith({
    'a.reward.ts': `import whole, { two, three as drei } from './c.cjs';
import * as all from './c.cjs';
import typed from './t.cts';
import { createRequire } from 'node:module';
const same = createRequire(import.meta.url)('./c.cjs') === whole;
${telling(`[whole.two, two, drei, all.two, all.default === whole, same, typed.sum(1, 2), (await import('./c.cjs')).default === whole]`)}`,
    'c.cjs': `const { esm } = require('./esm.mjs'); module.exports = { two: 2, three: esm + 1 };`,
    'esm.mjs': 'export const esm = 2;',
    't.cts': 'export = { sum: (a: number, b: number): number => a + b };',
  });
  expect(await told(folder, 'a.reward.ts')).toEqual([2, 2, 3, 2, true, true, 3, true]);
});

test('ES modules in TypeScript find what CommonJS has, unless the package says module', async () => {
  const source = `import { join } from 'node:path';
const pkg = require('./data.json');
if (require.main === module) throw new Error('not the main module');
${telling(`[__filename, join(__dirname, 'x'), pkg.one, typeof require('./helper').helped]`)}`;
  const files = { 'a.reward.ts': source, 'data.json': '{"one":1}', 'helper.ts': 'export const helped: number = 1;' };
  const folder = realpathSync(folderWith(files));
  expect(await told(folder, 'a.reward.ts')).toEqual([join(folder, 'a.reward.ts'), join(folder, 'x'), 1, 'number']);
  // Names of its own are its own.
  const own = `import { dirname } from 'node:path';\nimport { fileURLToPath } from 'node:url';\nconst __filename = fileURLToPath(import.meta.url);\nconst __dirname = dirname(__filename);\nconst require = (name: string) => name;\n${telling(`[__dirname, require('x')]`)}`;
  const second = realpathSync(folderWith({ 'a.reward.ts': own }));
  expect(await told(second, 'a.reward.ts')).toEqual([second, 'x']);
  const modules = folderWith({ ...files, 'package.json': '{ "type": "module" }' });
  const error = await open([{ file: join(modules, 'a.reward.ts') }]).catch((reason) => reason);
  expect(error.message).toContain('require is not defined in ES module scope');
});

test('import attributes, JSON with and without them, packages by their conditions, `imports`, `paths`', async () => {
  const folder = folderWith({
    'rewards/a.reward.ts': `import plain, { three } from './t.json';
import { typed } from './typed';
import fromPath from '@lib/path';
import { inner } from '#inner';
import pkg from 'pkg';
import sub from 'pkg/sub';
import { EOL } from 'os';
${telling(`[plain.three, three, typed.three, fromPath, inner, pkg, sub, EOL]`)}`,
    'rewards/t.json': '{ "three": 3 }',
    'rewards/typed.ts': `import typed from './t.json' with { type: 'json' };\nexport { typed };`,
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
    'package.json': '{ "imports": { "#inner": "./lib/inner.ts" } }',
    'lib/path.ts': 'export default "path" as string;',
    'lib/inner.ts': 'export const inner: string = "inner";',
    'node_modules/pkg/package.json':
      '{ "exports": { ".": { "bundler": "./x.js", "node": { "import": "./m.mjs", "require": "./c.cjs" } }, "./sub": { "types": "./s.d.ts", "default": "./s.cjs" } } }',
    'node_modules/pkg/m.mjs': 'export default "imported";',
    'node_modules/pkg/c.cjs': 'module.exports = "required";',
    'node_modules/pkg/s.cjs': 'module.exports = "sub";',
  });
  expect(await told(folder, 'rewards/a.reward.ts')).toEqual([3, 3, 3, 'path', 'inner', 'imported', 'sub', '\n']);
});

test('computed imports find their files, and only theirs', async () => {
  const folder = folderWith({
    'a.reward.ts': `const names = ['one', 'two.ts', 'three.js', 'four', 'index', 'plain.mjs', 'enums'];
const load = async (name: string) => (await import(\`./rules/\${name}\`)).default;
${telling(`[...await Promise.all(names.map(load)), require('./rules/' + 'old').default]`)}`,
    'rules/one.ts': 'export default 1 as number;',
    'rules/two.ts': `import one from './one';\nexport default one + 1;`,
    'rules/three.ts': 'export default 3;',
    'rules/four/index.ts': 'export default 4;',
    'rules/index.ts': 'export default "index";',
    'rules/plain.mjs': 'export default "plain";',
    'rules/enums.ts': 'enum Size { Small = 1, Large }\nexport default Size.Large;',
    'rules/old.ts': 'const old: number = 6; export default old;',
    'rules/broken.ts': 'export default (;',
    'rules/notes.txt': 'no module',
  });
  expect(await told(folder, 'a.reward.ts')).toEqual([1, 2, 3, 4, 'index', 'plain', 2, 6]);
});

test('a computed import that does not compile, or leads nowhere, fails its row at its place', async () => {
  const folder = realpathSync(
    folderWith({
      'a.reward.ts': `export async function a({ completion }: { completion: string }) {\n  return (await import('./' + completion)).default;\n}\n`,
      'broken.ts': 'const x = 1;\nexport default (;\n',
      'good.ts': 'export default 1;\n',
    }),
  );
  const set = await open([{ file: join(folder, 'a.reward.ts') }]);
  expect(await outcomesOf(set, batchOf(['broken', 'good', 'nowhere']))).toMatchObject([
    {
      failure: 'throw',
      message: expect.stringContaining('SyntaxError: Unexpected ";"'),
      file: join(folder, 'broken.ts'),
      line: 2,
    },
    { kind: 'score', score: 1 },
    { failure: 'throw', message: expect.stringContaining('Cannot find module'), file: join(folder, 'a.reward.ts') },
  ]);
});

test('types that one module passes on from another are no names that are missing', async () => {
  const folder = folderWith({
    'a.reward.ts': `import { type Row, value, Other } from './all';\nexport type { Row };\nexport const a = (row: Other) => value;\n`,
    'all.ts': `export { Row, value } from './types';\nimport { Other } from './types';\nexport { Other };\n`,
    'types.ts': 'export interface Row { completion: string }\nexport type Other = Row;\nexport const value = 5;\n',
  });
  expect(brief(await outcomesOf(await open([{ file: join(folder, 'a.reward.ts') }]), batchOf(['x'])))).toEqual([5]);
  const wrong = {
    'a.reward.ts': `import { no } from './b';\nexport const a = () => no;\n`,
    'b.ts': 'export const yes = 1;\n',
  };
  const error = await open([{ file: join(folderWith(wrong), 'a.reward.ts') }]).catch((reason) => reason);
  expect(error.message).toContain('No matching export in "b.ts" for import "no"');
});

test('decorators, enums, namespaces, JSX settings and top-level await of every module', async () => {
  const folder = folderWith({
    'a.reward.ts': `import { later, Shape, Kind } from './b';\n${telling('[later, new Shape().sides, Kind.B, Shape.named]')}`,
    'b.ts': `export const later = await Promise.resolve(7);
const named = (target: { named?: string }) => { target.named = 'shape'; };
@named
export class Shape { static named?: string; sides = 3; }
export enum Kind { A, B }\n`,
    'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true, "useDefineForClassFields": false } }',
  });
  expect(await told(folder, 'a.reward.ts')).toEqual([7, 3, 1, 'shape']);
});

test('an import of what is no module says how to read it', async () => {
  const files = {
    'a.reward.ts': `import words from './words.txt';\nexport const a = () => words.length;\n`,
    'words.txt': 'a',
  };
  const error = await open([{ file: join(folderWith(files), 'a.reward.ts') }]).catch((reason) => reason);
  expect(error.message).toMatch(
    /a\.reward\.ts:1:19: The reward file does not compile: "\.\/words\.txt" is no module: Node imports no \.txt files\. Read it with readFileSync/,
  );
});

test('reward functions of a helper, a package and another module stand where they are declared', async () => {
  const folder = realpathSync(
    folderWith({
      'a.reward.ts': `export { other } from './other';\nimport { made } from 'pkg';\nexport const own = ({ completion }: { completion: string }) => completion.length;\nexport const wrapped = made();\nexport default function () { return 1; }\n`,
      'other.ts': '\n\nexport function other(): number {\n  return Number.NaN;\n}\n',
      'node_modules/pkg/package.json': '{ "type": "module", "exports": "./m.js" }',
      'node_modules/pkg/m.js': 'export const made = () => () => Number.NaN;',
    }),
  );
  const set = await open([{ file: join(folder, 'a.reward.ts') }]);
  const { columns } = await set.score(batchOf(['x']));
  const places = Object.fromEntries(
    columns.map(({ name, outcomes: [outcome] }) => [
      name,
      outcome?.kind === 'failure' ? [outcome.file, outcome.line] : null,
    ]),
  );
  expect(places).toEqual({
    other: [join(folder, 'other.ts'), 3],
    own: null,
    wrapped: [join(folder, 'a.reward.ts'), 4],
    default: null,
  });
});
