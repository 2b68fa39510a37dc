import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BadInput } from '../../../src/protocol/errors.ts';
import type { RewardSource } from '../../../src/rewards/open-rewards.ts';
import { folderWith, open, pythonMissing } from './workspace.ts';

const at = { file: 'run.grpo.json', line: 7, column: 5 };

async function refusal(
  files: Record<string, string>,
  sources: RewardSource[],
  limits = {},
): Promise<{ message: string; location: unknown }> {
  const folder = realpathSync(folderWith(files));
  const error = await open(
    sources.map((source) => ({ ...source, file: join(folder, source.file) })),
    limits,
  ).catch((reason) => reason);
  expect(error).toBeInstanceOf(BadInput);
  const { message, problem } = error as BadInput;
  const location = problem.place;
  return {
    message: message.replaceAll(folder, '.'),
    location: location && { ...location, file: location.file.replace(folder, '.') },
  };
}

test('a file that does not compile', async () => {
  const files = { 'a.reward.ts': `import './b';\nexport const a = () => 1;`, 'b.ts': 'const x = 1;\nlet y: = 2;' };
  expect(await refusal(files, [{ file: 'a.reward.ts' }])).toEqual({
    message: './b.ts:2:8: The reward file does not compile: Unexpected "=".',
    location: { file: './b.ts', line: 2, column: 8 },
  });
});

test('an import that is not there', async () => {
  const missing = (name: string) => ({ 'a.reward.ts': `export const a = () => 1;\nimport b from '${name}';\nb();` });
  for (const name of ['./b', 'no-such-package'])
    expect(await refusal(missing(name), [{ file: 'a.reward.ts' }])).toMatchObject({
      message: expect.stringContaining(`Could not resolve "${name}"`),
      location: { file: './a.reward.ts', line: 2, column: 15 },
    });
});

test('a file that throws, ends its process or hangs while it loads', async () => {
  const source = { file: 'a.reward.ts' };
  const thrown = await refusal({ 'a.reward.ts': 'type A = 1;\n\nthrow new Error("early");' }, [source]);
  expect(thrown).toEqual({
    message: './a.reward.ts:3:7: The reward file does not load: Error: early',
    location: { file: './a.reward.ts', line: 3, column: 7 },
  });
  const ended = await refusal({ 'a.reward.ts': 'process.exit(5)' }, [source]);
  expect(ended.message).toContain('it ended its process with exit code 5');
  const hung = await refusal({ 'a.reward.ts': 'while (true);' }, [source], { loadTimeoutSeconds: 0.5 });
  expect(hung.message).toContain('it took longer than 0.5 s');
});

test('a name that is not exported lists what is', async () => {
  const files = { 'a.reward.ts': 'export const ordering = () => 1; export const inclusion = () => 1; const own = 1;' };
  expect(await refusal(files, [{ file: 'a.reward.ts', name: 'orderng', at }])).toEqual({
    message:
      'run.grpo.json:7:5: a.reward.ts has no reward function "orderng": it has ordering, inclusion. Did you mean "ordering"?',
    location: at,
  });
  const none = await refusal({ 'a.reward.ts': 'export const limit = 1;' }, [{ file: 'a.reward.ts' }]);
  expect(none.message).toBe('./a.reward.ts: a.reward.ts has no reward function: it exports no function.');
});

test('two functions of one name', async () => {
  const files = { 'a.reward.ts': 'export const same = () => 1;', 'b.reward.ts': 'export const same = () => 1;' };
  const two = await refusal(files, [{ file: 'a.reward.ts' }, { file: 'b.reward.ts', at }]);
  expect(two.message).toContain('"same" is named in a.reward.ts and in b.reward.ts, and their metrics would merge');
  const twice = await refusal(files, [{ file: 'a.reward.ts' }, { file: 'a.reward.ts', name: 'same', at }]);
  expect(twice.message).toContain('"same" is named twice');
});

test('a file that is missing or of another kind', async () => {
  expect((await refusal({}, [{ file: 'a.reward.ts', at }])).message).toContain('a.reward.ts does not exist');
  expect((await refusal({ 'a.txt': '' }, [{ file: 'a.txt', at }])).message).toContain(
    'must end in .ts, .js, .mjs or .py',
  );
});

test('a Python interpreter that cannot be run', async () => {
  const { message } = await refusal({ 'a.py': '' }, [{ file: 'a.py' }], { pythonPath: '/no/such/python' });
  expect(message).toContain('The Python interpreter /no/such/python cannot be run; set "python"');
});

test.skipIf(pythonMissing)('Python (needs python3 on the PATH)', async () => {
  const source = { file: 'a.py' };
  expect(await refusal({ 'a.py': 'import os\ndef f(:\n  pass' }, [source])).toEqual({
    message: './a.py:2:7: The reward file does not load: SyntaxError: invalid syntax',
    location: { file: './a.py', line: 2, column: 7 },
  });
  expect(await refusal({ 'a.py': 'import b', 'b.py': '\nimport no_such_module' }, [source])).toMatchObject({
    message: expect.stringMatching(/ModuleNotFoundError: No module named 'no_such_module'.*python.* -m pip install/),
    location: { file: './b.py', line: 2 },
  });
  const functions = 'from os.path import join\ndef format(completions, **kwargs): return []\ndef helper(text): pass';
  expect((await refusal({ 'a.py': functions }, [{ file: 'a.py', name: 'formt' }])).message).toContain(
    'no reward function "formt": it has format. Did you mean "format"?',
  );
  expect((await refusal({ 'a.py': 'x = 1' }, [source])).message).toContain(
    'it has no public function that takes (prompts, completions, **kwargs)',
  );
});

test('a source that is not UTF-8, in the file or in what it imports', async () => {
  const refused = async (name: string, text: string) => {
    const folder = realpathSync(folderWith({ 'a.reward.ts': "import './b';\nexport const a = () => 1;", 'b.ts': '' }));
    writeFileSync(join(folder, name), Buffer.from(text, 'latin1'));
    const error = await open([{ file: join(folder, 'a.reward.ts') }]).catch((reason) => reason);
    expect(error).toBeInstanceOf(BadInput);
    return (error as BadInput).message.replaceAll(folder, '.');
  };
  expect(await refused('a.reward.ts', "\nexport const a = () => 'é';")).toMatch(
    /^\.\/a\.reward\.ts:2: This line is not UTF-8 text/,
  );
  expect(await refused('b.ts', "\n\nexport const b = 'é';")).toMatch(/^\.\/b\.ts:3:1: .*This line is not UTF-8 text/);
});

test('a name that every object has', async () => {
  const files = { 'a.reward.ts': 'export const toString = () => 1;' };
  expect((await refusal(files, [{ file: 'a.reward.ts' }])).message).toMatch(
    /a\.reward\.ts: Every object of JavaScript has a "toString", so no reward can be called that; rename it\./,
  );
});
