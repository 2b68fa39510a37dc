import { expect, test } from 'vitest';
import { watchStop } from '../../../../src/extension/training/watch-stop.ts';
import type { Clock } from '../../../../src/extension/workspace/clock.ts';
import type { TrainerStatus } from '../../../../src/protocol/events.ts';

/** Checks follow each other at once. */
const clock: Clock = {
  now: () => 0,
  after(_, call) {
    queueMicrotask(call);
    return () => {};
  },
};

const status = (phase: TrainerStatus['phase'], seconds: number): TrainerStatus => ({
  ...{ type: 'status', state: 'stopping', step: 4, maxSteps: 9, device: 'cpu', residentBytes: 2 ** 30 },
  ...{ phase, seconds },
});

/** A trainer that ends with the last of these answers. */
function trainerWith(...answers: (TrainerStatus | undefined)[]) {
  let end = () => {};
  const exited = new Promise<void>((resolve) => {
    end = resolve;
  });
  const status = async () => {
    const answer = answers.shift();
    if (answers.length === 0) end();
    return answer;
  };
  return { exited, status, left: () => answers.length };
}

test('leaves a trainer alone that goes from phase to phase, however long all of them take', async () => {
  const trainer = trainerWith(status('rollout', 25), status('update', 29), status('update', 85), status('save', 20));
  expect(await watchStop(trainer, () => 30, clock)).toBeUndefined();
  expect(trainer.left()).toBe(0);
});

test.each([
  ['than any step took', 10, 31, 'update of step 4 has taken 31 s'],
  ['than whole steps', 20, 61, 'update of step 4 has taken 61 s'],
  ['for a first step', 0, 301, 'update of step 4 has taken 301 s'],
])('tells that a phase takes far longer %s', async (_, slowest, seconds, problem) => {
  const trainer = trainerWith(status('update', seconds - 2), status('update', seconds), status('update', seconds));
  expect(await watchStop(trainer, () => slowest, clock)).toBe(problem);
});

test('tells that nobody answers', async () => {
  const trainer = trainerWith(status('update', 1), undefined, undefined);
  expect(await watchStop(trainer, () => 1, clock)).toBe('it is not responding');
});
