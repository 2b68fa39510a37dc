/** The tensorflow engine itself, in this process. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { loop } from '../../../src/engine/loop.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { TensorflowEngine } from '../../../src/engine/tensorflow/engine.ts';
import { openTensorflow } from '../../../src/engine/tensorflow/open.ts';
import { DeviceArray, floats, ints } from '../../../src/engine/tree.ts';
import { TENSORFLOW_VARIABLE } from '../../../src/protocol/set-up-places.ts';
import { tfjsNode } from './tfjs-node.ts';

describe.skipIf(tfjsNode === undefined)('the tensorflow engine (needs tfjs-node)', () => {
  const engine = new TensorflowEngine();

  beforeAll(() => {
    process.env[TENSORFLOW_VARIABLE] = tfjsNode;
    openTensorflow(process.cwd());
  });

  type Affine = { w: tf.Tensor2D; x: tf.Tensor2D };
  const valueAndGradient = ({ w, x }: Affine) => {
    const { value, grads } = tf.valueAndGrads((a) => tf.sum(tf.square(tf.matMul(x, a as tf.Tensor2D))))([w]);
    return { value: value as tf.Tensor, grad: grads[0]! };
  };
  const inputs = { w: floats([1, 2, 3, 4], [2, 2]), x: floats([1, 1], [1, 2]) };

  test('takes gradients, in turns with the recording engine', async () => {
    const here = engine.compile('squares', valueAndGradient);
    const recorded = new OnnxEngine().compile('squares', valueAndGradient);
    for (const program of [here, recorded, here, recorded]) {
      const { value, grad } = await program.run(inputs);
      expect([...value.data]).toEqual([4 ** 2 + 6 ** 2]);
      expect([...grad.data]).toEqual([8, 12, 8, 12]);
    }
    expect(engine.compilations).toBe(0);
  });

  test('keeps on the device what is resident, until it is released', async () => {
    const before = tf.memory().numTensors;
    const program = engine.compile('squares', valueAndGradient, { resident: ['grad'] });
    const uploaded = await engine.upload(inputs);
    const result = await program.run({ ...uploaded, x: inputs.x });
    expect(result.value).not.toBeInstanceOf(DeviceArray);
    expect(result.grad).toBeInstanceOf(DeviceArray);
    expect(() => result.grad.data).toThrow('is on the device');
    const { grad } = await engine.download({ grad: result.grad });
    expect([...grad.data]).toEqual([8, 12, 8, 12]);
    engine.release(uploaded);
    engine.release(result);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('an input that is handed back, or a tensor given twice, is freed once for each', async () => {
    const before = tf.memory().numTensors;
    const program = engine.compile(
      'again',
      ({ x }: { x: tf.Tensor }) => {
        const twice = tf.keep(tf.mul(x, 2));
        return { x, twice, again: twice, kept: tf.keep(tf.add(x, 1)) };
      },
      { resident: ['x', 'twice', 'again'] },
    );
    const given = await engine.upload({ x: floats([1, 2]) });
    const { kept, ...result } = await program.run(given);
    engine.release(given);
    engine.release({ twice: result.twice });
    const { x, again } = await engine.download({ x: result.x, again: result.again });
    expect([[...x.data], [...again.data], [...kept.data]]).toEqual([
      [1, 2],
      [2, 4],
      [2, 3],
    ]);
    engine.release(result);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('what comes to the host is no input of anybody', async () => {
    const x = floats([1, 2]);
    const { same } = await engine.compile('same', (given: { x: tf.Tensor }) => ({ same: given.x })).run({ x });
    same.data[0] = 5;
    expect([...x.data]).toEqual([1, 2]);
  });

  test('a loop frees what a step no longer needs', async () => {
    const steps = 6;
    const alive: number[] = [];
    const { total, seen, sums } = await engine
      .compile('sums', ({ n }: { n: tf.Tensor }) => {
        const { state, emitted } = loop({
          maxSteps: n,
          state: { total: tf.zeros([2]) as tf.Tensor, seen: tf.zeros([0, 2]) as tf.Tensor },
          growing: { seen: 0 },
          body(step, { total: sum, seen: before }) {
            alive.push(tf.memory().numTensors);
            const next = tf.add(sum!, tf.cast(step, 'float32'));
            const proceed = tf.scalar(true, 'bool');
            return {
              state: { total: next, seen: tf.concat([before!, tf.expandDims(next, 0)], 0) },
              emit: { sums: next },
              proceed,
            };
          },
        });
        return { ...state, ...emitted };
      })
      .run({ n: ints([steps], []) });
    expect([...total!.data]).toEqual([15, 15]);
    expect(seen!.data).toEqual(sums!.data);
    expect(sums!.shape).toEqual([steps, 2]);
    // Each step leaves what it emits, its answer whether to go on, and nothing else.
    const growth = alive.slice(2).map((count, index) => count - alive[index + 1]!);
    expect(growth).toEqual(growth.map(() => 2));
  });

  test('an error names the program, and the recording engine goes on', async () => {
    const broken = engine.compile('my loss', ({ w, x }: Affine) => ({ y: tf.matMul(w, tf.transpose(x), true, true) }));
    await expect(broken.run(inputs)).rejects.toThrow(/running "my loss" failed/);
    const { value } = await new OnnxEngine().compile('squares', valueAndGradient).run(inputs);
    expect([...value.data]).toEqual([52]);
  });
});
