import { beforeEach, describe, expect, test } from 'vitest';
import { describeOutcome } from '../../../../src/extension/training/outcome.ts';
import type { Training } from '../../../../src/extension/training/training.ts';
import type { TrainerStatus } from '../../../../src/protocol/events.ts';
import { deferred, settled } from '../fake-clock.ts';
import { FakeWindow, request } from './fake-training.ts';

let window: FakeWindow;
let training: Training;
beforeEach(() => {
  window = new FakeWindow();
  training = window.training;
});

const status = (changes: Partial<TrainerStatus> = {}): TrainerStatus => ({
  ...{ type: 'status', state: 'stopping', step: 4, maxSteps: 9, phase: 'update', seconds: 1, device: 'cpu' },
  ...{ residentBytes: 1 },
  ...changes,
});

const running = (name = 'a') => window.running(name);

describe('a run', () => {
  test('is starting, running, and over', async () => {
    window.add('a');
    expect(training.active).toMatchObject({ stage: 'starting', folder: undefined });
    await settled();
    window.trainer.start('/runs/a');
    await settled();
    expect(training.active).toMatchObject({ stage: 'running', folder: '/runs/a' });
    window.trainer.end();
    await settled();
    expect(training.active).toBeUndefined();
    expect(window.told).toEqual([
      ...['attach /runs/a', 'started /runs/a', 'start of /runs/a', 'end of /runs/a'],
      ...['detach /runs/a', 'ended a'],
    ]);
    expect(window.trainer.disposed).toBe(true);
  });

  test('tells what is noticed about its config when it starts, and what its completions tell later', async () => {
    const told: string[][] = [];
    training.onDidNotice(({ findings }) => told.push(findings.map(({ kind }) => kind)));
    window.add('a');
    await settled();
    const found = (kind: string) => [{ kind, severity: 'warning', evidence: 'Something.' } as const];
    window.trainer.start('/runs/a', found('plain-prompts'));
    window.trainer.emit({ type: 'state', state: 'paused', reason: 'Nothing.', findings: found('all-truncated') });
    // Without any of its own, the end leaves what was told before.
    window.trainer.end();
    await settled();
    expect(told).toEqual([['plain-prompts'], ['all-truncated']]);
    window.add('b');
    await settled();
    window.trainer.start('/runs/b');
    expect(told.at(-1)).toEqual([]);
  });

  test('whose trainer dies before it has a folder ends with what the trainer said last', async () => {
    window.add('a');
    await settled();
    window.trainer.exit({ code: 1, lastWords: 'cannot load' });
    await settled();
    expect(window.told).toEqual(['ended a']);
    expect(describeOutcome(window.ended[0]!).text).toContain('cannot load');
  });

  test('whose trainer cannot be started ends with the reason, and the next one starts', async () => {
    window.preparing = Promise.reject(new Error('no such interpreter'));
    window.add('a', 'b');
    await settled();
    expect(window.ended.map(({ exit }) => exit.lastWords)).toEqual(['no such interpreter', 'no such interpreter']);
    expect(training.active).toBeUndefined();
  });

  test('that ends while its folder is read is not shown as started', async () => {
    const reading = deferred();
    window.attaching = reading.promise;
    window.add('a');
    await settled();
    window.trainer.start('/runs/a');
    window.trainer.end();
    await settled();
    reading.resolve();
    await settled();
    expect(window.told).not.toContain('started /runs/a');
    expect(window.told.at(-1)).toBe('detach /runs/a');
  });

  test('asks in place of ending when it is no longer as it was recorded', async () => {
    window.add('a');
    await settled();
    window.trainer.emit({ type: 'differences', run: '/runs/a', step: 3, differences: [], problem: null });
    window.trainer.end('stopped');
    await settled();
    expect(window.told).toEqual(['asked a']);
  });

  test('is not told in a folder that cannot be read, and ends once', async () => {
    await running();
    window.detaching = Promise.reject(new Error('EACCES'));
    window.trainer.end();
    await settled();
    expect(window.ended).toHaveLength(1);
    expect(window.log).toContain('EACCES');
  });
});

test('a run is told as soon as it begins, with the time', async () => {
  const begun: unknown[] = [];
  training.onDidBegin(({ request: { name }, folder, startedAt }) => begun.push([name, folder, startedAt]));
  window.add('a', 'b');
  expect(begun).toEqual([['a', undefined, window.clock.now()]]);
  await settled();
  window.trainer.end();
  await settled();
  expect(begun).toHaveLength(2);
});

