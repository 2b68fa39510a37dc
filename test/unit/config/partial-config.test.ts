import { expect, test } from 'vitest';
import { looseConfig, rightFields } from '../../../src/config/partial-config.ts';

test('an unfinished config gives what can be read of it', () => {
  expect(looseConfig('{ "model": "m", // comment\n "maxSteps": 3, "rewards": [')).toEqual({
    ...{ model: 'm', maxSteps: 3, rewards: [] },
  });
  expect(looseConfig('3')).toBeUndefined();
  expect(looseConfig('['.repeat(1000))).toBeUndefined();
});

test('a field that is missing or wrong has its default, if it has one', () => {
  const config = { maxSteps: -1, model: '', temperature: 2, lossType: 'none' };
  expect(rightFields(config, 'maxSteps', 'model', 'temperature', 'lossType', 'seed', 'dataset')).toEqual({
    ...{ maxSteps: 100, model: undefined, temperature: 2, lossType: 'dapo', seed: 42, dataset: undefined },
  });
});

test('of lists, the elements that are right are taken, and of a reward the fields that are', () => {
  const rewards = ['a.ts#f#g', 'b.ts#', 3, { file: 'c.ts', function: 'h', weight: 'x', other: 1 }, { function: 'h' }];
  expect(rightFields({ rewards, rewardEnv: ['KEY', 'A=B', 3] }, 'rewards', 'rewardEnv')).toEqual({
    rewards: [
      { file: 'a.ts#f', function: 'g', weight: 1 },
      { file: 'b.ts', weight: 1 },
      { file: 'c.ts', function: 'h', weight: 1 },
    ],
    rewardEnv: ['KEY'],
  });
  expect(rightFields({ rewards: {} }, 'rewards').rewards).toBeUndefined();
});
