import { expect, test } from 'vitest';
import { positionBiases, positionFindings, positionWords } from '../../../src/audit/position-bias.ts';
import type { AnswerOrder, ScoreTable } from '../../../src/protocol/rewards.ts';

const [one, other] = [{ line: 1 }, { line: 2 }];
// The second "a" is the first one again.
const CANDIDATES = [
  { sample: one, completion: 'a' },
  { sample: one, completion: 'b' },
  { sample: one, completion: 'a' },
  { sample: other, completion: 'c' },
  { sample: other, completion: 'd' },
  { sample: other, completion: 'e' },
];

const biasWith = (scores: Record<AnswerOrder, (number | null)[]>, totals = { 'judge/better/in_order': 2 }) =>
  positionBiases(CANDIDATES, async (order): Promise<ScoreTable> => {
    const outcomes = scores[order].map((score) =>
      score === null ? { kind: 'abstain' as const } : { kind: 'score' as const, score },
    );
    return { columns: [{ name: 'better', weight: 1, seconds: 0, outcomes }], metrics: {}, extra: {}, totals };
  });

test('a judge that always prefers the first changes every comparison', async () => {
  const biases = await biasWith({ given: [1, 0, 1, 1, 0.5, 0], reversed: [0, 1, 0, 0, 0.5, 1] });
  // Four pairs; of the six completions that are shown, the middle one keeps its place.
  expect(biases.get('better')).toEqual({ pairs: 4, changed: 4, gain: 1 });
  expect(positionWords('better', biases.get('better')!)).toBe(
    'better: 4 of 4 comparisons depend on the order in which the judge sees the answers; one that it sees earlier gets 1.00 more',
  );
  expect(positionFindings('better', biases.get('better')).map(({ kind }) => kind)).toEqual(['position-bias']);
});

test('one that judges the answers alone has no bias, and a group without a score does not count', async () => {
  const biases = await biasWith({ given: [1, 0, 1, null, 0.5, 0.2], reversed: [1, 0, 1, 0, 0.5, 0.2] });
  expect(biases.get('better')).toEqual({ pairs: 2, changed: 0, gain: 0 });
  expect(positionFindings('better', biases.get('better'))).toEqual([]);
});

test('functions that show a judge one completion at a time have no places', async () => {
  const scores = [1, 0, 1, 1, 0.5, 0];
  expect([...(await biasWith({ given: scores, reversed: scores }, {} as never))]).toEqual([]);
});
