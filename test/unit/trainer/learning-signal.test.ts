import { expect, test } from 'vitest';
import type { Finding } from '../../../src/protocol/finding.ts';
import { firstStepWords, LearningSignal } from '../../../src/trainer/learning-signal.ts';

const cutOff = (severity: Finding['severity'] = 'error'): Finding => ({
  ...{ kind: 'all-truncated', severity, evidence: 'All 32 completions were cut off at 48 tokens.' },
  remedy: { action: 'set', path: ['maxCompletionLength'], value: 256 },
});

test('a run whose steps have no signal has learned nothing, for the reason of the last one', () => {
  const signal = new LearningSignal([]);
  expect(signal.take(() => [cutOff()])).toEqual(cutOff());
  expect(signal.nothingLearned).toEqual({
    ...cutOff(),
    kind: 'nothing-learned',
    evidence:
      'Nothing was learned: no group of any step had a learning signal. In the last step, all 32 completions were cut off at 48 tokens.',
  });
  expect(firstStepWords(cutOff())).toBe(
    'Nothing can be learned from the first step: all 32 completions were cut off at 48 tokens.',
  );
});

test('one step with a signal is enough, and nobody looks at those after it', () => {
  const signal = new LearningSignal([]);
  signal.take(() => [cutOff()]);
  expect(signal.take(() => [cutOff('warning')])).toBeUndefined();
  expect(
    signal.take(() => {
      throw new Error('asked');
    }),
  ).toBeUndefined();
  expect(signal.nothingLearned).toBeUndefined();
});

test('the steps before a resume count, as far as the run says', () => {
  const after = (share: number | undefined) => {
    const row = { step: 1, ...(share !== undefined && { 'groups/signal': share }) };
    const signal = new LearningSignal([{ step: 0, eval_reward: 1 }, row]);
    signal.take(() => [cutOff()]);
    return signal.nothingLearned !== undefined;
  };
  expect([after(0), after(0.5), after(undefined)]).toEqual([true, false, false]);
});
