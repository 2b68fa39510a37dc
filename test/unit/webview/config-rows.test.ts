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
