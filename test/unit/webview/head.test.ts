import { describe, expect, it } from 'vitest';
import type { Activity, RunHead } from '../../../src/protocol/dashboard.ts';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { activityText, phaseShare } from '../../../webview/head/activity.ts';
import { heldOutRewards, secondsLeft, tokensPerSecond } from '../../../webview/head/estimate.ts';
import { hasEnded, runState, startingState } from '../../../webview/head/state.ts';

const head = (more: Partial<RunHead> = {}): RunHead => ({
  ...{ folder: '/r', name: 'sort', createdAt: '2026-01-31T15:45:02.000Z', state: 'running', reason: null, step: 3 },
  ...{ scored: 3, device: 'cpu', trainer: 'ours' },
  config: runConfigSchema.parse({
    ...{ model: 'm', dataset: 'd', evalDataset: 'e', rewards: ['r.reward.ts'], maxSteps: 13, saveSteps: 13 },
  }),
  ...more,
});

const activity: Activity = {
  ...{ phase: 'load', share: 0.43, seconds: 3.4, secondsLeft: null, stepSeconds: null },
};

describe('what the trainer is doing', () => {
  it('is the phase, how much of it is done, and the time since the start', () => {
    expect(activityText(activity, 0.2)).toBe('Loading model 43 % · 3 s elapsed');
    expect(activityText({ ...activity, phase: 'rollout', share: null }, 62)).toBe(
      'Generating completions · 1:05 min elapsed',
    );
  });

  it('does not flicker where steps are short', () => {
    const quick = { ...activity, phase: 'update', share: null, stepSeconds: 0.1 } as const;
    expect(activityText(quick, 0)).toBe('Training');
    expect(activityText({ ...quick, stepSeconds: 20 }, 0)).toBe('Updating · 3 s elapsed');
    expect(activityText({ ...quick, phase: 'evaluate', share: 0.5 }, 0)).toBe(
      'Evaluating held-out prompts 50 % · 3 s elapsed',
    );
  });

  it('is known in part', () => {
    expect(phaseShare(activity)).toBe(0.43);
    expect(phaseShare({ ...activity, share: 1 })).toBeUndefined();
    expect(phaseShare({ ...activity, phase: 'rollout', share: null })).toBeUndefined();
  });
});

describe('the state of a run', () => {
  const labels = (state: { label: string; buttons: { label: string }[] }) =>
    [state.label, ...state.buttons.map(({ label }) => label)].join(' / ');

  it('is starting before it has a folder, or says why it never will', () => {
    expect(labels(startingState({ type: 'starting', name: 'sort', problem: null }))).toBe('starting / Stop');
    const failed = startingState({ type: 'starting', name: 'sort', problem: 'The model is missing.' });
    expect(labels(failed)).toBe('could not start / Start Again / Show Log');
    expect(failed.reason).toBe('The model is missing.');
  });

  it('is starting again while the trainer that resumes it loads', () => {
    const stopped = head({ state: 'stopped', trainer: 'none' });
    expect(labels(runState(stopped, activity))).toBe('starting / Stop');
    expect(labels(runState(stopped, null))).toBe('stopped / Resume / Open Checkpoint Folder');
  });

  it('is interrupted when its trainer was killed', () => {
    expect(runState(head({ trainer: 'none' }), null)).toMatchObject({ label: 'interrupted', kind: 'failed' });
  });

  it('has progress to show as long as a trainer is at work on it', () => {
    expect(hasEnded(head(), null)).toBe(false);
    expect(hasEnded(head({ state: 'paused' }), null)).toBe(false);
    expect(hasEnded(head({ state: 'done' }), activity)).toBe(true);
    const stopped = head({ state: 'stopped', trainer: 'none' });
    expect(hasEnded(stopped, null)).toBe(true);
    expect(hasEnded(stopped, activity)).toBe(false);
    // Killed, with nobody to end it.
    expect(hasEnded(head({ trainer: 'none' }), null)).toBe(true);
  });

  it('is not simply done when nothing was learned', () => {
    const findings = [{ kind: 'nothing-learned', severity: 'error', evidence: 'Nothing was learned.' } as const];
    const done = runState(head({ state: 'done', trainer: 'none', findings }), null);
    expect(done).toMatchObject({ label: 'done, nothing learned', kind: 'warning', reason: 'Nothing was learned.' });
  });
});

describe('the figures of a run', () => {
  const columns = new MetricColumns();
  columns.push({ step: 0, eval_reward: 0.3, 'time/evaluate': 4 });
  for (const step of [1, 2, 3]) columns.push({ step, step_time: step === 1 ? 9 : 2, num_tokens: step * 100 });

  it('are estimated from the last steps, and from what comes between them', () => {
    expect(tokensPerSecond(columns)).toBe(50);
    expect(secondsLeft(head(), columns)).toBe(10 * 2 + 4);
  });

  it('say nothing of the speed after the first step, which also compiles', () => {
    const one = new MetricColumns();
    one.push({ step: 0, eval_reward: 0.3 });
    expect([tokensPerSecond(one), secondsLeft(head(), one)]).toEqual([null, null]);
    one.push({ step: 1, step_time: 9, num_tokens: 100 });
    expect([tokensPerSecond(one), secondsLeft(head(), one)]).toEqual([null, 12 * 9]);
  });

  it('have the held-out reward, before and as it is', () => {
    expect(heldOutRewards(new MetricColumns())).toBeUndefined();
    expect(heldOutRewards(columns)).toEqual({ first: 0.3 });
    columns.push({ step: 4, eval_reward: 0.7 });
    columns.push({ step: 5 });
    expect(heldOutRewards(columns)).toEqual({ first: 0.3, last: 0.7 });
  });
});
