import { describe, expect, it } from 'vitest';
import { configDifferences } from '../../../webview/compare/config-diff.ts';

describe('configDifferences', () => {
  it('names only what differs, nested fields by their path', () => {
    const differences = configDifferences([
      { beta: 0, seed: 1, lora: { rank: 8, alpha: 16 } },
      { beta: 0.04, seed: 1, lora: { rank: 8, alpha: 32 } },
    ]);
    expect(differences).toEqual([
      { field: 'beta', values: ['0', '0.04'] },
      { field: 'lora.alpha', values: ['16', '32'] },
    ]);
  });

  it('knows what is not there from what is null', () => {
    expect(configDifferences([{ topK: null }, {}])).toEqual([{ field: 'topK', values: ['null', null] }]);
  });

  it('compares lists as a whole, and writes rewards as a config does', () => {
    const [difference] = configDifferences([
      { rewards: [{ file: 'a.reward.ts', function: 'f', weight: 1 }] },
      { rewards: [{ file: 'a.reward.ts', weight: 0.5 }] },
    ]);
    expect(difference!.values).toEqual(['a.reward.ts#f', 'a.reward.ts × 0.5']);
  });

  it('finds nothing between a config and itself', () => {
    const config = { a: [1, 2], b: { c: 'x' } };
    expect(configDifferences([config, structuredClone(config), structuredClone(config)])).toEqual([]);
  });
});
