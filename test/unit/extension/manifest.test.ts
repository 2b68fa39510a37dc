/** package.json says what there is, the code does it: they must agree. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import manifest from '../../../package.json';
import { makeTools } from '../../../scripts/make-tools.ts';
import { DATASET_ENDINGS } from '../../../src/files/dataset-endings.ts';

const ROOT = join(import.meta.dirname, '../../..');
const { contributes } = manifest;
const declared = contributes.commands.map(({ command }) => command);
const table = readFileSync(join(ROOT, 'src/extension/commands.ts'), 'utf8');
const implemented = [...table.matchAll(/'(grpo\.\w+)': async/g)].map(([, id]) => id!);
/** Only links of the walkthrough and of a check's report, and findings, have them. */
const HIDDEN = [
  ...['grpo.openFirstReward', 'grpo.applyRemedy', 'grpo.openPlace', 'grpo.addProbeAsSample'],
  'grpo.changeAndStart',
];

test('every command is declared and implemented', () => {
  expect(implemented.filter((id) => !HIDDEN.includes(id)).sort()).toEqual([...declared].sort());
});

test('the tools of assistants are as they are defined (else: npm run schema)', () => {
  expect(contributes.languageModelTools).toEqual(makeTools());
});

test('menus, welcome views and the walkthrough name commands that exist', () => {
  const text = JSON.stringify([contributes.menus, contributes.viewsWelcome, contributes.walkthroughs]);
  const named = [...text.matchAll(/grpo\.\w+(?=["()])/g)].map(([id]) => id);
  const read = (name: string) => readFileSync(join(ROOT, 'src/extension', name), 'utf8');
  expect(read('training/contexts.ts')).toContain("'setContext', 'grpo.training'");
  const ticks = [...read('workspace/walkthrough-ticks.ts').matchAll(/^ {2}'(grpo\.\w+)',$/gm)].map(([, tick]) => tick!);
  expect(ticks.length).toBeGreaterThan(3);
  const contexts = ['grpo.training', ...ticks];
  const known = [
    ...declared,
    ...contexts,
    ...HIDDEN,
    ...Object.values(contributes.views).flatMap((views) => views.map(({ id }) => id)),
  ];
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((id) => !known.includes(id))).toEqual([]);
});

test('Import Dataset is offered for every format but .json, which most settings are in', () => {
  const { when } = contributes.menus['explorer/context'].find(({ command }) => command === 'grpo.importDataset')!;
  const pattern = new RegExp(/=~ \/(.*)\/ &&/.exec(when)![1]!);
  const offered = DATASET_ENDINGS.filter((ending) => pattern.test(`train.${ending}`));
  expect(offered).toEqual(DATASET_ENDINGS.filter((ending) => ending !== 'json'));
  for (const name of ['train.csv.gz', 'a.samples.csv.jsonl']) expect(pattern.test(name), name).toBe(true);
  for (const name of ['sort.samples.jsonl', 'sort.difficulty.jsonl', 'tsconfig.json', 'csv'])
    expect(pattern.test(name), name).toBe(false);
});

test('code calls commands that exist', () => {
  const folder = join(ROOT, 'src/extension');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const source of sources) {
    const text = readFileSync(join(folder, source), 'utf8');
    for (const [, id] of text.matchAll(/executeCommand\('(grpo\.\w+)'/g)) expect(implemented, source).toContain(id);
  }
});

test('files that it names are there', () => {
  const text = JSON.stringify(manifest);
  const files = [...text.matchAll(/"(?:\.\/)?((?:media|schemas)\/[^"]+)"/g)].map(([, file]) => file!);
  expect(files).toContain('schemas/grpo.schema.json');
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test('what is used when it is there is declared, for npm to check and not to install', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const optional = Object.entries(peerDependenciesMeta).filter((entry) => entry[1].optional);
  expect(optional.map(([name]) => name)).toEqual(Object.keys(peerDependencies));
  // They share what tfjs-core keeps, so another version is refused.
  for (const name of ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'] as const)
    expect(peerDependencies[name]).toBe(dependencies['@tensorflow/tfjs-core']);
});
