/** A completion whose middle the policy did not write: every advantage is on the token that earned it. */
import { expect, test } from 'vitest';
import type { Segment } from '../../../src/grpo/trajectory.ts';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { loadTokenizer } from '../../../src/model/tokenizer/tokenizer.ts';
import type { RewardOutcome } from '../../../src/protocol/rewards.ts';
import { creditOf, experiencesOf } from '../../../src/trainer/credit.ts';
import { microBatches } from '../../../src/trainer/policy/micro-batches.ts';
import { rolloutRows } from '../../../src/trainer/records.ts';
import type { RolloutCompletion } from '../../../src/trainer/rollout.ts';

const MODEL = 'test/references/fixtures/models/llama-head-dim-bf16';
const tokenizer = loadTokenizer(MODEL);

/** Every other part was written by somebody else. */
function completion(...parts: string[]): RolloutCompletion {
  const segments = parts.map((part, index): Segment => {
    const ids = tokenizer.encode(part, { addSpecialTokens: false });
    const trained = index % 2 === 0;
    return { ids, trained, logProbs: trained ? ids.map((_, token) => -token - 0.123456789) : undefined };
  });
  const text = tokenizer.decode(
    segments.flatMap(({ ids }) => ids),
    { skipSpecialTokens: true },
  );
  return { group: 0, prompt: { prompt: 'a', ids: [5], columns: {} }, trajectory: { segments, truncated: false }, text };
}

const options = { scaleRewards: 'group', multiObjectiveAggregation: 'sum_then_normalize', baseline: 'group' } as const;
const rollout = [completion('one', ' 17 25 ', 'two'), completion('six ten')];
const [first, tool, last] = rollout[0]!.trajectory.segments.map(({ ids }) => ids.length) as [number, number, number];
const plain = rollout[1]!.trajectory.segments[0]!.ids.length;

const plainLoss = { maskTruncatedCompletions: false, offPolicyMaskThreshold: null, dpoCoef: 0 };

function scored(outcomes: RewardOutcome[], loss: { offPolicyMaskThreshold?: number; dpoCoef?: number } = {}) {
  const table = { columns: [{ name: 'reward', weight: 1, seconds: 0, outcomes }], metrics: {}, extra: {} };
  const credit = creditOf(rollout, table, 2, options, tokenizer);
  const experiences = experiencesOf(rollout, credit, { ...plainLoss, ...loss });
  const cut = { numGenerations: 2, gradientAccumulationSteps: 1, lossType: 'dapo', topEntropyQuantile: 1 } as const;
  const config = { ...cut, beta: 0, entropyCoef: 0, useAdaptiveEntropy: false };
  const [batch] = microBatches(experiences, readModelConfig(MODEL), config);
  return { credit, experiences, batch: batch!, rows: rolloutRows({ step: 1, rollout, table, credit }, tokenizer) };
}

/** Each row of a micro-batch's table. */
const table = ({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }) =>
  Array.from({ length: shape[0]! }, (_, row) => Array.from(data).slice(row * shape[1]!, (row + 1) * shape[1]!));

test('what the policy did not write is read, and does not count', () => {
  const { batch, rows } = scored([1, 0].map((score) => ({ kind: 'score', score })));
  const width = Math.max(first + tool + last, plain);
  const padded = (row: number[]) => [...row, ...Array(width - row.length).fill(0)];
  expect(table(batch.mask)).toEqual([
    padded([...Array(first).fill(1), ...Array(tool).fill(0), ...Array(last).fill(1)]),
    padded(Array(plain).fill(1)),
  ]);
  // All of it is in the sequence that the model reads.
  expect(Array.from(batch.sequences.targets.ids.data)).toEqual(rows.flatMap((row) => row.completion_ids));
  expect(rows.map(({ length }) => length)).toEqual([first + last, plain]);
  expect(rows[0]!.segments).toEqual([
    { tokens: first, trained: true },
    { tokens: tool, trained: false },
    { tokens: last, trained: true },
  ]);
  expect(rows[1]).not.toHaveProperty('segments');
  const six = (token: number) => Number((-token - 0.123456789).toPrecision(6));
  const own = (count: number) => Array.from({ length: count }, (_, token) => six(token));
  expect(rows[0]!.logprobs).toEqual([...own(first), ...Array(tool).fill(null), ...own(last)]);
});

