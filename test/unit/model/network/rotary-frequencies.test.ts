import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readModelConfig } from '../../../../src/model/files/model-config.ts';
import { frequenciesOf } from '../../../../src/model/network/rotary-frequencies.ts';
import { configFolder } from '../model-folder.ts';

interface Case {
  fields: object;
  frequencies: number[];
  attentionFactor: number;
}

/** Random fields of config.json, and what transformers makes of them: test/references/rope.py. */
const cases: Case[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../references/fixtures/rope.json'), 'utf8'),
);

test('frequencies are stretched as transformers stretches them', () => {
  for (const { fields, frequencies, attentionFactor } of cases) {
    const heads = { hidden_size: 32, num_attention_heads: 2, num_key_value_heads: 2, head_dim: 16 };
    const rotary = readModelConfig(configFolder({ ...heads, rope_parameters: undefined, ...fields })).rotary.all!;
    const what = JSON.stringify(fields);
    expect(rotary.attentionFactor, what).toBeCloseTo(attentionFactor, 12);
    frequenciesOf(rotary).forEach((frequency, pair) => {
      expect(Math.abs(frequency / frequencies[pair]! - 1), what).toBeLessThan(1e-5);
    });
  }
  expect(cases).toHaveLength(60);
});
