import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { jointSoftmax } from '../../../src/engine/fused/joint-softmax.ts';
import { loop } from '../../../src/engine/loop.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { floats, ints, leaveOpen, type NdArray } from '../../../src/engine/tree.ts';
import { sizeOf } from '../../../src/model/shape.ts';
import { runEagerly } from '../../helpers/eager.ts';

type Affine = { w: tf.Tensor2D; x: tf.Tensor2D };
const valueAndGradient = ({ w, x }: Affine) => {
  const { value, grads } = tf.valueAndGrads((a) => tf.sum(tf.square(tf.matMul(x, a as tf.Tensor2D))))([w]);
  return { value: value as tf.Tensor, grad: grads[0]! };
};

test('a program and its gradient run as one graph', async () => {
  const program = new OnnxEngine().compile('squares', valueAndGradient);
  const { value, grad } = await program.run({ w: floats([1, 2, 3, 4], [2, 2]), x: floats([1, 1], [1, 2]) });
  expect([...value.data]).toEqual([4 ** 2 + 6 ** 2]);
  expect([...grad.data]).toEqual([8, 12, 8, 12]);
});

test('a graph is compiled once per shape, and only so many stay', async () => {
  const engine = new OnnxEngine();
  const program = engine.compile('squares', valueAndGradient, { maxGraphs: 2 });
  const run = (rows: number) =>
    program.run({ w: floats([1, 2, 3, 4], [2, 2]), x: floats(Array(2 * rows).fill(1), [rows, 2]) });
  for (const rows of [1, 1, 2, 1, 2]) await run(rows);
  expect(engine.compilations).toBe(2);
  await run(3); // takes the place of one row, the least recently used
  await run(2);
  expect(engine.compilations).toBe(3);
  expect((await run(1)).value.data[0]).toBe(52);
  expect(engine.compilations).toBe(4);
});

test('memory of what a program gave is free as soon as it is released, and inputs stay', async () => {
  const engine = new OnnxEngine();
  const doubled = engine.compile('twice', ({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 2) }));
  const x = floats(new Float32Array(2 ** 24).fill(1));
  const given = await doubled.run({ x });
  const before = process.memoryUsage.rss();
  engine.release({ x, ...given });
  expect([x.data.length, given.y.data.length]).toEqual([2 ** 24, 0]);
  expect(before - process.memoryUsage.rss()).toBeGreaterThan(0.9 * 2 ** 26);
});

test('on the CPU an output is written into the array that is given for it, which may be an input or a part of one', async () => {
  const program = new OnnxEngine().compile('sums', ({ sum, x }: Record<'sum' | 'x', tf.Tensor>) => ({
    sum: { so: { far: tf.add(sum, x) } },
    product: tf.mul(sum, x),
  }));
  const all = Float32Array.of(7, 1, 2, 7);
  const sum = floats(all.subarray(1, 3), [2]);
  for (const expected of [
    [11, 22],
    [21, 42],
  ]) {
    const given = await program.run({ sum, x: floats([10, 20]) }, { sum: { so: { far: sum } } });
    expect(given.sum.so.far).toBe(sum);
    expect([...sum.data]).toEqual(expected);
    expect([...all.filter((_, index) => index % 3 === 0)]).toEqual([7, 7]);
    expect(given.product.data).toHaveLength(2);
  }
});

function expectClose(actual: Record<string, NdArray>, expected: Record<string, NdArray>, digits: number): void {
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(actual[name]!.shape).toEqual(shape);
    for (const [i, one] of data.entries()) expect(actual[name]!.data[i]).toBeCloseTo(one, digits);
  }
}

test('sizes that are open may differ from run to run of one graph, gradients included', async () => {
  const engine = new OnnxEngine();
  type Parts = { a: tf.Tensor; b: tf.Tensor; left: tf.Tensor; ofA: tf.Tensor; ofB: tf.Tensor };
  const program = ({ a, b, left, ofA, ofB }: Parts) => {
    const loss = (...parts: tf.Tensor[]) => {
      const weights = jointSoftmax(parts);
      const both = tf.expandDims(tf.tile(left, [1, 2]), 0);
      // The last size stays where it is; the one before is worked out.
      const [x, y] = weights.map((w) => tf.matMul(both, tf.reshape(w, [1, 2 * w.shape[1]!, w.shape[2]!])));
      return tf.sum(tf.square(tf.add(tf.matMul(x!, ofA), tf.matMul(y!, ofB)))) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss)([a, b]);
    return { value: value as tf.Tensor, a: grads[0]!, b: grads[1]! };
  };
  const compiled = engine.compile('two parts', program);
  const sizes = [
    [1, 2, 3],
    [4, 7, 1],
    [2, 1, 5],
  ] as const;
  for (const [rows, m, n] of sizes) {
    const waves = (shape: number[], open: NdArray['open']) => {
      const numbers = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(3 * i));
      return leaveOpen(floats(numbers, shape), open!);
    };
    const inputs = {
      a: waves([2, rows, m], [undefined, 'tokens', 'promptLength']),
      b: waves([2, rows, n], [undefined, 'tokens', 'completionLength']),
      left: waves([3, rows], [undefined, 'tokens']),
      ofA: waves([1, m, 2], [undefined, 'promptLength']),
      ofB: waves([1, n, 2], [undefined, 'completionLength']),
    };
    expectClose(await compiled.run(inputs), runEagerly(program, inputs), 5);
  }
  expect(engine.compilations).toBe(1);
});

