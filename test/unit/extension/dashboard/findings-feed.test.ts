import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { diagnoseMetrics } from '../../../../src/doctor/diagnose.ts';
import { FindingsFeed } from '../../../../src/extension/dashboard/findings-feed.ts';
import { type HostMessage, hostMessage } from '../../../../src/protocol/dashboard.ts';
import { MetricColumns } from '../../../../src/protocol/metric-columns.ts';
import { temporaryFolder } from '../../files/folder.ts';

let columns: MetricColumns;
let told: Extract<HostMessage, { type: 'findings' }>[];
let visible: boolean;
let problems: Error[];
let feed: FindingsFeed;
/** What a look takes, in milliseconds. */
let lookTakes: number;

beforeEach(() => {
  vi.useFakeTimers();
  columns = new MetricColumns();
  [told, problems, visible, lookTakes] = [[], [], true, 0];
  const head = { config: { maxCompletionLength: 8 } } as never;
  feed = new FindingsFeed({
    ...{ folder: temporaryFolder(), feed: { head, columns }, visible: () => visible },
    diagnose: async (_, history) => {
      if (lookTakes > 0) await new Promise((resolve) => setTimeout(resolve, lookTakes));
      return diagnoseMetrics(history);
    },
    post: (message) => told.push(hostMessage.parse(message) as (typeof told)[0]),
    log: { error: (problem) => problems.push(problem) },
  });
});
afterEach(() => {
  feed.dispose();
  vi.useRealTimers();
});

/** So many more steps of which every completion was cut off. */
function steps(count: number): void {
  for (let i = 0; i < count; i++)
    columns.push({ step: columns.lastStep + 1, 'completions/clipped_ratio': 1, 'completions/mean_length': 8 });
  feed.runChanged();
}
const passes = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const kinds = () => told.map(({ findings }) => findings.map(({ finding }) => finding.kind));

it('looks only while the list is in sight, and tells a webview that starts what it missed', async () => {
  steps(5);
  await passes(10_000);
  expect(told).toEqual([]);
  feed.watched = true;
  await passes(1);
  expect(kinds()).toEqual([['all-truncated']]);
  feed.watched = false;
  steps(5);
  await passes(10_000);
  feed.watched = true;
  visible = false;
  await passes(10_000);
  expect(told).toHaveLength(1);
  visible = true;
  feed.restart();
  feed.watched = true;
  await passes(10_000);
  // What was known, then what is new.
  expect(told.map(({ findings }) => findings[0]!.finding.steps.last)).toEqual([5, 5, 10]);
  expect(feed.get(told[2]!.findings[0]!.key)?.remedy).toMatchObject({ action: 'set', value: 32 });
  expect(feed.get('of the webview')).toBeUndefined();
});

it('looks every few seconds however fast the steps are, and says nothing twice', async () => {
  feed.watched = true;
  await passes(1);
  expect(kinds()).toEqual([[]]);
  for (let i = 0; i < 100; i++) {
    steps(1);
    await passes(100);
  }
  expect(told.length).toBeGreaterThan(2);
  expect(told.length).toBeLessThan(7);
  const before = told.length;
  feed.runChanged();
  await passes(10_000);
  expect(told.length - before).toBeLessThanOrEqual(1);
  const last = told.length;
  feed.runChanged();
  await passes(10_000);
  expect(told).toHaveLength(last);
  expect(problems).toEqual([]);
});

it('tells a webview that comes back at once what is known, though looks take long', async () => {
  lookTakes = 1000;
  steps(5);
  feed.watched = true;
  await passes(lookTakes);
  expect(kinds()).toEqual([['all-truncated']]);
  feed.restart();
  feed.watched = true;
  expect(kinds()).toEqual([['all-truncated'], ['all-truncated']]);
  // A twentieth of the time is spent on looks.
  await passes(18_000);
  expect(told).toHaveLength(2);
  steps(5);
  await passes(4000);
  expect(told).toHaveLength(3);
});
