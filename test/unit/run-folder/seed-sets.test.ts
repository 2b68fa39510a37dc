import { describe, expect, it } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { RunInfo } from '../../../src/protocol/run-folder.ts';
import { seedSets } from '../../../src/run-folder/seed-sets.ts';

const file = (sha256: string) => ({ file: `/w/${sha256}.jsonl`, bytes: 3, sha256, covers: 'all' as const });

function run(
  folder: string,
  seed: number,
  { config, ...more }: { config?: object } & Partial<Omit<RunInfo, 'config'>> = {},
) {
  const info: RunInfo = {
    ...{ version: 1, name: 'sort', configFile: '/w/sort.grpo.json', createdAt: '', updatedAt: '', state: 'done' },
    ...{ reason: null, step: 9, seed, device: 'cpu', versions: {} },
    config: { ...runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.reward.ts'] }), ...config, seed },
    inputs: { dataset: file('d1'), evalDataset: null, rollouts: null, model: [file('m1')] },
    rewardSources: [{ name: 'r.reward.ts', file: '/w/r.reward.ts', sha256: 'aa', copy: 'rewards/r.reward.ts' }],
    ...more,
  };
  return { folder, info };
}

describe('seedSets', () => {
  it('has runs that differ in nothing but their seed, in order of it', () => {
    expect(seedSets([run('/a', 3), run('/b', 1), run('/c', 2)])).toEqual([['/b', '/c', '/a']]);
  });

  it.each([
    ['config', { config: { learningRate: 0.5 } }],
    ['dataset', { inputs: { ...run('', 1).info.inputs!, dataset: file('d2') } }],
    ['model', { inputs: { ...run('', 1).info.inputs!, model: [file('m2')] } }],
    ['reward code', { rewardSources: [{ ...run('', 1).info.rewardSources![0]!, sha256: 'bb' }] }],
    [
      'a reward that was edited on the way',
      { changes: [{ step: 5, at: '', field: 'rewardSources.r.reward.ts', from: {}, to: {} }] },
    ],
    ['a seed that was changed on the way', { changes: [{ step: 5, at: '', field: 'config.seed', from: 1, to: 2 }] }],
  ])('has no run of another %s', (_, other) => {
    expect(seedSets([run('/a', 1), run('/b', 2, other)])).toEqual([]);
    expect(seedSets([run('/a', 1), run('/b', 2, other), run('/c', 3)])).toEqual([['/a', '/c']]);
  });

  it('has no run that does not say what it read', () => {
    const { inputs: _, ...old } = run('/b', 2).info;
    expect(seedSets([run('/a', 1), { folder: '/b', info: old }])).toEqual([]);
  });

  it('has files by content, and does not mind what a run saves', () => {
    const moved = { inputs: { ...run('', 1).info.inputs!, dataset: { ...file('d1'), file: '/elsewhere/d.jsonl' } } };
    const other = run('/b', 2, { ...moved, config: { dataset: '/elsewhere/d.jsonl', saveSteps: 77 } });
    expect(seedSets([run('/a', 1), other])).toEqual([['/a', '/b']]);
  });

  it('has each seed once: the run that came furthest', () => {
    expect(seedSets([run('/a', 1, { step: 4 }), run('/b', 1, { step: 9 }), run('/c', 2)])).toEqual([['/b', '/c']]);
    expect(seedSets([run('/a', 1), run('/b', 1)])).toEqual([]);
  });
});
