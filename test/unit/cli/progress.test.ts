import { describe, expect, test } from 'vitest';
import { Progress } from '../../../src/cli/progress.ts';
import { hostCommand, type TrainerEvent, trainerEvent } from '../../../src/protocol/events.ts';
import type { Remedy } from '../../../src/protocol/remedy.ts';

const start: TrainerEvent = {
  type: 'start',
  protocol: 1,
  run: '/runs/x',
  name: 'sort',
  device: 'cpu',
  maxSteps: 4,
  resumedFrom: 0,
};
const step = (n: number, tokens: number, reward: number | null = n / 4): TrainerEvent => ({
  type: 'step',
  step: n,
  metrics: { step: n, reward, step_time: 2, num_tokens: tokens },
});
const end: TrainerEvent = { type: 'end', outcome: 'done', step: 4, checkpoint: '/runs/x/checkpoints/step-000004' };

function shown(isTTY: boolean, events: TrainerEvent[], columns = 100): string {
  let text = '';
  const progress = new Progress({ isTTY, columns, write: (part) => (text += part) });
  for (const event of events) progress.show(event);
  return text;
}

/** What is on the terminal's screen after `text`: an erased line leaves nothing. */
const screen = (text: string): string[] => text.split('\n').map((line) => line.split('\r\x1b[2K').at(-1)!);

describe('progress', () => {
  test('elsewhere than on a terminal is one plain line per step', () => {
    const text = shown(false, [
      start,
      { type: 'phase', step: 1, phase: 'rollout' },
      step(1, 100),
      step(2, 400, null),
      end,
    ]);
    expect(text.split('\n')).toEqual([
      'sort on cpu, run folder /runs/x',
      'step 1/4  reward 0.250  50 tokens/s  6 s left',
      'step 2/4  reward -  150 tokens/s  4 s left',
      'done after step 4; checkpoint /runs/x/checkpoints/step-000004',
      '',
    ]);
  });

  test('on a terminal shows how much of the model is loaded, and takes that away at the end', () => {
    const load = (share: number) => ({ type: 'phase', step: 0, phase: 'load', share }) as const;
    expect(screen(shown(true, [load(0.25)]))).toEqual(['████░░░░░░░░░░░░ 25 % of the model  load']);
    expect(screen(shown(true, [load(0.25), load(1)]))).toEqual(['']);
    expect(shown(false, [load(0.25)])).toBe('');
  });

  test('on a terminal is one line that is redrawn, with messages above it', () => {
    const warning: TrainerEvent = { type: 'log', level: 'warning', message: 'a reward failed' };
    const text = shown(true, [start, step(1, 100), { type: 'phase', step: 2, phase: 'rollout' }, warning]);
    expect(screen(text)).toEqual([
      'sort on cpu, run folder /runs/x',
      'warning: a reward failed',
      `${'█'.repeat(4)}${'░'.repeat(12)} 1/4  reward 0.250  50 tokens/s  6 s left  rollout`,
    ]);
  });

  test('never wraps', () => {
    const lines = screen(shown(true, [start, step(1, 100)], 30));
    expect(lines.at(-1)).toHaveLength(29);
  });

  test('a resumed run counts its own tokens only', () => {
    const text = shown(false, [{ ...start, resumedFrom: 2 }, step(3, 90_000), step(4, 90_100)]);
    expect(text).toContain('continuing from step 2');
    expect(text).toContain('step 3/4  reward 0.750  2 s left');
    expect(text).toContain('step 4/4  reward 1.000  50 tokens/s  0 s left');
  });

  test('says how a run ended, and what an evaluation gave', () => {
    expect(shown(false, [{ ...end, outcome: 'failed', error: 'The disk is full.' }])).toBe(
      'failed after step 4: The disk is full.\n',
    );
    const rewards = { ordering: 2.5, format: null };
    expect(shown(false, [{ type: 'eval', step: 3, reward: 2.5, rewards }])).toBe(
      'held-out reward after step 3: 2.500 (ordering 2.500, format -)\n',
    );
    expect(shown(false, [{ type: 'eval', step: 0, reward: null, rewards: {} }])).toBe(
      'held-out reward before the first step: -\n',
    );
    const heldOut = { first: { step: 0, reward: 0.31 }, last: { step: 4, reward: 0.74 } };
    expect(shown(false, [{ ...end, heldOut }])).toContain(
      'done after step 4: held-out reward 0.31 → 0.74; checkpoint ',
    );
  });

  test('warns of a run that has learned nothing, with the remedy', () => {
    const remedy: Remedy = { action: 'set', path: ['maxCompletionLength'], value: 256 };
    const findings = [
      { kind: 'nothing-learned', severity: 'error', evidence: 'Nothing was learned.', remedy } as const,
    ];
    expect(shown(false, [{ ...end, findings }]).split('\n')[0]).toBe(
      'warning: Nothing was learned. Set "maxCompletionLength" to 256.',
    );
  });

  test('counts the evaluations and checkpoints that are still to come', () => {
    const schedule = { maxSteps: 4, saveSteps: 2, evalSteps: null, evalOnStart: true, heldOut: true };
    const slow = step(2, 200);
    if (slow.type === 'step') Object.assign(slow.metrics, { 'time/save': 7 });
    const text = shown(false, [{ ...start, schedule }, step(1, 100), slow]);
    expect(text).toContain('step 2/4  reward 0.500  50 tokens/s  11 s left');
  });
});

describe('messages are checked on arrival', () => {
  test('events survive JSON, and ill-formed ones are refused', () => {
    for (const event of [start, step(1, 2, null), end])
      expect(trainerEvent.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
    const { success } = trainerEvent.safeParse({ type: 'step', step: 1, metrics: { step: 1, reward: Number.NaN } });
    expect(success).toBe(false);
    expect(trainerEvent.safeParse({ ...start, protocol: 2 }).success).toBe(false);
    expect(trainerEvent.safeParse({ type: 'other' }).success).toBe(false);
  });

  test('commands', () => {
    expect(hostCommand.parse({ type: 'stop' })).toEqual({ type: 'stop' });
    expect(hostCommand.safeParse({ type: 'explode' }).success).toBe(false);
  });
});