test("a step's advantage is on the tokens that led to it, across what others wrote between them", () => {
  const { text } = rollout[0]!;
  const steps = (ends: number[], score: number) => ends.map((end) => ({ end, score }));
  const outcomes: RewardOutcome[] = [
    // The first one ends within what the policy did not write: no more of its own tokens led to it than to 'one'.
    { kind: 'score', score: 0, steps: [...steps([text.indexOf('17') + 1], 1), ...steps([text.length], 0)] },
    { kind: 'score', score: 0, steps: steps([rollout[1]!.text.length], 0) },
  ];
  const { credit, batch, rows } = scored(outcomes);
  // Scores 1, 0, 0: mean 1/3, sample deviation 1/√3.
  const unit = 1 / (1 / Math.sqrt(3) + 1e-4);
  const [good, bad] = [unit * (2 / 3), unit * (-1 / 3)];
  const expected = [...Array(first).fill(good + bad), ...Array(last).fill(bad)];
  expect(credit.byPosition![0]).toHaveLength(first + last);
  for (const [position, value] of expected.entries()) expect(credit.byPosition![0]![position]).toBeCloseTo(value, 5);

  const spread = [...expected.slice(0, first), ...Array(tool).fill(0), ...expected.slice(first)];
  for (const [token, value] of spread.entries()) {
    expect(table(batch.advantages)[0]![token]).toBeCloseTo(value, 5);
    expect(rows[0]!.advantages![token]).toBeCloseTo(value, 5);
  }
  for (let token = 0; token < plain; token++) expect(table(batch.advantages)[1]![token]).toBeCloseTo(bad, 5);
});

test('credit takes work that grows as the completions do, however many steps they have', () => {
  const word = tokenizer.encode(' one', { addSpecialTokens: false });
  /** Reads of steps and ids that are decoded, for a group of completions of so many words, each of them a step. */
  const work = (words: number): number => {
    let count = 0;
    const counting = new Proxy(tokenizer, {
      get: (target, name) =>
        name === 'decode'
          ? (ids: number[], how: object) => {
              count += ids.length;
              return target.decode(ids, how);
            }
          : Reflect.get(target, name, target),
    });
    const ids = Array.from({ length: words }, () => word).flat();
    const text = tokenizer.decode(ids, { skipSpecialTokens: true });
    const steps = Array.from({ length: words }, (_, index) => ({
      score: index % 2,
      get end() {
        count++;
        return Math.round(((index + 1) * text.length) / words);
      },
    }));
    const rollout = [0, 1].map(
      (): RolloutCompletion => ({
        ...{ group: 0, prompt: { prompt: 'a', ids: [5], columns: {} }, text },
        trajectory: { segments: [{ ids, trained: true }], truncated: false },
      }),
    );
    const outcomes = rollout.map((): RewardOutcome => ({ kind: 'score', score: 0, steps }));
    const table = { columns: [{ name: 'reward', weight: 1, seconds: 0, outcomes }], metrics: {}, extra: {} };
    const { byPosition } = creditOf(rollout, table, 2, options, counting);
    expect(byPosition![0]).toHaveLength(ids.length);
    return count;
  };
  const [short, long] = [work(100), work(1600)];
  expect(short).toBeGreaterThanOrEqual(100);
  expect(long / short).toBeLessThan(17);
});

test('the loss gets what the sampler computed where it asks for it, and then only if all of it is known', () => {
  const outcomes: RewardOutcome[] = [1, 0].map((score) => ({ kind: 'score', score }));
  expect(scored(outcomes).experiences[0]).not.toHaveProperty('sampledLogProbs');
  const { experiences, batch } = scored(outcomes, { offPolicyMaskThreshold: 0.1 });
  const own = (count: number) => Array.from({ length: count }, (_, token) => -token - 0.123456789);
  expect(experiences[0]!.sampledLogProbs).toEqual([...own(first), ...Array(tool).fill(0), ...own(last)]);
  expect(table(batch.sampled!.logProbs)[1]!.slice(0, plain)).toEqual([...Float32Array.from(own(plain))]);

  const [segment] = rollout[1]!.trajectory.segments;
  const known = segment!.logProbs;
  segment!.logProbs = undefined;
  const { batch: unknown } = scored(outcomes, { offPolicyMaskThreshold: 0.1 });
  segment!.logProbs = known;
  expect(unknown).not.toHaveProperty('sampled');
});

test('the best and the worst completion of a group are a pair', () => {
  const pairOf = (...scores: number[]) =>
    scored(
      scores.map((score) => ({ kind: 'score', score })),
      { dpoCoef: 1 },
    ).experiences.map(({ preference }) => preference);
  expect(pairOf(0, 1)).toEqual([
    { pair: 0, chosen: false },
    { pair: 0, chosen: true },
  ]);
  expect(pairOf(1, 1)).toEqual([undefined, undefined]);
});
