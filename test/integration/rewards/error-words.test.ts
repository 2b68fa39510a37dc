/** What a failure says: its cause, and the user's own line. */
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { batchOf, folderWith, open, pythonMissing } from './workspace.ts';

/** A port of this machine that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Each function's failure on one completion. */
async function failuresOf(folder: string, file: string) {
  const { columns } = await (await open([{ file: join(folder, file) }])).score(batchOf(['x']));
  return Object.fromEntries(
    columns.map(({ name, outcomes: [outcome] }) => [
      name,
      outcome?.kind === 'failure' ? { message: outcome.message, line: outcome.line, file: outcome.file } : outcome,
    ]),
  );
}

test('TypeScript: causes, several errors in one, and what is no error', async () => {
  const port = await closedPort();
  const folder = realpathSync(
    folderWith({
      'a.reward.ts': `import { runInNewContext } from 'node:vm';
import { deep } from 'pkg';
export async function refused() { await fetch('http://127.0.0.1:${port}/score'); }
export async function localhost() { await fetch('http://localhost:${port}/score'); }
export const wrapped = () => { throw new Error('judge failed', { cause: new RangeError('too long') }); };
export const repeated = () => { throw new Error('judge: too long', { cause: new Error('too long') }); };
export const several = () => Promise.any([Promise.reject(new Error('one')), Promise.reject(new Error('two'))]);
export const text = () => { throw 'no'; };
export const object = () => { throw { status: 500 }; };
export const realm = () => runInNewContext('null.x');
export const circle = () => { const error: Error = new Error('round'); error.cause = error; throw error; };
export const coded = () => { throw Object.assign(new Error('no access'), { code: 'EACCES' }); };
export const inPackage = () => deep(30);
export const named = () => { class JudgeError extends Error { override name = 'JudgeError'; } throw new JudgeError('a\\nb'); };
`,
      'node_modules/pkg/package.json': '{ "type": "module", "exports": "./m.js" }',
      'node_modules/pkg/m.js':
        'export const deep = (n) => { if (n === 0) throw new Error("deep"); return deep(n - 1) + 1; };',
    }),
  );
  const failures = await failuresOf(folder, 'a.reward.ts');
  const file = join(folder, 'a.reward.ts');
  expect(failures).toMatchObject({
    refused: {
      message: `TypeError: fetch failed (caused by Error: connect ECONNREFUSED 127.0.0.1:${port})`,
      file,
      line: 3,
    },
    localhost: { message: expect.stringMatching(/^TypeError: fetch failed \(caused by .*ECONNREFUSED/), file, line: 4 },
    wrapped: { message: 'Error: judge failed (caused by RangeError: too long)', file, line: 5 },
    repeated: { message: 'Error: judge: too long', line: 6 },
    several: { message: 'AggregateError: All promises were rejected; one; two', file, line: 7 },
    text: { message: "threw 'no'", file, line: 8 },
    object: { message: 'threw { status: 500 }', file, line: 9 },
    realm: { message: expect.stringMatching(/^TypeError: .*null/), file, line: 10 },
    circle: { message: 'Error: round', file, line: 11 },
    coded: { message: 'Error: no access [EACCES]', file, line: 12 },
    inPackage: { message: 'Error: deep', file, line: 13 },
    named: { message: 'JudgeError: a\nb', file, line: 14 },
  });
});

test.skipIf(pythonMissing)('Python: causes, and what a package raises (needs python3 on the PATH)', async () => {
  const folder = realpathSync(
    folderWith({
      'a.py': `import json, urllib.request
from helper import parse

def refused(completions, **kwargs):
    urllib.request.urlopen("http://127.0.0.1:9/score")

def wrapped(completions, **kwargs):
    try:
        return [{}["score"]]
    except KeyError as error:
        raise RuntimeError("judge failed") from error

def handled(completions, **kwargs):
    try:
        return [{}["score"]]
    except KeyError:
        raise RuntimeError("judge failed")

def hidden(completions, **kwargs):
    try:
        return [{}["score"]]
    except KeyError:
        raise RuntimeError("judge failed") from None

def repeated(completions, **kwargs):
    try:
        raise ValueError("too long")
    except ValueError as error:
        raise RuntimeError("judge: too long") from error

def library(completions, **kwargs):
    return parse("{")

def late(completions, **kwargs):
    from . import missing

def broken(completions, **kwargs):
    import broken_helper

def lines(completions, **kwargs):
    raise ValueError("first\\nsecond")
`,
      'helper.py': 'import json\n\ndef parse(text):\n    return json.loads(text)\n',
      'broken_helper.py': 'x = 1\n\ndef f(:\n    pass\n',
    }),
  );
  const [file, helper] = [join(folder, 'a.py'), join(folder, 'helper.py')];
  // Python's own relative import needs a package; without one the name stays.
  const failures = await failuresOf(folder, 'a.py').catch((error) => error);
  expect(failures).toMatchObject({
    refused: { message: expect.stringContaining('Connection refused'), file, line: 5 },
    wrapped: { message: "RuntimeError: judge failed (caused by KeyError: 'score')", file, line: 11 },
    handled: { message: "RuntimeError: judge failed (while handling KeyError: 'score')", file, line: 17 },
    hidden: { message: 'RuntimeError: judge failed', file, line: 23 },
    repeated: { message: 'RuntimeError: judge: too long', file, line: 29 },
    library: { message: expect.stringContaining('JSONDecodeError'), file: helper, line: 4 },
    late: { message: expect.stringContaining('no known parent package (a relative import needs a package'), line: 35 },
    broken: { message: 'SyntaxError: invalid syntax', file: join(folder, 'broken_helper.py'), line: 3 },
    lines: { message: 'ValueError: first\nsecond', line: 41 },
  });
});

test('an error of a whole file keeps its cause too', async () => {
  const folder = folderWith({
    'a.reward.ts': `throw new Error('no model', { cause: new Error('ENOENT: model.onnx') });`,
  });
  const error = await open([{ file: join(folder, 'a.reward.ts') }]).catch((reason) => reason);
  expect(error.message).toContain('Error: no model (caused by Error: ENOENT: model.onnx)');
});
