import { expect, test } from 'vitest';
import type { RunHead } from '../../../src/protocol/dashboard.ts';
import type { ConfigField } from '../../../src/protocol/dashboard-config.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { configSections, runConfigFieldNames } from '../../../src/protocol/run-config-fields.ts';
import { configSectionsOf, searchSections } from '../../../webview/config/rows.ts';

const config = runConfigSchema.parse({
  ...{ model: '/w/models/m', dataset: '/w/d.jsonl', rewards: ['/w/r.reward.ts#f'], learningRate: 1e-3 },
  lora: { r: 16 },
});
const head = {
  config,
  changes: [{ step: 41, at: '', field: 'config.learningRate', from: 0.01, to: 1e-3 }],
} as unknown as RunHead;
const field = (name: string, section: string, more: Partial<ConfigField> = {}): ConfigField => ({
  ...{ name, section, description: `About ${name}.` },
  ...more,
});
const FIELDS = [
  field('model', 'Model'),
  field('rewards', 'Model'),
  field('learningRate', 'Optimizer', { default: 1e-6 }),
  field('epsilonHigh', 'Optimizer', { default: null }),
  field('weightDecay', 'Optimizer', { default: 0 }),
  field('lora', 'Adapter', { default: null }),
];
const sections = configSectionsOf(head, FIELDS, '/w/sort.grpo.json');
const rows = sections.flatMap((section) => section.rows);
const row = (name: string) => rows.find((candidate) => candidate.name === name);

test('fields as the run had them: paths from the config, defaults, and what changed on the way', () => {
  expect(sections.map(({ title }) => title)).toEqual(['Model', 'Optimizer', 'Adapter', 'Other fields']);
  expect(row('model')).toMatchObject({ value: 'models/m', isDefault: false, description: 'About model.' });
  expect(row('rewards')?.value).toBe('r.reward.ts#f');
  expect(row('learningRate')).toMatchObject({ value: '0.001', isDefault: false, history: ['0.01 until step 40'] });
  expect(row('weightDecay')).toMatchObject({ value: '0', isDefault: true, history: [] });
  // A config that leaves it open has the value of epsilon.
  expect(row('epsilonHigh')).toMatchObject({ value: '0.2', isDefault: true });
  expect(row('lora.r')?.value).toBe('16');
});

test('are searched by name, value and description, without those that have their defaults if asked', () => {
  const found = (search: string, changedOnly = false) =>
    searchSections(sections, { search, changedOnly }).flatMap((section) => section.rows.map(({ name }) => name));
  expect(found('LEARN')).toEqual(['learningRate']);
  expect(found('about weight')).toEqual(['weightDecay']);
  expect(found('models/')).toEqual(['model']);
  expect(found('weightDecay', true)).toEqual([]);
  expect(found('', true)).toContain('learningRate');
});

test('every field of a config is in one section', () => {
  const fields = configSections.flatMap((section) => section.fields);
  expect(fields.toSorted()).toEqual(runConfigFieldNames.filter((name) => name !== '$schema').toSorted());
});

test('each stage has a section of what it sets', () => {
  const stages = [
    { kind: 'sft', name: 'cold start', dataset: '/w/cold.jsonl', maxSteps: 5, learningRate: 1e-4 },
    { kind: 'grpo', maxSteps: 20 },
  ];
  const staged = runConfigSchema.parse({
    ...{ model: '/w/models/m', dataset: '/w/d.jsonl', rewards: ['/w/r.reward.ts#f'], stages },
  });
  const fields = [...FIELDS, field('stages', 'Stages', { default: null })];
  const own = configSectionsOf({ config: staged } as unknown as RunHead, fields, '/w/sort.grpo.json');
  expect(own.map(({ title }) => title).filter((title) => title.startsWith('Stage'))).toEqual([
    'Stage 1: "cold start" (sft), steps 1 to 5',
    'Stage 2: grpo, steps 6 to 25',
  ]);
  const cold = own.find(({ title }) => title.includes('cold start'))!.rows;
  expect(cold.find(({ name }) => name === 'dataset')).toMatchObject({ value: 'cold.jsonl', isDefault: false });
  expect(cold.find(({ name }) => name === 'learningRate')).toMatchObject({
    ...{ value: '0.0001', description: 'About learningRate.' },
  });
});
