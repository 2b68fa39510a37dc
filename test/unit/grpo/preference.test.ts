/** The term on each group's best and worst completion, beside torch's log-sigmoid. */
import { expect, test } from 'vitest';
import { preferencePairs, preferenceTerm } from '../../../src/grpo/preference.ts';
import { fixture, maxDifference } from './fixture.ts';
import { defaults, runLoss } from './run-loss.ts';

const rows = (...rewards: (number | null)[]) => rewards.map((reward) => ({ group: 0, reward, counts: true }));

test('a pair is the best and the worst completion of a group, the first of each where several are', () => {
  expect(preferencePairs(rows(1, 3, 0, 3, 0))).toEqual([{ chosen: 1, rejected: 2 }]);
  expect(preferencePairs(rows(null, 0, null, 2))).toEqual([{ chosen: 3, rejected: 1 }]);
});

test('there is no pair without two different rewards', () => {
  expect(preferencePairs(rows(2, 2, 2))).toEqual([]);
  // Rounding apart.
  expect(preferencePairs(rows(0.3, 0.1 + 0.2))).toEqual([]);
  expect(preferencePairs(rows(null, 1, null))).toEqual([]);
  expect(preferencePairs(rows(null, null))).toEqual([]);
});

test('what does not count in the loss is in no pair, and groups may be of any size', () => {
  const several = [
    { group: 3, reward: 9, counts: false },
    { group: 3, reward: 1, counts: true },
    { group: 3, reward: 0, counts: true },
    { group: 5, reward: 0, counts: true },
    { group: 5, reward: 1, counts: true },
  ];
  expect(preferencePairs(several)).toEqual([
    { chosen: 1, rejected: 2 },
    { chosen: 4, rejected: 3 },
  ]);
});

test.each(fixture.preferences)("$options: loss, and gradient by each token's log-probability", (reference) => {
  const { options, logps, refLogps, mask } = reference;
  const drifts = logps.map((pair, p) =>
    pair.map((row, i) => row.reduce((sum, logp, t) => sum + mask[p]![i]![t]! * (logp - refLogps[p]![i]![t]!), 0)),
  );
  const term = preferenceTerm(
    drifts.map(([chosen, rejected]) => ({ chosen: chosen!, rejected: rejected! })),
    options,
  );
  expect(term.loss).toBeCloseTo(reference.loss, 5);
  expect(term.margin).toBeCloseTo(reference.margin, 5);
  expect(term.accuracy).toBeCloseTo(reference.accuracy, 6);

  // Through the loss, a row at a time: advantages of 0 leave this term alone.
  const gradient = logps.flatMap((pair, p) =>
    pair.flatMap((row, i) => {
      const slope = (i === 0 ? 1 : -1) * term.slopes[p]!;
      const batch = { logps: [row], mask: [mask[p]![i]!], advantages: [[0]], slopes: [[slope]] };
      const { loss, gradient } = runLoss(batch, defaults);
      expect(loss).toBeCloseTo(0, 12);
      return gradient;
    }),
  );
  expect(maxDifference(gradient, reference.gradient.flat(2))).toBeLessThan(1e-6);
});

test('without a pair the term is 0, and margins of any size are finite', () => {
  expect(preferenceTerm([], { dpoCoef: 1, dpoBeta: 1 })).toEqual({ loss: 0, slopes: [], margin: null, accuracy: null });
  const far = preferenceTerm([{ chosen: -4000, rejected: 0 }], { dpoCoef: 1, dpoBeta: 1 });
  expect([far.loss, ...far.slopes]).toEqual([4000, -1]);
  const near = preferenceTerm([{ chosen: 4000, rejected: 0 }], { dpoCoef: 1, dpoBeta: 1 });
  expect([near.loss, ...near.slopes]).toEqual([0, -0]);
});
