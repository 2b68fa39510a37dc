import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import type { RunInfo } from '../../../src/protocol/run-folder.ts';
import { digestSource } from '../../../src/run-folder/file-digest.ts';
import { isSameRun } from '../../../src/run-folder/same-run.ts';
import { temporaryFolder } from '../files/folder.ts';

const file = (sha256: string) => ({ file: `/w/${sha256}.jsonl`, bytes: 3, sha256, covers: 'all' as const });
const inputs = { dataset: file('d1'), evalDataset: null, rollouts: null, model: [file('m1')] };
const configOf = (more: object = {}) =>
  runConfigSchema.parse({ model: 'm', dataset: 'd', rewards: ['r.reward.ts'], maxSteps: 9, seed: 3, ...more });

/** Whether a run that was recorded with these differences is the one that is wanted. */
function isSame({
  wanted = {},
  recorded = {},
  info = {},
  code = '',
}: {
  wanted?: object;
  recorded?: object;
  info?: Partial<RunInfo>;
  code?: string;
} = {}) {
  const directory = temporaryFolder();
  const reward = join(directory, 'r.reward.ts');
  writeFileSync(reward, 'export {}');
  const sha256 = digestSource(reward)!;
  if (code !== '') writeFileSync(reward, code);
  const config = configOf(recorded);
  const run: RunInfo = {
    ...{ version: 1, name: 'sort', configFile: join(directory, 'sort.grpo.json'), createdAt: '', updatedAt: '' },
    ...{ state: 'done', reason: null, step: 9, seed: config.seed, device: 'cpu', versions: {}, config, inputs },
    rewardSources: [{ name: 'r.reward.ts', file: reward, sha256, copy: 'rewards/r.reward.ts' }],
    ...info,
  };
  return isSameRun(run, { config: configOf(wanted), directory, inputs });
}
const change = (field: string) => ({ changes: [{ step: 5, at: '', field, from: 1, to: 2 }] });

describe('isSameRun', () => {
  it('knows a run again, whatever it saves and wherever it reports to', () => {
    expect(isSame()).toBe(true);
    expect(isSame({ recorded: { saveSteps: 1, samples: 'x', reportTo: ['tensorboard'] } })).toBe(true);
    expect(isSame({ info: change('versions.node') })).toBe(true);
    expect(isSame({ info: change('config.saveSteps') })).toBe(true);
  });

  it.each(['learningRate', 'temperature', 'promptsPerStep', 'maxSteps', 'seed', 'evalPrompts'])(
    'tells runs with another %s apart',
    (field) => {
      expect(
        isSame({
          recorded: { [field]: 0.5, ...(field !== 'learningRate' && field !== 'temperature' && { [field]: 2 }) },
        }),
      ).toBe(false);
    },
  );

  it('tells runs apart that end elsewhere, or compute elsewhere', () => {
    expect(isSame({ recorded: { evalOnStart: false } })).toBe(false);
    expect(isSame({ recorded: { device: 'webgpu' } })).toBe(false);
  });

  it('knows a run of as many epochs again, whose steps were counted when it began', () => {
    const wanted = { numTrainEpochs: 2 };
    expect(isSame({ recorded: { numTrainEpochs: 2, maxSteps: 32 }, wanted })).toBe(true);
    expect(isSame({ recorded: { numTrainEpochs: 1, maxSteps: 9 }, wanted })).toBe(false);
    expect(isSame({ recorded: { numTrainEpochs: null, maxSteps: 9 }, wanted })).toBe(false);
  });

  it('tells runs with other reward code or data apart, and those that were changed on the way', () => {
    expect(isSame({ code: 'export const edited = 1;' })).toBe(false);
    expect(isSame({ info: { inputs: { ...inputs, dataset: file('d2') } } })).toBe(false);
    expect(isSame({ info: { inputs: { ...inputs, model: [file('m2')] } } })).toBe(false);
    expect(isSame({ info: change('config.learningRate') })).toBe(false);
    expect(isSame({ info: change('rewardSources.r.reward.ts') })).toBe(false);
    // Its learning rate may have been scheduled for fewer steps.
    expect(isSame({ info: change('config.maxSteps') })).toBe(false);
  });

  it('does not take a run for the same that recorded neither code nor data', () => {
    expect(isSame({ info: { inputs: undefined } })).toBe(false);
    expect(isSame({ info: { rewardSources: undefined } })).toBe(false);
  });

  it('minds the interpreter of Python rewards only while there are steps to train', () => {
    const python = { recorded: { python: 'python3.12', rewards: ['r.py'] } };
    const same = (state: RunInfo['state']) => {
      const directory = '/w';
      const config = configOf(python.recorded);
      const run = {
        ...({
          version: 1,
          name: 'sort',
          configFile: '/w/sort.grpo.json',
          createdAt: '',
          updatedAt: '',
          state,
        } as const),
        ...{ reason: null, step: 9, seed: 3, device: 'cpu', versions: {}, config, inputs, rewardSources: [] },
      };
      return isSameRun(run, { config: configOf({ rewards: ['r.py'] }), directory, inputs });
    };
    expect(same('done')).toBe(true);
    expect(same('stopped')).toBe(false);
  });
});
