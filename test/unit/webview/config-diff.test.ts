import { describe, expect, it } from 'vitest';
import { configFields } from '../../../webview/compare/config-diff.ts';

describe('configFields', () => {
  it('names nested fields by their path', () => {
    const fields = configFields([
      { beta: 0, lora: { alpha: 16 } },
      { beta: 0.04, lora: { alpha: 32 } },
    ]);
    expect(fields).toEqual([
      { field: 'beta', values: ['0', '0.04'] },
      { field: 'lora.alpha', values: ['16', '32'] },
    ]);
  });

  it('knows what is not there from what is null', () => {
    expect(configFields([{ topK: null }, {}])).toEqual([{ field: 'topK', values: ['null', null] }]);
  });

  it('compares lists as a whole, and writes rewards as a config does', () => {
    const [field] = configFields([
      { rewards: [{ file: 'a.reward.ts', function: 'f', weight: 1 }] },
      { rewards: [{ file: 'a.reward.ts', weight: 0.5 }] },
    ]);
    expect(field!.values).toEqual(['a.reward.ts#f', 'a.reward.ts × 0.5']);
  });

  it('compares stages field by field; null of what another has in parts is not told', () => {
    const stage = { kind: 'sft', name: 'sft', maxSteps: 10 };
    expect(configFields([{ stages: [stage] }, { stages: [{ ...stage, maxSteps: 20 }] }])).toContainEqual({
      field: 'stages.0.maxSteps',
      values: ['10', '20'],
    });
    expect(configFields([{ lora: null }, { lora: { r: 8 } }])).toEqual([{ field: 'lora.r', values: [null, '8'] }]);
  });
});
