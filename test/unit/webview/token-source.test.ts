import { beforeEach, expect, it, vi } from 'vitest';
import type { TokenSource } from '../../../webview/tokens/token-source.ts';

const asked = vi.fn();
const { hear } = vi.hoisted(() => ({ hear: { tokens: (_: unknown) => {} } }));
vi.mock('../../../webview/host.ts', () => ({
  host: { postMessage: (message: unknown) => asked(message) },
  onMessage: (_: string, listener: (message: unknown) => void) => {
    hear.tokens = listener;
  },
}));

const answer = (step: number, group: number, more: object = {}) => ({
  ...{ type: 'tokens', step, group, problem: null },
  rows: [{ row: 4 * group, ids: [step], ...more }],
});

let source: TokenSource;
beforeEach(async () => {
  asked.mockClear();
  source = new (await import('../../../webview/tokens/token-source.ts')).TokenSource();
});

it('gives each question its own answer, also when another group is asked for before it comes', async () => {
  const [first, second] = [source.of(1, 0, 0), source.ofGroup(1, 1)];
  hear.tokens(answer(1, 1));
  hear.tokens(answer(1, 0));
  expect((await first).row).toBe(0);
  expect((await second).map(({ row }) => row)).toEqual([4]);
});

it('asks once for all who wait, and again until the update has added its figures', async () => {
  const waiting = [source.ofGroup(2, 0), source.of(2, 0, 0)];
  expect(asked.mock.calls).toEqual([[{ type: 'tokens', step: 2, group: 0 }]]);
  hear.tokens(answer(2, 0));
  await Promise.all(waiting);
  const later = source.of(2, 0, 0);
  expect(asked).toHaveBeenCalledTimes(2);
  hear.tokens(answer(2, 0, { entropies: [0.5] }));
  expect(await later).toMatchObject({ entropies: [0.5] });
  expect(await source.of(2, 0, 0)).toMatchObject({ entropies: [0.5] });
  expect(asked).toHaveBeenCalledTimes(2);
});

it('says why a completion cannot be shown', async () => {
  const none = source.of(3, 0, 0);
  hear.tokens({ ...answer(3, 0), rows: [], problem: 'No such file.' });
  await expect(none).rejects.toThrow('No such file.');
});