test('products of open sizes, and what is filled to them, are worked out when the graph runs', async () => {
  const engine = new OnnxEngine();
  type Groups = { x: tf.Tensor; perRow: tf.Tensor };
  const program = ({ x, perRow }: Groups) => {
    const [prompts, group, length, heads] = x.shape as [number, number, number, number];
    const loss = (rows: tf.Tensor) => {
      const byHead = tf.transpose(tf.reshape(x, [prompts, group * length, heads]), [0, 2, 1]);
      const scores = tf.matMul(byHead, tf.reshape(tf.mul(x, rows.shape[1]!), [prompts, group * length, heads]));
      // Two sizes are unknown here, and two of their products.
      const sums = tf.sum(tf.reshape(tf.add(x, tf.sum(scores)), [prompts * group, length, heads]), 2);
      const ones = tf.ones([heads, 1]);
      return tf.sum(tf.mul(sums, tf.mul(rows, tf.sum(ones)))) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss)([perRow]);
    return { value: value as tf.Tensor, ofRows: grads[0]!, filled: tf.fill([group, prompts], 7) as tf.Tensor };
  };
  const compiled = engine.compile('groups', program);
  for (const [prompts, group, length] of [
    [1, 2, 3],
    [4, 3, 1],
    [2, 5, 7],
  ] as const) {
    const numbers = Array.from({ length: prompts * group * length * 2 }, (_, i) => Math.sin(3 * i));
    const inputs = {
      x: leaveOpen(floats(numbers, [prompts, group, length, 2]), ['prompts', 'group', 'completionLength']),
      perRow: leaveOpen(floats(numbers.slice(0, prompts * group), [prompts * group, 1]), [['prompts', 'group']]),
    };
    expectClose(await compiled.run(inputs), runEagerly(program, inputs), 3);
  }
  expect(engine.compilations).toBe(1);
});

test('a size that comes from no input is refused', async () => {
  const program = ({ x }: { x: tf.Tensor }) => ({ y: tf.fill([x.shape[0]! + 1], 1) as tf.Tensor });
  const sum = ({ x }: { x: tf.Tensor }) => ({ y: tf.fill(tf.concat([x, x]).shape, 1) as tf.Tensor });
  const x = leaveOpen(floats([1, 2]), ['past']);
  expect([...(await new OnnxEngine().compile('twice', sum).run({ x })).y.data]).toEqual([1, 1, 1, 1]);
  await expect(new OnnxEngine().compile('one more', program).run({ x })).rejects.toThrow(/known only when/);
});

type Counting = { n: tf.Tensor; x: tf.Tensor2D };
/** Adds x, 2x, 3x … until an entry passes 30, keeping every sum. */
const runningSums = ({ n, x }: Counting) => {
  const { state, emitted } = loop({
    maxSteps: n,
    state: { total: tf.zeros([1, 2]) as tf.Tensor, seen: tf.zeros([0, 2]) as tf.Tensor },
    growing: { seen: 0 },
    body(step, { total, seen }) {
      const next = tf.add(total, tf.mul(x, tf.add(tf.cast(step, 'float32'), 1)));
      const all = tf.concat([seen, next], 0);
      return { state: { total: next, seen: all }, emit: { mean: tf.mean(all, 0) }, proceed: tf.less(tf.max(next), 30) };
    },
  });
  return { ...state, ...emitted };
};

test.each([3, 10])('a loop with growing state gives what a plain loop gives, %i steps at most', async (limit) => {
  const inputs = { n: ints([limit], []), x: floats([1, 2], [1, 2]) };
  const recorded = await new OnnxEngine().compile('sums', runningSums).run(inputs);
  expect(recorded).toMatchObject(runEagerly(runningSums, inputs));
  expect(recorded.seen.shape).toEqual([Math.min(limit, 5), 2]);
});

test('an operation that bakes in the size of a growing axis is refused, not recorded wrongly', async () => {
  const ones = ({ n }: { n: tf.Tensor }) => {
    const { state } = loop({
      maxSteps: n,
      state: { seen: tf.zeros([0, 2]) as tf.Tensor },
      growing: { seen: 0 },
      body: (_, { seen }) => ({
        state: { seen: tf.tile(tf.ones([1, 2]), [seen.shape[0]! + 1, 1]) as tf.Tensor },
        emit: {},
        proceed: tf.scalar(true, 'bool'),
      }),
    });
    return state;
  };
  await expect(new OnnxEngine().compile('ones', ones).run({ n: ints([3], []) })).rejects.toThrow(
    /known only when the graph runs/,
  );
});
