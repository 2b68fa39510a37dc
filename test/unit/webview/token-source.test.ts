import { beforeEach, expect, it, vi } from 'vitest';
import { TokenSource } from '../../../webview/tokens/token-source.ts';

const answer = (step: number, group: number, more: object = {}) => ({
  ...{ type: 'tokens' as const, step, group, problem: null },
  rows: [{ row: 4 * group, ids: [step], ...more }],
});

const ask = vi.fn();
let source: TokenSource;
beforeEach(() => {
  ask.mockClear();
  source = new TokenSource(ask);
});

it('gives each question its own answer, also when another group is asked for before it comes', async () => {
  const [first, second] = [source.of(1, 0, 0), source.ofGroup(1, 1)];
  source.receive(answer(1, 1));
  source.receive(answer(1, 0));
  expect((await first).row).toBe(0);
  expect((await second).map(({ row }) => row)).toEqual([4]);
});

it('asks once for all who wait, and again until the update has added its figures', async () => {
  const waiting = [source.ofGroup(2, 0), source.of(2, 0, 0)];
  expect(ask.mock.calls).toEqual([[{ step: 2, group: 0 }]]);
  source.receive(answer(2, 0));
  await Promise.all(waiting);
  const later = source.of(2, 0, 0);
  expect(ask).toHaveBeenCalledTimes(2);
  source.receive(answer(2, 0, { entropies: [0.5] }));
  expect(await later).toMatchObject({ entropies: [0.5] });
  expect(await source.of(2, 0, 0)).toMatchObject({ entropies: [0.5] });
  expect(ask).toHaveBeenCalledTimes(2);
});

it('says why a completion cannot be shown', async () => {
  const none = source.of(3, 0, 0);
  source.receive({ ...answer(3, 0), rows: [], problem: 'No such file.' });
  await expect(none).rejects.toThrow('No such file.');
});
