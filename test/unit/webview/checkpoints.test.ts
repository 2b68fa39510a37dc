import { describe, expect, test } from 'vitest';
import { MetricColumns } from '../../../src/protocol/metric-columns.ts';
import { ChatState } from '../../../webview/checkpoints/exchanges.ts';
import { measured, measureWords } from '../../../webview/checkpoints/measured.ts';

const saved = (...steps: number[]) =>
  steps.map((step) => ({ step, bytes: 1e6, savedAt: '2026-01-01T00:00:00Z', kind: 'full' as const }));

function columns(rows: Record<string, number | null>[]): MetricColumns {
  const metrics = new MetricColumns();
  for (const [index, row] of rows.entries()) metrics.push({ step: index, ...row });
  return metrics;
}

describe('checkpoints', () => {
  test('have the reward of their own evaluation, or say that there is none', () => {
    const rows = Array.from(
      { length: 7 },
      (_, step): Record<string, number> => (step % 3 === 0 ? { eval_reward: step, reward: 0 } : { reward: 0 }),
    );
    const [newest, older] = measured(saved(3, 5), columns(rows));
    expect(measureWords(older!)).toBe('held-out reward 3.00');
    expect(measureWords(newest!)).toBe('not evaluated (3.00 at step 3)');
  });

  test('the best is the earliest of the highest', () => {
    const rows = [1, 2, 5, 5, 4].map((eval_reward) => ({ eval_reward }));
    const list = measured(saved(1, 2, 3, 4), columns(rows));
    expect(list.map(({ step }) => step)).toEqual([4, 3, 2, 1]);
    expect(list.filter(({ best }) => best).map(({ step }) => step)).toEqual([2]);
    expect(list.filter(({ newest }) => newest).map(({ step }) => step)).toEqual([4]);
  });

  test('one that was not evaluated is not the best, however good the model was before', () => {
    const rows = [{ eval_reward: 5 }, {}, { eval_reward: 2 }] as Record<string, number>[];
    const list = measured(saved(1, 2), columns(rows));
    expect(list.filter(({ best }) => best).map(({ step }) => step)).toEqual([2]);
  });

  test('without held-out prompts the mean of the last training rewards counts', () => {
    const rows = [{}, ...Array.from({ length: 20 }, (_, i) => ({ reward: i }))];
    const [only] = measured(saved(20), columns(rows));
    expect(measureWords(only!)).toBe('reward (mean of last 10 steps) 14.50');
  });

  test('without any reward none is the best', () => {
    const list = measured(saved(1), columns([{}, {}]));
    expect(list[0]).toMatchObject({ best: false, measure: undefined });
    expect(measureWords(list[0]!)).toBe('no reward yet');
  });
});

test('a chat is as its events tell, and busy until its last question is done', () => {
  const state = new ChatState();
  expect(state.busy).toBe(false);
  state.receive({ type: 'asked', id: 1, prompt: 'p', columns: {}, missing: [] });
  state.receive({ type: 'text', id: 1, side: 'base', from: 0, text: 'hello' });
  state.receive({ type: 'text', id: 1, side: 'base', from: 4, text: '!' });
  const exchange = state.exchanges.get(1)!;
  expect(exchange.sides.base).toMatchObject({ text: 'hell!', ended: undefined });
  expect(state.busy).toBe(true);
  state.receive({ type: 'answer', id: 1, side: 'base', text: 'hell!', tokens: 2, seconds: 1, end: 'stopped' });
  state.receive({ type: 'done', id: 1 });
  expect(exchange.sides.base.ended?.end).toBe('stopped');
  expect(state.busy).toBe(false);
  state.receive({ type: 'asked', id: 2, prompt: 'p', columns: {}, missing: [] });
  state.receive({ type: 'problem', id: 2, message: 'too long' });
  expect([state.exchanges.get(2)!.problem, state.problem, state.busy]).toEqual(['too long', undefined, false]);
  state.receive({ type: 'problem', id: null, message: 'gone' });
  expect(state.problem).toBe('gone');
});