describe('the queue', () => {
  test('trains one after the other', async () => {
    window.add('a', 'b', 'c');
    await settled();
    expect(window.trainers).toHaveLength(1);
    expect(training.queue.map(({ name }) => name)).toEqual(['b', 'c']);
    window.trainer.end();
    await settled();
    expect(window.trainers).toHaveLength(2);
    expect(training.active?.request.name).toBe('b');
  });

  test('loses what is removed from it', async () => {
    const second = request('b');
    window.add('a');
    training.add(second);
    training.remove(second);
    await settled();
    window.trainer.end();
    await settled();
    expect(window.trainers).toHaveLength(1);
  });

  test('trains one at a time also when one is added while another ends', async () => {
    await running('a');
    const reading = deferred();
    window.detaching = reading.promise;
    window.trainer.end();
    await settled();
    window.add('b', 'c');
    reading.resolve();
    await settled();
    expect(window.trainers).toHaveLength(2);
    expect(training.active?.request.name).toBe('b');
    expect(training.queue.map(({ name }) => name)).toEqual(['c']);
  });
});

describe('stopping', () => {
  test('before the trainer exists keeps it from starting', async () => {
    const preparing = deferred();
    window.preparing = preparing.promise;
    window.add('a', 'b');
    await training.stop();
    await settled();
    expect(describeOutcome(window.ended[0]!).text).toBe('a was ended after step 0, without a new checkpoint.');
    expect(training.active?.request.name).toBe('b');
    preparing.resolve();
    await settled();
    expect(window.trainers, 'only that of b').toHaveLength(1);
  });

  test('while it loads is told to the trainer', async () => {
    window.add('a');
    await settled();
    void training.stop();
    expect(window.trainer.sent).toEqual(['stop']);
    expect(training.active?.stage).toBe('stopping');
    window.trainer.start('/runs/a');
    await settled();
    expect(training.active?.stage, 'what it says later changes nothing').toBe('stopping');
    window.trainer.end('stopped');
    await window.clock.go(60_000);
    expect(window.trainer.sent).toEqual(['stop']);
  });

  test('waits for a step that is on its way, and ends a trainer that hangs', async () => {
    await running();
    window.trainer.answer = status();
    void training.stop();
    await window.clock.go(20_000);
    expect(window.trainer.sent).toEqual(['stop']);
    window.trainer.answer = undefined;
    await window.clock.go(5000);
    expect(window.trainer.sent).toEqual(['stop', 'terminate']);
    expect(describeOutcome(window.ended[0]!).text).toBe('a was ended after step 0, without a new checkpoint.');
  });

  test('a run never ends the one after it', async () => {
    await running('a');
    window.add('b');
    const [first] = window.trainers;
    const answer = deferred<TrainerStatus | undefined>();
    first!.status = () => answer.promise;
    void training.stop();
    await window.clock.go(5000);
    // It hangs in its answer, and ends in the same moment.
    answer.resolve(undefined);
    first!.end('stopped');
    await settled();
    await window.clock.go(5000);
    expect(training.active?.request.name).toBe('b');
    expect(window.trainer.sent).toEqual([]);
  });

  test('again, and ending, does it once', async () => {
    await running();
    void training.stop();
    void training.stop();
    void training.terminate();
    void training.terminate();
    await settled();
    expect(window.trainer.sent).toEqual(['stop', 'terminate']);
    expect(window.ended).toHaveLength(1);
  });
});

describe('a restart', () => {
  test('stops the run and starts its config again, before those that wait; what was asked for first is not told', async () => {
    await running('a');
    window.add('b');
    training.restart(training.active!);
    expect(window.trainer.sent).toEqual(['stop']);
    window.trainer.end('stopped');
    await settled();
    expect(training.active?.request).toEqual(request('a'));
    expect(training.queue.map(({ name }) => name)).toEqual(['b']);
    expect(window.ended).toEqual([]);
  });

  test('tells of a run that failed on its way to the end', async () => {
    await running('a');
    training.restart(training.active!);
    window.trainer.end('failed');
    await settled();
    expect(window.ended).toHaveLength(1);
    expect(training.active?.request.name).toBe('a');
  });

  test('of a run that is over does nothing', async () => {
    await running('a');
    const { active } = training;
    window.trainer.end();
    await settled();
    training.restart(active!);
    await settled();
    expect(training.active).toBeUndefined();
  });
});

describe('pausing', () => {
  test('before the trainer exists is told to it when it does', async () => {
    window.add('a');
    training.send({ type: 'pause' });
    training.send({ type: 'resume' });
    await settled();
    expect(window.trainer.sent).toEqual(['pause', 'resume']);
  });

  test('shows, and says why when nobody asked for it', async () => {
    await running();
    window.trainer.emit({ type: 'state', state: 'paused', reason: 'a reward throws' });
    expect(training.active).toMatchObject({ stage: 'paused', pause: { reason: 'a reward throws' } });
    expect(window.told).toContain('paused: a reward throws');
    window.trainer.emit({ type: 'state', state: 'running' });
    expect(training.active).toMatchObject({ stage: 'running', pause: undefined });
  });

  test('that arrives after the stop was asked for does not hide it', async () => {
    await running();
    void training.stop();
    window.trainer.emit({ type: 'state', state: 'paused', reason: 'late' });
    expect(training.active?.stage).toBe('stopping');
    expect(window.told).not.toContain('paused: late');
  });
});
