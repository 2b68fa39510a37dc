import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ActivityMessages, activityOf } from '../../../../src/extension/dashboard/activity.ts';
import type { ActiveTraining } from '../../../../src/extension/workspace/active-training.ts';
import { RunProgress } from '../../../../src/extension/workspace/run-progress.ts';
import { type HostMessage, hostMessage } from '../../../../src/protocol/dashboard.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function training(): ActiveTraining {
  const request = { configFile: '/w/sort.grpo.json', name: 'sort' };
  return {
    ...{ request, progress: new RunProgress(), stage: 'starting', startedAt: 1000, folder: undefined },
    ...{ pause: undefined, findings: [], stopRequested: false },
  };
}

it('is the phase, and the time since the run was started', () => {
  const run = training();
  const activity = { phase: 'load', share: null, seconds: 2.5, secondsLeft: null, stepSeconds: null };
  expect(activityOf(run, 3500)).toEqual(activity);
  run.progress.take({ type: 'phase', step: 0, phase: 'load', share: 0.43 });
  expect(activityOf(run, 3500)).toEqual({ ...activity, share: 0.43 });
});

it('reaches a webview ten times a second at most, the newest of what there was', () => {
  const told: HostMessage[] = [];
  const messages = new ActivityMessages((message) => told.push(hostMessage.parse(message)));
  const run = training();
  for (let share = 0; share < 100; share++) {
    run.progress.take({ type: 'phase', step: 0, phase: 'load', share: share / 100 });
    messages.show(activityOf(run, 2000));
    vi.advanceTimersByTime(5);
  }
  vi.advanceTimersByTime(100);
  expect(told.length).toBeLessThanOrEqual(6);
  expect(told.at(-1)).toMatchObject({ activity: { share: 0.99 } });
  messages.show(null);
  vi.advanceTimersByTime(100);
  expect(told.at(-1)).toEqual({ type: 'activity', activity: null });
  const before = told.length;
  messages.show(null);
  vi.advanceTimersByTime(1000);
  expect(told).toHaveLength(before);
});
