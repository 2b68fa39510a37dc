import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { MetricsRow } from '../../../src/protocol/run-folder.ts';
import { crc32c } from '../../../src/tensorboard/crc32c.ts';
import { withTimes } from '../../../src/tensorboard/estimated-times.ts';
import { encodeEvent, type TensorBoardEvent } from '../../../src/tensorboard/event.ts';
import { EventFile, holdsEvents } from '../../../src/tensorboard/event-file.ts';
import { record } from '../../../src/tensorboard/record.ts';
import { scalarsOf } from '../../../src/tensorboard/tags.ts';
import { temporaryFolder } from '../files/folder.ts';
import { readEvents } from './read-events.ts';

test('the checksum is that of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283');
  expect(crc32c(new Uint8Array(32)).toString(16)).toBe('8a9136aa');
});

/** What tensorboard 2.21.0 writes: `RecordWriter(file).write(Event(...).SerializeToString())`. */
const GOLDEN: [TensorBoardEvent, string][] = [
  [
    { kind: 'version', wallTime: 1.5, step: 0 },
    '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c',
  ],
  [{ kind: 'start', wallTime: 1.5, step: 3 }, '0f000000000000006d532b0909000000000000f83f10033a020801ec8612fc'],
  [
    { kind: 'scalars', wallTime: 2.25, step: 3, values: { 'train/reward': 0.25, 'eval/reward': -1 } },
    '36000000000000004f578cef09000000000000024010032a290a130a0c747261696e2f726577617264150000803e0a120a0b6576616c2f72657761726415000080bfbaf6f764',
  ],
  [
    { kind: 'text', wallTime: 2.25, step: 300, tag: 'args/text_summary', text: '    {}' },
    '3f000000000000005165766109000000000000024010ac022a310a2f0a11617267732f746578745f73756d6d617279421008071204120208014206202020207b7d4a080a060a04746578744a703408',
  ],
];

test.each(GOLDEN)('a record is that of the tensorboard package: %o', (event, expected) => {
  expect(Buffer.from(record(encodeEvent(event))).toString('hex')).toBe(expected);
});

test('tags are those of transformers', () => {
  const row = { step: 3, reward: 1, 'rewards/a/mean': 2, eval_reward: 3, 'eval_rewards/a/mean': null };
  expect(scalarsOf(row)).toEqual({ 'train/reward': 1, 'train/rewards/a/mean': 2, 'eval/reward': 3 });
});

test('when rows were recorded is estimated from what they took', () => {
  const rows: MetricsRow[] = [
    { step: 0, 'time/evaluate': 3 },
    { step: 1, step_time: 2 },
    { step: 2, step_time: 2, 'time/save': 1, 'time/evaluate': 4 },
  ];
  const times = [...withTimes(rows, '1970-01-01T00:01:40.000Z')].map(([, time]) => time);
  expect(times).toEqual([103, 105, 112]);
});

describe('a session', () => {
  test('has a file of its own, behind those before, and says from which step on it counts', () => {
    const folder = temporaryFolder();
    expect(holdsEvents(folder)).toBe(false);
    const first = new EventFile(folder, 0, 5_000);
    first.metrics({ step: 1, reward: 0.5 }, 6);
    first.close();
    expect(holdsEvents(folder)).toBe(true);
    // Within the same second.
    const second = new EventFile(folder, 2, 5_400);
    second.metrics({ step: 2, reward: null }, 7);
    second.close();
    expect(first.path < second.path).toBe(true);
    expect(readEvents(readFileSync(first.path))).toEqual([
      { wallTime: 5, step: 0, version: 'brain.Event:2' },
      { wallTime: 5, step: 0, starts: true },
      { wallTime: 6, step: 1, scalars: { 'train/reward': 0.5 } },
    ]);
    expect(readEvents(readFileSync(second.path))[1]).toEqual({ wallTime: 5.4, step: 2, starts: true });
  });
});
