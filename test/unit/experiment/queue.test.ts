import { expect, test } from 'vitest';
import type { PlannedRun } from '../../../src/experiment/plan.ts';
import { TrainQueue } from '../../../src/experiment/queue.ts';
import type { TrainOutcome } from '../../../src/experiment/train-process.ts';

/** Trainers that end when they are told to. */
function fakes(count: number, jobs: number) {
  const runs = Array.from({ length: count }, (_, n) => ({ folder: String(n) }) as PlannedRun);
  const training = new Map<string, (outcome: TrainOutcome) => void>();
  const log: string[] = [];
  const queue = new TrainQueue(runs, {
    jobs,
    start({ folder }) {
      log.push(`start ${folder}`);
      const ended = new Promise<TrainOutcome>((resolve) => training.set(folder, resolve));
      const stop = (how: string) => () => {
        log.push(`${how} ${folder}`);
        training.get(folder)!({ outcome: 'stopped' });
      };
      return { ended, stop: stop('stop'), kill: stop('kill') };
    },
    onEvent() {},
    onEnd: ({ folder }, { outcome }) => log.push(`${outcome} ${folder}`),
  });
  const end = async (folder: string, outcome: TrainOutcome) => {
    training.get(folder)!(outcome);
    await new Promise(setImmediate);
  };
  return { queue, log, end };
}

test('trains as many runs at a time as it may, in order, and goes on after one that failed', async () => {
  const { queue, log, end } = fakes(4, 2);
  const done = queue.run();
  await end('1', { outcome: 'failed', reason: 'x' });
  await end('0', { outcome: 'done' });
  await end('2', { outcome: 'done' });
  await end('3', { outcome: 'done' });
  await done;
  expect(log).toEqual(['start 0', 'start 1', 'failed 1', 'start 2', 'done 0', 'start 3', 'done 2', 'done 3']);
});

test('starts no more when it is stopped, and waits for those that are being trained', async () => {
  const { queue, log } = fakes(4, 2);
  const done = queue.run();
  queue.stop(false);
  await done;
  expect(log).toEqual(['start 0', 'start 1', 'stop 0', 'stop 1', 'stopped 0', 'stopped 1']);
});
