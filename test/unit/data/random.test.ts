import { describe, expect, test } from 'vitest';
import { promptOrder } from '../../../src/data/prompt-order.ts';
import { integers, permutation, uniforms, xoshiro128 } from '../../../src/data/random.ts';

test("the generator gives what its authors' C code gives from state 1, 2, 3, 4", () => {
  const next = xoshiro128([1, 2, 3, 4]);
  expect(Array.from({ length: 6 }, next)).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
});

describe('uniforms', () => {
  test('are a function of seed and key alone', () => {
    expect(uniforms(1, ['sampling', 3], 4)).toEqual(uniforms(1, ['sampling', 3], 8).slice(0, 4));
    const first = (seed: number, ...key: (string | number)[]) => uniforms(seed, key, 1)[0];
    const streams = [
      first(1, 'a', 3),
      first(2, 'a', 3),
      first(1, 'b', 3),
      first(1, 'a', 4),
      first(1, 'a3'),
      first(1, 'a'),
    ];
    expect(new Set(streams).size).toBe(streams.length);
  });

  test('never change between releases (a resumed run must see the same numbers)', () => {
    const next = integers(42, ['sampling', 1]);
    expect([next(), next(), next()]).toEqual([1836265070, 920340957, 3220070543]);
  });

  test('are uniform in [0, 1) and uncorrelated between neighbouring steps', () => {
    const n = 100_000;
    const x = uniforms(7, ['sampling', 1], n);
    const y = uniforms(7, ['sampling', 2], n);
    expect(Math.min(...x.subarray(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(x.every((value) => value < 1)).toBe(true);
    const bins = new Array(16).fill(0);
    for (const value of x) bins[Math.floor(value * 16)]++;
    const chiSquare = bins.reduce((sum, observed) => sum + (observed - n / 16) ** 2 / (n / 16), 0);
    expect(chiSquare).toBeLessThan(37.7); // 99.9% quantile of chi-square with 15 degrees of freedom
    let covariance = 0;
    for (let i = 0; i < n; i++) covariance += ((x[i]! - 0.5) * (y[i]! - 0.5)) / n;
    expect(Math.abs(covariance * 12)).toBeLessThan(4 / Math.sqrt(n)); // four standard errors of a correlation
  });
});

test('a permutation has every index once, and all orders come up', () => {
  expect(permutation(1, ['x'], 100).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  const orders = new Set(Array.from({ length: 100 }, (_, seed) => permutation(seed, ['x'], 3).join('')));
  expect(orders.size).toBe(6);
});

describe('the order of prompts', () => {
  const order = (shuffle: boolean, promptsPerStep = 4) => promptOrder({ seed: 3, rows: 6, promptsPerStep, shuffle });

  test('without shuffling is that of the file, again and again', () => {
    expect([1, 2, 3].flatMap(order(false))).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
  });

  test('shuffled sees every row once an epoch, in a new order, whatever the steps that were asked for before', () => {
    const drawn = [1, 2, 3].flatMap(order(true));
    const epochs = [drawn.slice(0, 6), drawn.slice(6)];
    for (const epoch of epochs) expect([...epoch].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(order(true)(3)).toEqual(drawn.slice(8));
  });

  test('works with fewer rows than prompts in a step', () => {
    const rows = order(true, 13)(1);
    expect(rows).toHaveLength(13);
    expect(rows.filter((row) => row === 0).length).toBeGreaterThanOrEqual(2);
  });
});
