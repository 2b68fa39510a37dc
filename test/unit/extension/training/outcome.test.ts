import { expect, test } from 'vitest';
import { describeOutcome, failureOf } from '../../../../src/extension/training/outcome.ts';
import type { TrainerExit } from '../../../../src/extension/training/trainer-process.ts';
import type { ActiveTraining } from '../../../../src/extension/workspace/active-training.ts';
import { RunProgress } from '../../../../src/extension/workspace/run-progress.ts';
import { BadInput } from '../../../../src/protocol/errors.ts';
import { trainerEvent } from '../../../../src/protocol/events.ts';
import type { Remedy } from '../../../../src/protocol/remedy.ts';

const EXIT: TrainerExit = { end: undefined, code: 0, signal: null, lastWords: '' };

function ended(training: Partial<ActiveTraining>, exit: Partial<TrainerExit>) {
  const progress = new RunProgress();
  const start = { type: 'start', protocol: 1, run: '/w/run', name: 'sort', device: 'cpu', resumedFrom: 0 } as const;
  progress.take({ ...start, maxSteps: 100 });
  for (const [step, reward] of [1.5, 4, 6.5].entries())
    progress.take({ type: 'step', step: step + 1, metrics: { step: step + 1, reward, step_time: 0.1 } });
  const request = { configFile: '/w/sort.grpo.json', name: 'sort' };
  const active: ActiveTraining = {
    ...{
      request,
      progress,
      stage: 'running',
      folder: '/w/run',
      findings: [],
      pause: undefined,
      stopRequested: false,
      startedAt: 0,
    },
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

const DONE = { type: 'end', outcome: 'done', step: 100, checkpoint: '/w/run/checkpoints/step-000100' } as const;

test('done: on held-out prompts, where these were evaluated', () => {
  const heldOut = { first: { step: 0, reward: 0.314 }, last: { step: 100, reward: 0.74 } };
  expect(ended({}, { end: { ...DONE, heldOut } }).text).toBe(
    'sort is done after step 100: held-out reward 0.31 → 0.74.',
  );
});

test('done, but nothing was learned: a warning that says why, and offers to start again with a better config', () => {
  const remedy: Remedy = { action: 'set', path: ['maxCompletionLength'], value: 256 };
  const evidence = 'Nothing was learned: no group of any step had a learning signal.';
  const findings = [{ kind: 'nothing-learned', severity: 'error', evidence, remedy } as const];
  expect(ended({}, { end: { ...DONE, findings } })).toEqual({
    severity: 'warning',
    text: `sort is done after step 100. ${evidence} Set "maxCompletionLength" to 256?`,
    actions: ['Open Dashboard'],
    restart: remedy,
  });
});

test('what the dashboard of a run that never began says, place and all; nothing where someone stopped it', () => {
  const place = { file: '/w/sort.grpo.json', line: 2, column: 12 };
  const exit = { ...EXIT, end: refused(new BadInput('"model" names m.', place)), code: 2 };
  const progress = new RunProgress();
  const request = { configFile: '/w/sort.grpo.json', name: 'sort' };
  const training: ActiveTraining = {
    ...{
      request,
      progress,
      stage: 'starting',
      folder: undefined,
      findings: [],
      pause: undefined,
      stopRequested: false,
      startedAt: 0,
    },
  };
  expect(failureOf({ training, exit })).toBe('/w/sort.grpo.json:2:12: "model" names m.');
  expect(failureOf({ training: { ...training, stopRequested: true }, exit })).toBeUndefined();
  const died = failureOf({ training, exit: { ...EXIT, code: null, signal: 'SIGKILL' } });
  expect(died).toContain('the trainer died after step 0 (signal SIGKILL)');
});

test('stopped at a finding that the config names: why, and what would help', () => {
  const remedy: Remedy = { action: 'set', path: ['maxCompletionLength'], value: 256 };
  const findings = [{ kind: 'all-truncated', severity: 'error', evidence: 'All is cut off.', remedy } as const];
  expect(ended({}, { end: { ...DONE, outcome: 'stopped', step: 7, findings } })).toEqual({
    severity: 'warning',
    text: 'sort stopped after step 7, with a checkpoint. All is cut off. Set "maxCompletionLength" to 256?',
    actions: ['Resume', 'Open Dashboard'],
    restart: remedy,
  });
});

test('stopped: can be resumed', () => {
  const end = { type: 'end', outcome: 'stopped', step: 3, checkpoint: '/w/run/checkpoints/step-000003' } as const;
  expect(ended({}, { end })).toMatchObject({ severity: 'information', actions: ['Resume', 'Open Dashboard'] });
});

/** The end of a trainer that found bad input before it trained, as it comes up the channel. */
const refused = ({ message: error, problem }: BadInput) =>
  trainerEvent.parse(
    JSON.parse(JSON.stringify({ type: 'end', outcome: 'failed', step: 0, checkpoint: null, error, problem })),
  ) as NonNullable<TrainerExit['end']>;

test('a model that is not there can be got', () => {
  const place = { file: '/w/sort.grpo.json', line: 2, column: 12 };
  const end = refused(new BadInput('"model" names m.', place, { remedy: { action: 'get-model' } }));
  expect(ended({ folder: undefined }, { end, code: 2 }).actions).toEqual(['Get Model', 'Open', 'Show Log']);
});

test.each([
  { file: '/home/ann/my runs/sort.grpo.json', line: 3, column: 5 },
  { file: 'C:\\Users\\ann\\sort.grpo.json', line: 3, column: 5 },
  { file: '\\\\server\\share\\a: b\\sort.reward.ts', line: 12 },
  // No extension, and what looks like a place and a sentence.
  { file: '/w/run: 2.0:3: x/Makefile' },
])('bad input: the sentence without the place, and the place to open: $file', (place) => {
  const message = 'Unknown field "/a/b.ts:3: x".';
  expect(ended({ folder: undefined }, { end: refused(new BadInput(message, place)), code: 2 })).toEqual({
    severity: 'error',
    text: `sort could not start: ${message}`,
    actions: ['Open', 'Show Log'],
    problem: { message, place },
  });
});

test.each([
  ['/a/b.ts:3: this is quoted, and no place', undefined, '/a/b.ts:3: this is quoted, and no place'],
  [
    '"beta" must be a number.',
    { file: '/w/x.grpo.json', option: '--set beta=y' },
    '--set beta=y: "beta" must be a number.',
  ],
  ['it has no config.json', { file: '/w/m.5b', isFolder: true }, '/w/m.5b: it has no config.json'],
])('bad input without a file to open: %s', (message, place, text) => {
  expect(ended({ folder: undefined }, { end: refused(new BadInput(message, place)), code: 2 })).toMatchObject({
    text: `sort could not start: ${text}`,
    actions: ['Show Log'],
  });
});

test('an event whose problem is of a later release is read for its sentence', () => {
  const later = { message: 'It is late.', remedy: { action: 'wait' } };
  const given = { type: 'end', outcome: 'failed', step: 0, checkpoint: null, error: 'It is late.', problem: later };
  const end = trainerEvent.parse(given) as NonNullable<TrainerExit['end']>;
  expect(ended({ folder: undefined }, { end, code: 2 }).text).toBe('sort could not start: It is late.');
});

test('a failed run: its reason', () => {
  const end = { type: 'end', outcome: 'failed', step: 3, checkpoint: null, error: 'The disk is full.' } as const;
  expect(ended({}, { end, code: 1 })).toMatchObject({
    severity: 'error',
    text: 'sort failed after step 3: The disk is full.',
    actions: ['Resume', 'Show Log'],
  });
});

test('a crash: how it died, its last words, one click to continue', () => {
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
