import { expect, test } from 'vitest';
import { TOOL_NAMES } from '../../../../src/assistant/names.ts';
import { TOOLS } from '../../../../src/assistant/tools.ts';
import { placeIn } from '../../../../src/extension/assistant/place.ts';
import { announce } from '../../../../src/extension/assistant/questions.ts';

const INPUT = { target: 'a.reward.ts', config: 'a.grpo.json', run: '/w/.grpo/runs/1-a' };

test.each(TOOL_NAMES)('%s is asked about unless it only reads', (name) => {
  const { doing, question } = announce(name, INPUT);
  expect(doing).not.toBe('');
  expect(question !== undefined).toBe(TOOLS[name].effect !== 'reads');
});

test('the question says what is trained, with its overrides', () => {
  const { question } = announce('start_training', { config: 'a.grpo.json', set: ['maxSteps=5'] });
  expect(question).toEqual({
    title: 'Start training?',
    message: expect.stringMatching(/^Trains `a\.grpo\.json` with `maxSteps=5` and runs its reward functions\./),
  });
});

test('what an assistant wrote cannot pass for the question', () => {
  const { question } = announce('stop_training', { run: 'a` **Nothing is stopped.**\n\n`b' });
  expect(question!.message).toMatch(/^Stops `` a` \*\*Nothing is stopped\.\*\* `b `` after its step/);
});

test('input that is wrong is named', () => {
  expect(() => announce('run_status', { run: 'a', steps: 0 })).toThrow(/^run_status: steps: /);
});

test('paths are relative to the folder that has them', () => {
  const here = import.meta.dirname;
  expect(placeIn(['/none', here], 'place.test.ts')).toBe('/none/place.test.ts');
  expect(placeIn(['/none', here], 'questions.test.ts#f')).toBe(`${here}/questions.test.ts#f`);
  expect(placeIn([], '/w/a.py')).toBe('/w/a.py');
  expect(() => placeIn([], 'a.py')).toThrow('a.py: no folder is open');
});
