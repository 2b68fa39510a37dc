import { readFileSync } from 'node:fs';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { uniforms } from '../../../../src/data/random.ts';
import { OnnxEngine } from '../../../../src/engine/onnx/engine.ts';
import { floats } from '../../../../src/engine/tree.ts';
import { readModel } from '../../../../src/model/files/read-model.ts';
import { Sampler } from '../../../../src/model/generation/sampler.ts';
import { type SamplingOptions, sampleToken } from '../../../../src/model/generation/sampling.ts';
import { Scorer } from '../../../../src/model/network/scorer.ts';

interface Case {
  vocabulary: number;
  options: SamplingOptions;
  /** Given with the first case of a vocabulary. */
  logits?: number[][];
  uniforms: number[];
  drawn: number[];
  logProbs: number[];
  clear: boolean[];
  kept: number[];
}
// Made by test/references/sampling.py.
const cases: Case[] = JSON.parse(
  readFileSync(new URL('../../../references/fixtures/sampling.json', import.meta.url), 'utf8'),
);
const logitsOf = (vocabulary: number) => cases.find((each) => each.vocabulary === vocabulary && each.logits)!.logits!;

async function draw(logits: number[][], us: number[], options: SamplingOptions) {
  const program = ({ l, u }: { l: Tensor2D; u: Tensor1D }) => ({ ...sampleToken(l, u, options) });
  const inputs = { l: floats(logits.flat(), [logits.length, logits[0]!.length]), u: floats(us) };
  const { ids, logProbs } = await new OnnxEngine().compile('draw', program).run(inputs);
  return { ids: [...ids.data], logProbs: [...logProbs.data] };
}

describe.each(cases)('vocabulary of $vocabulary, $options', ({ vocabulary, options, ...expected }) => {
  test('draws what transformers’ filters and the inverse CDF give', async () => {
    const { ids, logProbs } = await draw(logitsOf(vocabulary), expected.uniforms, options);
    const clear = expected.clear.flatMap((isClear, row) => (isClear ? [row] : []));
    expect(clear.length).toBeGreaterThan(3);
    expect(clear.map((row) => ids[row])).toEqual(clear.map((row) => expected.drawn[row]));
    for (const row of clear) expect(logProbs[row]).toBeCloseTo(expected.logProbs[row]!, 4);
  });

  test('never draws a token that was filtered out, at either end of the unit interval', async () => {
    const logits = logitsOf(vocabulary).slice(0, 1);
    const grid = Array.from({ length: 400 }, (_, i) => (i === 399 ? 1 - 2 ** -24 : i / 399.5));
    const rows = grid.map(() => logits[0]!);
    const { ids } = await draw(rows, grid, options);
    const drawn = new Set(ids);
    expect(drawn.size).toBeLessThanOrEqual(expected.kept[0]!);
    for (const id of drawn) expect(id).toBeLessThan(vocabulary);
    // The grid is fine enough to meet every token of a small set.
    if (expected.kept[0]! <= 5) expect(drawn.size).toBe(expected.kept[0]);
  });
});

test('temperature 0 takes the likeliest token, with its log-probability at temperature 1', async () => {
  const logits = [[0, 2, 1]];
  const { ids, logProbs } = await draw(logits, [0.99], { temperature: 0, topK: 0, topP: 1, minP: 0 });
  expect(ids).toEqual([1]);
  expect(logProbs[0]).toBeCloseTo(2 - Math.log(1 + Math.exp(2) + Math.exp(1)), 5);
});

const { config, weights } = await readModel('test/references/fixtures/models/qwen3');

describe('whole completions', () => {
  const free = { temperature: 1, topK: 0, topP: 1, minP: 0, group: 4, minTokens: 0 };
  const prompts = [
    [5, 6, 7, 8, 9],
    [10, 11],
  ];
  const MAX = 24;
  const draws = uniforms(3, ['test'], MAX * prompts.length * free.group);

  test('the same numbers give the same completions', async () => {
    const engine = new OnnxEngine();
    const options = { ...free, eosTokenIds: [2, 100] };
    const first = await new Sampler(engine, config, options).sample(weights, prompts, MAX, draws);
    const again = await new Sampler(engine, config, options).sample(weights, prompts, MAX, draws);
    expect(again).toEqual(first);
  });

  // Long enough for the rows of all prompts to be packed again several times, as others end.
  test.each([4, 3, 1])('in groups of %i, log-probabilities are those of a fresh forward pass', async (group) => {
    const engine = new OnnxEngine();
    const long = 150;
    const eosTokenIds = Array.from({ length: 5 }, (_, i) => 20 + i);
    const many = [...prompts, [3], ...prompts, [11, 12, 13]];
    const numbers = uniforms(5, ['long'], long * many.length * group);
    const sampler = new Sampler(engine, config, { ...free, group, eosTokenIds });
    const completions = await sampler.sample(weights, many, long, numbers);
    const lengths = completions.map(({ ids }) => ids.length);
    expect(Math.min(...lengths)).toBeLessThan(40);
    expect(Math.max(...lengths)).toBeGreaterThan(70);
    const sequences = completions.map(({ ids }, row) => ({
      promptIds: many[Math.floor(row / group)]!,
      completionIds: ids,
    }));
    const scored = await new Scorer(engine, config, 1).logProbs(weights, sequences);
    scored.forEach((logProbs, row) => {
      logProbs.forEach((logProb, i) => {
        expect(logProb).toBeCloseTo(completions[row]!.logProbs[i]!, 4);
      });
    });
  });

  test('a completion ends at any of several end tokens, or is truncated', async () => {
    const ends = Array.from({ length: 40 }, (_, i) => 20 + i);
    const completions = await new Sampler(new OnnxEngine(), config, { ...free, eosTokenIds: ends }).sample(
      weights,
      prompts,
      MAX,
      draws,
    );
    expect(
      new Set(completions.filter(({ truncated }) => !truncated).map(({ ids }) => ids.at(-1))).size,
    ).toBeGreaterThan(1);
    for (const { ids, truncated, logProbs } of completions) {
      expect(ids.slice(0, -1).some((id) => ends.includes(id))).toBe(false);
      expect(truncated).toBe(!ends.includes(ids.at(-1)!));
      expect(logProbs.length).toBe(ids.length);
      if (truncated) expect(ids.length).toBe(MAX);
    }
  });

  test('no end token is drawn before the shortest length', async () => {
    const ends = Array.from({ length: 40 }, (_, i) => 20 + i);
    const options = { ...free, eosTokenIds: ends, minTokens: 10 };
    const completions = await new Sampler(new OnnxEngine(), config, options).sample(weights, prompts, MAX, draws);
    expect(Math.min(...completions.map(({ ids }) => ids.length))).toBe(11);
  });
});
