/** Edits in what a reward file imports, however it does. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pythonMissing } from '../rewards/workspace.ts';
import { completionsOf, gave, Preview } from './preview.ts';

const samples = completionsOf(['a', 'bb']);

test('computed imports, when the file loads and when a function is called', async () => {
  const preview = new Preview({
    'a.reward.ts': `const { factor } = await import('./rules/' + ['factor'][0]);
export const length = ({ completion }: { completion: string }) => completion.length * factor;
`,
    'b.reward.ts': `export const late = async ({ completion }: { completion: string }) =>
  completion.length + (await import(\`./rules/\${['plus'][0]}.ts\`)).plus;
`,
    'rules/factor.ts': 'export const factor: number = 1;\n',
    'rules/plus.ts': 'export const plus: number = 1;\n',
  });
  const rewards = ['a.reward.ts', 'b.reward.ts'];
  const ask = async () => {
    const result = await preview.result({ rewards, samples });
    return [gave(result, 'length'), gave(result, 'late')];
  };
  expect(await ask()).toEqual([
    [1, 2],
    [2, 3],
  ]);
  preview.write('rules/factor.ts', 'export const factor: number = 10;\n');
  expect(await ask()).toEqual([
    [10, 20],
    [2, 3],
  ]);
  preview.write('rules/plus.ts', 'export const plus: number = 100;\n');
  expect(await ask()).toEqual([
    [10, 20],
    [101, 102],
  ]);
});

test.skipIf(pythonMissing)('Python that a function imports when it is called', async () => {
  const preview = new Preview({
    'a.py':
      'def late(completions, **kwargs):\n    from factor import FACTOR\n    return [FACTOR * len(text) for text in completions]\n',
    'factor.py': 'FACTOR = 1\n',
  });
  const ask = async () => gave(await preview.result({ rewards: ['a.py'], samples }), 'late');
  expect(await ask()).toEqual([1, 2]);
  preview.write('factor.py', 'FACTOR = 10\n');
  expect(await ask()).toEqual([10, 20]);
});

test('unsaved texts of CommonJS and JSON modules, and through a symbolic link', async () => {
  const preview = new Preview({
    'real/a.reward.cjs': `const { factor } = require('./factor.json');
const { plus } = require('./plus');
exports.length = ({ completion }) => completion.length * factor + plus;
exports.bad = ({ completion }) => { if (completion === 'bb') throw new Error('no'); return 1; };
`,
    'real/factor.json': '{ "factor": 1 }',
    'real/plus.cjs': 'exports.plus = 0;\n',
    'real/plus.js': 'exports.plus = 0;\n',
  });
  symlinkSync(preview.path('real'), preview.path('linked'));
  mkdirSync(preview.path('elsewhere'));
  const ask = (texts: Record<string, string>) => preview.result({ rewards: ['linked/a.reward.cjs'], samples, texts });
  const first = await ask({});
  expect(gave(first, 'length')).toEqual([1, 2]);
  expect(first.problems).toContainEqual(
    expect.objectContaining({ code: 'failure', file: preview.path('linked/a.reward.cjs'), line: 4 }),
  );
  const texts = { 'linked/factor.json': '{ "factor": 5 }', 'linked/plus.js': 'exports.plus = 1;\n' };
  expect(gave(await ask(texts), 'length')).toEqual([6, 11]);
});

test('a mistake in a module is told there, and good numbers stay', async () => {
  const preview = new Preview({
    'a.reward.ts': `import { factor } from './factor';\nexport const length = ({ completion }: { completion: string }) => completion.length * factor;\n`,
    'factor.ts': 'export const factor = 1;\n',
  });
  const ask = (text: string) => preview.result({ rewards: ['a.reward.ts'], samples, texts: { 'factor.ts': text } });
  await ask('export const factor = 1;\n');
  const file = preview.path('factor.ts');
  const broken = await ask('export const factor = ;\n');
  expect(broken).toMatchObject({ stale: true, problems: [{ code: 'compile', file, line: 1, column: 23 }] });
  expect(gave(broken, 'length')).toEqual([1, 2]);
  const thrown = await ask('\nthrow new Error("early");\nexport const factor = 1;\n');
  expect(thrown).toMatchObject({ stale: true, problems: [{ code: 'load', file, line: 2 }] });
});
