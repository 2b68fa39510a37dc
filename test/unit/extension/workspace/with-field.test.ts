import { expect, test } from 'vitest';
import { withField } from '../../../../src/extension/workspace/with-field.ts';

const config = `{
  // The task.
  "rewards": ["a.reward.ts#right", { "file": "b.reward.ts", "weight": 2 }], // both
  "maxSteps": 10
}
`;
const parsed = (text: string) => JSON.parse(text.replaceAll(/\/\/.*/g, ''));

test('sets and removes fields, and leaves comments where they are', () => {
  const longer = withField(config, 'maxSteps', 20);
  expect(longer).toBe(config.replace('10', '20'));
  expect(parsed(withField(config, 'maxSteps', undefined))).not.toHaveProperty('maxSteps');
});

test('gives a reward in its short form a weight', () => {
  const text = withField(config, ['rewards', 0, 'weight'], 5);
  expect(parsed(text).rewards).toEqual([
    { file: 'a.reward.ts', function: 'right', weight: 5 },
    { file: 'b.reward.ts', weight: 2 },
  ]);
  expect(text).toContain('// The task.');
  expect(text).toContain('// both');
  expect(parsed(withField(config, ['rewards', 1, 'weight'], 5)).rewards).toEqual([
    'a.reward.ts#right',
    { file: 'b.reward.ts', weight: 5 },
  ]);
});

test('does so in a stage', () => {
  const staged = '{ "stages": [{ "kind": "grpo", "rewards": ["a.reward.ts"] }] }';
  expect(JSON.parse(withField(staged, ['stages', 0, 'rewards', 0, 'weight'], 3)).stages[0].rewards).toEqual([
    { file: 'a.reward.ts', weight: 3 },
  ]);
});
