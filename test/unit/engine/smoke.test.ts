import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { loop } from '../../../src/engine/loop.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { floats, ints } from '../../../src/engine/tree.ts';

test('a program and its gradient run as one graph', async () => {
  const engine = new OnnxEngine();
  const f = engine.compile('f', ({ w, x }: { w: tf.Tensor2D; x: tf.Tensor2D }) => {
    const { value, grads } = tf.valueAndGrads((a) => tf.sum(tf.square(tf.matMul(x, a as tf.Tensor2D))))([w]);
    return { value, grad: grads[0]! };
  });
  const out = await f.run({ w: floats([1, 2, 3, 4], [2, 2]), x: floats([1, 1], [1, 2]) });
  expect([...out.value.data]).toEqual([16 + 36]);
  expect([...out.grad.data]).toEqual([8, 12, 8, 12]);
  await expect(
    engine.compile('g', ({ x }: { x: tf.Tensor2D }) => ({ y: tf.atan(x) })).run({ x: floats([1], [1, 1]) }),
  ).rejects.toThrow(/Atan/);
});

test('a loop with growing state', async () => {
  const engine = new OnnxEngine();
  const f = engine.compile('loop', ({ n, x }: { n: tf.Tensor; x: tf.Tensor2D }) => {
    const { state, emitted } = loop({
      maxSteps: n,
      state: { total: tf.zeros([1, 2]) as tf.Tensor, seen: tf.zeros([0, 2]) as tf.Tensor },
      growing: { seen: 0 },
      body(step, { total, seen }) {
        const next = tf.add(total, tf.mul(x, tf.add(tf.cast(step, 'float32'), 1)));
        const all = tf.concat([seen, next], 0);
        return {
          state: { total: next, seen: all },
          emit: { mean: tf.mean(all, 0) },
          proceed: tf.less(tf.max(next), 30),
        };
      },
    });
    return { ...state, ...emitted };
  });
  const out = await f.run({ n: ints([10], []), x: floats([1, 2], [1, 2]) });
  expect(out.seen.shape).toEqual([5, 2]);
});
