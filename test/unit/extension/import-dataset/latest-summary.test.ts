import { expect, test } from 'vitest';
import { LatestSummary, type Look } from '../../../../src/extension/import-dataset/latest-summary.ts';
import type { DatasetSummary } from '../../../../src/protocol/dataset-summary.ts';
import { deferred, FakeClock, settled } from '../fake-clock.ts';

const summaryOf = (file: string) => ({ files: [file] }) as DatasetSummary;
const look = (user: string): Look => ({ model: null, mapping: { prompt: { user }, columns: null } });

function setUp() {
  const clock = new FakeClock();
  const processes: { look: Look; end: (result: DatasetSummary | string) => void; cancelled: boolean }[] = [];
  let changes = 0;
  const latest = new LatestSummary(
    (wanted) => {
      const { promise, resolve } = deferred<DatasetSummary | string>();
      const process = { look: wanted, end: resolve, cancelled: false };
      processes.push(process);
      return {
        result: promise,
        cancel: () => {
          process.cancelled = true;
        },
      };
    },
    clock,
    () => changes++,
  );
  return { clock, processes, latest, changes: () => changes };
}

test('one process for what is typed without a pause', async () => {
  const { clock, processes, latest } = setUp();
  for (const text of ['{', '{{', '{{ a }}']) {
    latest.ask(look(text));
    await clock.go(100);
  }
  expect(processes).toHaveLength(0);
  expect(latest.running).toBe(true);
  await clock.go(1000);
  expect(processes.map((process) => process.look)).toEqual([look('{{ a }}')]);
  processes[0]!.end(summaryOf('a'));
  await settled();
  expect(latest).toMatchObject({ summary: summaryOf('a'), error: null, running: false });
});

test('something newer ends what is under way, whose answer no longer counts', async () => {
  const { clock, processes, latest, changes } = setUp();
  latest.ask(look('old'), { pause: false });
  await clock.go(0);
  latest.ask(look('new'), { pause: false });
  await clock.go(0);
  expect(processes.map(({ cancelled }) => cancelled)).toEqual([true, false]);
  const before = changes();
  processes[0]!.end('ended');
  await settled();
  expect(latest.error).toBeNull();
  expect(changes()).toBe(before);
  processes[1]!.end(summaryOf('new'));
  await settled();
  expect(latest.summary).toEqual(summaryOf('new'));
});

test('an error leaves the last summary in sight, and goes with the next one', async () => {
  const { clock, processes, latest } = setUp();
  for (const result of [summaryOf('a'), 'no such model', summaryOf('b')]) {
    latest.ask(look('x'), { pause: false });
    await clock.go(0);
    processes.at(-1)!.end(result);
    await settled();
    if (typeof result === 'string') expect(latest).toMatchObject({ summary: summaryOf('a'), error: result });
  }
  expect(latest).toMatchObject({ summary: summaryOf('b'), error: null });
});

test('nothing is left when it is closed', async () => {
  const { clock, processes, latest } = setUp();
  latest.ask(look('a'), { pause: false });
  await clock.go(0);
  latest.ask(look('b'));
  latest.cancel();
  await clock.go(1000);
  expect(processes.map(({ cancelled }) => cancelled)).toEqual([true]);
  expect(clock.waiting).toBe(0);
});
