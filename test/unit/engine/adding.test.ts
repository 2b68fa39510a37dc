/**
 * Kernels that add into places, with each place named many times and so much work that ONNX Runtime shares it out among threads. A race
 * shows only there: its ScatterND, which loses sums, is right for some hundred rows.
 */

import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { uniforms } from '../../../src/data/random.ts';
import { gatherRows } from '../../../src/engine/fused/gather-rows.ts';
import { pickLogProb } from '../../../src/engine/fused/pick-log-prob.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { PROVIDERS, type Provider } from '../../../src/engine/onnx/providers.ts';
import { floats, ints, leaveOpen } from '../../../src/engine/tree.ts';

const provider = (process.env.GRPO_TEST_PROVIDER ?? 'cpu') as Provider;
const REPEATS = 20;
/** Rows, numbers in each, and places that they are added into. */
const SIZES = { 'few places': [4000, 96, 46], 'a vocabulary of places': [4096, 64, 49152] } as const;

interface Rows {
  rows: Float32Array;
  width: number;
  indices: Int32Array;
  places: number;
}

function draw([count, width, places]: readonly [number, number, number]): Rows {
  const rows = uniforms(7, ['rows', count, width], count * width).map((u) => u - 0.5);
  // Half of them name one of seven places, as common words do.
  const common = uniforms(7, ['common', count], count);
  const drawn = uniforms(7, ['places', places], count);
  const indices = Int32Array.from(drawn, (u, i) => Math.floor(u * (common[i]! < 0.5 ? 7 : places)));
  return { rows, width, indices, places };
}

/** In float64. */
function added({ rows, width, indices, places }: Rows): Float64Array {
  const sums = new Float64Array(places * width);
  for (const [row, place] of indices.entries())
    for (let i = 0; i < width; i++) sums[place * width + i]! += rows[row * width + i]!;
  return sums;
}

type Tensors = { rows: tf.Tensor2D; indices: tf.Tensor1D; table: tf.Tensor2D };
/** The gradient of Σ (picked · rows): `rows` added up by their indices. */
const gradientOf = (pick: (table: tf.Tensor, indices: tf.Tensor1D) => tf.Tensor) => (inputs: Tensors) => ({
  sums: tf.grad((table) => tf.sum(tf.mul(pick(table, inputs.indices), inputs.rows)))(inputs.table),
});
const PROGRAMS = {
  UnsortedSegmentSum: ({ rows, indices, table }: Tensors) => ({
    sums: tf.unsortedSegmentSum(rows, indices, table.shape[0]) as tf.Tensor,
  }),
  'GatherV2, gradient': gradientOf((table, indices) => tf.gather(table, indices)),
  GatherRowsGradient: gradientOf((table, indices) => gatherRows(table, indices)),
};

/** One for each core, as without tests, and more than there are. */
describe.each(provider === 'cpu' ? [availableParallelism(), 16] : [0])('with intraOpNumThreads %s', (threads) => {
  const options = PROVIDERS.cpu.session;
  beforeAll(() => {
    options.intraOpNumThreads = threads;
  });
  afterAll(() => {
    delete options.intraOpNumThreads;
  });

  describe.each(Object.entries(SIZES))('into %s', (_, size) => {
    const work = draw(size);
    const exact = added(work);

    test.each(Object.entries(PROGRAMS))('%s gives the same right sums each time', async (name, program) => {
      const { rows, width, indices, places } = work;
      // The number of places may be open where rows are picked by GatherRows.
      const table = floats(new Float32Array(places * width), [places, width]);
      await expectSums(new OnnxEngine(provider).compile<Tensors, { sums: tf.Tensor }>(name, program), exact, {
        rows: leaveOpen(floats(rows, [indices.length, width]), ['tokens', undefined]),
        indices: leaveOpen(ints(indices), ['tokens']),
        table: name === 'GatherRowsGradient' ? leaveOpen(table, ['targets', undefined]) : table,
      });
    });
  });

  test('a sum of millions of numbers is as exact as one of some', async () => {
    const shape = [20_000, 400];
    const x = uniforms(7, ['many'], shape[0]! * shape[1]!);
    const exact = x.reduce((sum, one) => sum + one * one, 0);
    const program = new OnnxEngine(provider).compile('sum', ({ x }: { x: tf.Tensor }) => ({
      sum: tf.sum(tf.square(x)),
      mean: tf.mean(tf.square(x)),
    }));
    const { sum, mean } = await program.run({ x: floats(x, shape) });
    expect(Math.abs(sum.data[0]! / exact - 1)).toBeLessThan(3e-6);
    expect(Math.abs((mean.data[0]! * x.length) / exact - 1)).toBeLessThan(3e-6);
    await program.dispose();
  });

  test('PickLogProbGradient gives the same right numbers each time', async () => {
    const [rows, vocabulary] = [200, 3000];
    const logits = uniforms(7, ['logits'], rows * vocabulary).map((u) => 4 * u);
    const ids = Int32Array.from(uniforms(7, ['ids'], rows), (u) => Math.floor(5 * u));
    const exact = new Float64Array(rows * vocabulary);
    for (const [row, id] of ids.entries()) {
      const exponentials = Array.from(logits.subarray(row * vocabulary, (row + 1) * vocabulary), Math.exp);
      const total = exponentials.reduce((sum, one) => sum + one, 0);
      for (const [i, one] of exponentials.entries()) exact[row * vocabulary + i] = (i === id ? 1 : 0) - one / total;
    }
    const gradient = ({ logits, ids }: { logits: tf.Tensor2D; ids: tf.Tensor1D }) => ({
      sums: tf.grad((x) => tf.sum(pickLogProb(x as tf.Tensor2D, ids)))(logits) as tf.Tensor,
    });
    const inputs = { logits: floats(logits, [rows, vocabulary]), ids: ints(ids) };
    await expectSums(new OnnxEngine(provider).compile('pick', gradient), exact, inputs);
  });
});

async function expectSums<I extends tf.NamedTensorMap>(
  program: ReturnType<typeof OnnxEngine.prototype.compile<I, { sums: tf.Tensor }>>,
  exact: Float64Array,
  inputs: Parameters<typeof program.run>[0],
) {
  const bytes = new Set<string>();
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const { data } = (await program.run(inputs)).sums;
    const digest = createHash('sha256').update(data).digest('hex');
    if (bytes.has(digest)) continue;
    bytes.add(digest);
    const wrong: string[] = [];
    for (let i = 0; i < exact.length && wrong.length < 5; i++) {
      // Sums of some hundred numbers up to ½, in float32.
      const right = Math.abs(data[i]! - exact[i]!) <= 1e-5 * Math.max(1, Math.abs(exact[i]!));
      if (!right) wrong.push(`[${i}]: ${data[i]} instead of ${exact[i]}`);
    }
    expect(wrong).toEqual([]);
  }
  await program.dispose();
  // A GPU adds in the order in which its threads come.
  if (provider === 'cpu') expect(bytes.size).toBe(1);
}
