/** Operations on float16 against tfjs on the CPU in float32, values and gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { uniforms } from '../../src/data/random.ts';
import { jointSoftmax } from '../../src/engine/fused/joint-softmax.ts';
import { layerNorm } from '../../src/engine/fused/layer-norm.ts';
import { entropy, pickLogProb } from '../../src/engine/fused/pick-log-prob.ts';
import { rmsNorm } from '../../src/engine/fused/rms-norm.ts';
import { rotate } from '../../src/engine/fused/rotary.ts';
import { swiglu } from '../../src/engine/fused/swiglu.ts';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import { type ArrayTree, floats, ints, leaves, type NdArray, type TensorTree } from '../../src/engine/tree.ts';
import { runEagerly } from '../helpers/eager.ts';

/** Numbers that float16 holds exactly, up to `size`: what is then off comes of the computation. */
const exact = (shape: number[], size = 2): NdArray => {
  const count = shape.reduce((product, length) => product * length, 1);
  return floats(
    uniforms(1, ['half', ...shape], count).map((u) => (size * Math.round(128 * u - 64)) / 64),
    shape,
  );
};

interface Case {
  /** In float16, and learned. */
  halves: Record<string, NdArray>;
  /** As they are. */
  others?: Record<string, NdArray>;
  // biome-ignore lint/suspicious/noExplicitAny: a case knows the ranks of its own tensors
  program(inputs: any): tf.Tensor | tf.Tensor[];
}

const angles = exact([6, 4]).data as Float32Array;
const cases: Record<string, Case> = {
  ...Object.fromEntries(
    [0, 1, 2, 3].flatMap((which) => {
      const [turnA, turnB] = [which % 2 === 1, which > 1];
      const of = (rows: number, columns: number, turned: boolean) => (turned ? [columns, rows] : [rows, columns]);
      const product = (batch: number[]): Case => ({
        halves: { a: exact([...batch, ...of(5, 24, turnA)]), b: exact([...batch, ...of(24, 7, turnB)]) },
        program: ({ a, b }) => tf.matMul(a, b, turnA, turnB),
      });
      const how = `a${turnA ? 'ᵀ' : ''} · b${turnB ? 'ᵀ' : ''}`;
      return [
        [`product ${how}`, product([])],
        [`products ${how}`, product([3])],
      ];
    }),
  ),
  'product with float32': {
    halves: { b: exact([9, 24]) },
    others: { a: exact([5, 24]) },
    program: ({ a, b }) => tf.matMul(a, b, false, true),
  },
  'sum with float32': {
    halves: { a: exact([4, 6]) },
    others: { b: floats([1e5, 1, 2, 3, 4, 1e-6]) },
    program: ({ a, b }) => tf.add(a, b),
  },
  arithmetic: {
    halves: { a: exact([4, 6]), b: exact([6]) },
    program: ({ a, b }) => tf.mul(tf.sub(1, tf.sigmoid(a)), tf.add(tf.neg(b), tf.mul(a, 0.5))),
  },
  'a scalar beyond float16': { halves: { a: exact([4, 6]) }, program: ({ a }) => tf.mul(tf.add(a, -1e9), 1e-9) },
  'a square beyond float16': { halves: { a: exact([4, 6], 1000) }, program: ({ a }) => tf.mean(tf.square(a)) },
  'an exponential': { halves: { a: exact([4, 6], 8) }, program: ({ a }) => tf.log(tf.add(tf.exp(a), 1)) },
  'a long sum': { halves: { a: exact([4, 3000]) }, program: ({ a }) => tf.sum(tf.add(a, 4), 1) },
  movements: {
    halves: { a: exact([4, 6]), b: exact([4, 2]) },
    program({ a, b }) {
      const [left, right] = tf.split(tf.concat([a, b], 1), 2, 1) as [tf.Tensor2D, tf.Tensor2D];
      const rows = tf.gather(tf.transpose(left), tf.tensor1d([0, 3, 3], 'int32'));
      return [
        tf.pad(rows, [
          [1, 0],
          [0, 2],
        ]),
        tf.tile(tf.slice(right, [1, 1], [2, 2]), [2, 1]),
        tf.reshape(a, [3, 8]),
      ];
    },
  },
  SwiGlu: { halves: { x: exact([5, 12], 6) }, program: ({ x }) => swiglu(x) },
  RmsNorm: {
    // Their squares are beyond float16.
    halves: { x: exact([5, 3, 8], 1000) },
    others: { w: exact([8]) },
    program: ({ x, w }) => rmsNorm(x, w, 1e-6),
  },
  LayerNorm: {
    halves: { x: exact([5, 3, 8], 1000) },
    others: { w: exact([8]), b: exact([8]) },
    program: ({ x, w, b }) => layerNorm(x, w, b, 1e-5),
  },
  Rotary: {
    halves: { x: exact([5, 3, 8]) },
    others: {
      positions: ints([0, 3, 1, 5, 2]),
      cos: floats(angles.map(Math.cos), [6, 4]),
      sin: floats(angles.map(Math.sin), [6, 4]),
    },
    program: ({ x, positions, cos, sin }) => rotate(x, positions, { cos, sin }),
  },
  JointSoftmax: { halves: { a: exact([3, 4, 5]), b: exact([3, 4, 2]) }, program: ({ a, b }) => jointSoftmax([a, b]) },
  'Log-probabilities': {
    halves: { logits: exact([5, 9], 8) },
    others: { ids: ints([0, 8, 3, 3, 1]) },
    program: ({ logits, ids }) => [pickLogProb(logits, ids), entropy(logits)],
  },
};

test.each(Object.entries(cases))('%s', async (_, { halves, others = {}, program }) => {
  const engine = new OnnxEngine('webgpu', { half: true });
  const names = Object.keys(halves);
  const both = (inputs: TensorTree): TensorTree => {
    const outputs = (tensors: tf.Tensor[]) =>
      [program({ ...inputs, ...Object.fromEntries(names.map((name, index) => [name, tensors[index]])) })].flat();
    // Uneven weights, so that no two entries' gradients can be swapped unseen.
    const weighted = (...tensors: tf.Tensor[]) =>
      outputs(tensors)
        .map((y) => tf.sum(tf.mul(y, tf.reshape(tf.range(1, 1 + y.size), y.shape))))
        .reduce((sum, one) => tf.add(sum, one));
    const tensors = names.map((name) => inputs[name] as tf.Tensor);
    const gradients = tf.grads(weighted)(tensors);
    return Object.fromEntries([...outputs(tensors), ...gradients].map((tensor, index) => [`y${index}`, tensor]));
  };
  const inputs = { ...(await engine.toHalf(halves)), ...others };
  const actual = leaves((await engine.compile('case', both).run(inputs as never)) as ArrayTree);
  const expected = new Map(leaves(runEagerly(both, { ...halves, ...others } as never) as ArrayTree));
  expect(actual.map(([name]) => name)).toEqual([...expected.keys()]);
  for (const [name, { dtype, shape, data }] of actual) {
    const wanted = expected.get(name)!;
    expect({ dtype, shape }).toEqual({ dtype: 'float32', shape: wanted.shape });
    const size = Math.max(...wanted.data.map(Math.abs));
    const worst = Math.max(...wanted.data.map((value, index) => Math.abs(data[index]! - value)));
    // Seen: 1.4e-3.
    expect(worst, name).toBeLessThan(4e-3 * size);
  }
});
