import { expect, test } from 'vitest';
import { describeOutcome } from '../../../src/extension/training/outcome.ts';
import type { TrainerExit } from '../../../src/extension/training/trainer-process.ts';
import type { ActiveTraining } from '../../../src/extension/training/training.ts';
import { RunProgress } from '../../../src/extension/workspace/run-progress.ts';
import { missingModel } from '../../../src/protocol/missing-model.ts';

const EXIT: TrainerExit = { end: undefined, code: 0, signal: null, lastWords: '' };

function ended(training: Partial<ActiveTraining>, exit: Partial<TrainerExit>) {
  const progress = new RunProgress();
  const start = { type: 'start', protocol: 1, run: '/w/run', name: 'sort', device: 'cpu', resumedFrom: 0 } as const;
  progress.take({ ...start, maxSteps: 100 });
  for (const [step, reward] of [1.5, 4, 6.5].entries())
    progress.take({ type: 'step', step: step + 1, metrics: { step: step + 1, reward, step_time: 0.1 } });
  const request = { configFile: '/w/sort.grpo.json', name: 'sort' };
  const active: ActiveTraining = {
    ...{ request, progress, stage: 'running', folder: '/w/run', reason: undefined, stopRequested: false },
    ...training,
  };
  return describeOutcome({ training: active, exit: { ...EXIT, ...exit } });
}

test('done: what the reward came to', () => {
  const end = { type: 'end', outcome: 'done', step: 100, checkpoint: '/w/run/checkpoints/step-000100' } as const;
  expect(ended({}, { end })).toEqual({
    severity: 'information',
    text: 'sort is done after step 100: reward 1.50 → 6.50.',
    actions: ['Open Dashboard'],
  });
});

test('stopped: can be resumed', () => {
  const end = { type: 'end', outcome: 'stopped', step: 3, checkpoint: '/w/run/checkpoints/step-000003' } as const;
  expect(ended({}, { end })).toMatchObject({ severity: 'information', actions: ['Resume', 'Open Dashboard'] });
});

test('a model that is not there can be got', () => {
  const error = `/w/sort.grpo.json:2:12: ${missingModel('"model" names m, which does not exist (/w/m).')}`;
  const end = { type: 'end', outcome: 'failed', step: 0, checkpoint: null, error } as const;
  expect(ended({ folder: undefined }, { end, code: 2 }).actions).toEqual(['Get Model', 'Open', 'Show Log']);
});

test('bad input: the sentence without the place, and the place to open', () => {
  const error = '/w/sort.grpo.json:3:5: Unknown field "x".';
  const end = { type: 'end', outcome: 'failed', step: 0, checkpoint: null, error } as const;
  expect(ended({ folder: undefined }, { end, code: 2 })).toEqual({
    severity: 'error',
    text: 'sort could not start: Unknown field "x".',
    actions: ['Open', 'Show Log'],
    problem: { file: '/w/sort.grpo.json', line: 3, column: 5, message: 'Unknown field "x".' },
  });
});

test('a failed run: its reason', () => {
  const end = { type: 'end', outcome: 'failed', step: 3, checkpoint: null, error: 'The disk is full.' } as const;
  expect(ended({}, { end, code: 1 })).toMatchObject({
    severity: 'error',
    text: 'sort failed after step 3: The disk is full.',
    actions: ['Resume', 'Show Log'],
  });
});

test('a crash: how it died, its last words, one click to go on', () => {
  const outcome = ended({}, { code: null, signal: 'SIGSEGV', lastWords: 'one\ntwo\nthree\nout of memory' });
  expect(outcome).toMatchObject({ severity: 'error', actions: ['Resume', 'Show Log'] });
  expect(outcome.text).toBe(
    'sort: the trainer died after step 3 (signal SIGSEGV). Last output: two three out of memory',
  );
});

test('ended at once because someone asked for it: no crash', () => {
  const outcome = ended({ stage: 'terminating', stopRequested: true }, { code: 1 });
  expect(outcome).toMatchObject({ severity: 'warning', actions: ['Resume', 'Show Log'] });
});
