/** What GRPO: New Reward Function writes must compile, be typed for the editor, and score as its samples expect. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSamples } from '../../../src/data/samples.ts';
import { columnTypes, type Row } from '../../../src/extension/new-reward/column-types.ts';
import { datasetRows } from '../../../src/extension/new-reward/dataset-rows.ts';
import type { Template } from '../../../src/extension/new-reward/template.ts';
import { TEMPLATES } from '../../../src/extension/new-reward/templates.ts';
import { type RewardFiles, rewardFiles, writeReward } from '../../../src/extension/new-reward/write-reward.ts';
import { withReward } from '../../../src/extension/workspace/add-to-config.ts';
import { brief, folderWith, open, pythonMissing } from './workspace.ts';

const ROOT = join(import.meta.dirname, '../../..');
const declarations = join(ROOT, 'dist/grpo-rewards.d.ts');

const DATASET: Row[] = [
  { prompt: 'What is 1 + 1?', level: 'easy', answer: 2, steps: ['1', '1'], meta: { source: 'a', tries: 1 } },
  { prompt: 'What is 2 + 2?', level: 'easy', answer: 4, steps: [], meta: { source: 'b' } },
];

/** Writes one of every template, named by its place. */
async function writeAll(
  folder: string,
  rows: Row[],
): Promise<{ template: Template; name: string; files: RewardFiles }[]> {
  const written = [];
  for (const [index, template] of TEMPLATES.entries()) {
    const name = `reward_${index}`;
    const files = rewardFiles(folder, name, template);
    await writeReward(files, { template, name, rows });
    written.push({ template, name, files });
  }
  return written;
}

/** What the TypeScript compiler has to say of a folder's rewards, with the declarations as docs/reward-modules.md says. */
function typeErrors(folder: string): string {
  const project = join(folder, 'tsconfig.json');
  const compilerOptions = { strict: true, noEmit: true, target: 'es2023', module: 'preserve', skipLibCheck: true };
  writeFileSync(project, JSON.stringify({ compilerOptions, include: ['rewards', declarations] }));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [compiler, '--noEmit', '-p', project], { encoding: 'utf8' }).stdout;
}

test.each([
  ['without a dataset', []],
  ['with a dataset', DATASET],
])('every template is met by its samples, and typed (%s)', async (_, rows) => {
  const folder = folderWith({});
  for (const { template, name, files } of await writeAll(folder, rows)) {
    // They need a model or a server; their own tests have one.
    if (
      ['rewardModel', 'judge', 'localJudge'].includes(template.label) ||
      (pythonMissing && /python/i.test(template.label + template.detail))
    )
      continue;
    const samples = loadSamples(files.samples);
    const set = await open([{ file: files.reward }]);
    expect(set.functions.map((found) => found.name)).toEqual([name]);
    const columns = Object.keys(samples[0]!.columns);
    const table = await set.score({
      prompts: samples.map(({ prompt }) => prompt),
      completions: samples.map(({ completion }) => completion),
      columns: Object.fromEntries(columns.map((column) => [column, samples.map((sample) => sample.columns[column])])),
    });
    const scores = brief(table.columns[0]!.outcomes);
    expect(samples.length).toBeGreaterThan(1);
    for (const [index, sample] of samples.entries()) {
      const [low, high] = [sample.expect![name]!].flat() as [number, number?];
      expect(scores[index], `${template.label}: ${sample.completion}`).toBeGreaterThanOrEqual(low);
      expect(scores[index], `${template.label}: ${sample.completion}`).toBeLessThanOrEqual(high ?? low);
    }
    // Good and bad differ, or the group would teach nothing.
    expect(new Set(scores).size).toBeGreaterThan(1);
    if (rows.length > 0 && template.label === 'Per completion')
      expect(readFileSync(files.reward, 'utf8')).toContain('  meta: { source: string; tries?: number };\n');
  }
  expect(typeErrors(folder)).toBe('');
});

test('a mistake in the settings of a helper is one for tsc, too', () => {
  const wrong = "import { numericMatch } from 'grpo/rewards';\nexport const a = numericMatch({ colum: 'x' });\n";
  const folder = folderWith({ 'rewards/wrong.reward.ts': wrong });
  expect(typeErrors(folder)).toMatch(/wrong\.reward\.ts.*'colum' does not exist in type 'NumericMatchOptions'/);
});

test('a reward file that is there is not written over', async () => {
  const folder = folderWith({ 'rewards/mine.reward.ts': 'mine' });
  const files = rewardFiles(folder, 'mine', TEMPLATES[0]!);
  const writing = writeReward(files, { template: TEMPLATES[0]!, name: 'mine', rows: [] });
  await expect(writing).rejects.toThrow('EEXIST');
  expect(readFileSync(files.reward, 'utf8')).toBe('mine');
});

test('a run config keeps its comments, and its dataset gives the rows', async () => {
  const text = `{
  // The model.
  "model": "m",
  "dataset": "data/train.jsonl", // prompts
  "rewards": ["rewards/a.reward.ts"] // one so far
}
`;
  const folder = folderWith({
    'a.grpo.json': text,
    'data/train.jsonl': `${DATASET.map((row) => JSON.stringify(row)).join('\n')}\n{"torn`,
  });
  const config = join(folder, 'a.grpo.json');
  expect(withReward(text, config, join(folder, 'rewards/b.reward.ts'))).toBe(
    text.replace('a.reward.ts"]', 'a.reward.ts", "rewards/b.reward.ts"]'),
  );
  const lines = '{ "rewards": [\n    "a.py", // first\n    "b.py" // last\n  ] }';
  expect(withReward(lines, config, join(folder, 'c.py'))).toBe(lines.replace('"b.py"', '"b.py",\n    "c.py"'));
  expect(withReward('{ "rewards": [] }', config, join(folder, 'c.py'))).toContain('"c.py"');
  expect(withReward(lines, config, join(folder, 'b.py'), 'draft')).toBe(
    lines.replace('"b.py"', '"b.py",\n    "b.py#draft"'),
  );
  expect(withReward('{ "model": "m" }', config, join(folder, 'rewards/b.reward.ts'))).toContain(
    '"rewards/b.reward.ts"',
  );
  const extension = { extensionPath: process.cwd() };
  expect(await datasetRows(config, extension)).toEqual(DATASET);
  expect(await datasetRows(join(folder, 'none.grpo.json'), extension)).toEqual([]);
});

test('the rows of other formats, and of a mapping, are those that the rewards get', async () => {
  const mapping = { prompt: { user: 'Q: {{ q }}' }, columns: { answer: 'right' } };
  const folder = folderWith({
    'a.grpo.json': JSON.stringify({ model: 'm', dataset: 'data/train.csv', ...mapping, rewards: [] }),
    'data/train.csv': 'q,right\nWhat is 1 + 1?,2\n',
  });
  const rows = await datasetRows(join(folder, 'a.grpo.json'), { extensionPath: process.cwd() });
  expect(rows).toEqual([
    { prompt: [{ role: 'user', content: 'Q: What is 1 + 1?' }], q: 'What is 1 + 1?', right: 2, answer: 2 },
  ]);
  expect(columnTypes(rows).get('answer')).toBe('number');
});

test('column types', () => {
  const rows = [
    { prompt: 'p', a: 1, b: 'x', c: null, d: [1, 2], e: [], f: { x: 1 }, 'my col': true },
    { prompt: 'p', a: 2.5, b: 3, c: 'y', d: [], e: [], f: { x: 2, y: [{ z: 's' }] }, 'my col': false },
  ];
  expect(Object.fromEntries(columnTypes(rows))).toEqual({
    a: 'number',
    b: 'number | string',
    c: 'null | string',
    d: 'number[]',
    e: 'unknown[]',
    f: '{ x: number; y?: { z: string }[] }',
    'my col': 'boolean',
  });
});
