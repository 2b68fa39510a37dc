import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { keep, type Scalar, type Tensor, type Tensor2D, valueAndGrads } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { adamW, adamWScalars, clipByGlobalNorm, type Tensors } from '../../../src/engine/optimizer.ts';
import { floats, scalar } from '../../../src/engine/tree.ts';
import { grpoLoss } from '../../../src/grpo/loss.ts';
import type { LossSums } from '../../../src/grpo/loss-sums.ts';
import { lossMetrics } from '../../../src/grpo/metrics.ts';
import { adamWHyper, expectMetrics, fixture, maxDifference } from './fixture.ts';

/** The same programs, recorded into ONNX graphs by our own backend: it must have every op that they use. */
const engine = new OnnxEngine();
const matrix = (table: number[][]) => floats(table.flat(), [table.length, table[0]!.length]);

describe.each(fixture.losses)('losses', ({ inputs, cases }) => {
  test.each(cases)('$options', async ({ options, loss, gradient, metrics }) => {
    type Inputs = Record<keyof typeof inputs, Tensor2D> & { totalRows: Scalar; totalTokens: Scalar };
    const program = engine.compile('loss', ({ logps, ...rest }: Inputs) => {
      let sums!: LossSums;
      const { value, grads } = valueAndGrads((lp: Tensor) => {
        const result = grpoLoss({ ...rest, logps: lp as Tensor2D }, options);
        sums = result.sums;
        for (const each of Object.values(sums)) keep(each);
        return result.loss;
      })([logps]);
      return { loss: value, gradient: grads[0]!, sums: { ...sums } as Record<string, Tensor> };
    });
    const tokens = inputs.mask.flat().reduce((sum, m) => sum + m, 0);
    const result = await program.run({
      logps: matrix(inputs.logps),
      oldLogps: matrix(inputs.oldLogps),
      sampledLogps: matrix(inputs.sampledLogps),
      refLogps: matrix(inputs.refLogps),
      entropies: matrix(inputs.entropies),
      mask: matrix(inputs.mask),
      advantages: matrix(inputs.advantages),
      totalRows: scalar(inputs.mask.length),
      totalTokens: scalar(tokens),
    });
    expect(Math.abs(result.loss.data[0]! - loss)).toBeLessThan(1e-5);
    expect(maxDifference(result.gradient.data, gradient.flat())).toBeLessThan(1e-5);
    const sums = Object.fromEntries(Object.entries(result.sums).map(([name, each]) => [name, each.data[0]!]));
    expectMetrics(lossMetrics(sums), metrics, options, inputs.advantages);
    await program.dispose();
  });
});

test('AdamW and clipping', async () => {
  const { maxNorm, start, steps } = fixture.adamw;
  const arrays = (tables: Record<string, number[] | number[][]>) =>
    Object.fromEntries(
      Object.entries(tables).map(([name, table]) => [
        name,
        floats(table.flat(), Array.isArray(table[0]) ? [table.length, table[0].length] : [table.length]),
      ]),
    );
  type Inputs = {
    params: Tensors;
    grads: Tensors;
    m: Tensors;
    v: Tensors;
    scalars: { learningRate: Scalar; biasCorrection1: Scalar; biasCorrection2: Scalar };
  };
  const program = engine.compile('update', ({ params, grads, m, v, scalars }: Inputs) => {
    const clipped = clipByGlobalNorm(grads, maxNorm);
    return { ...adamW(params, clipped.grads, m, v, scalars, adamWHyper), norm: clipped.norm };
  });
  const zeros = Object.fromEntries(Object.entries(start).map(([name, table]) => [name, table.flat().map(() => 0)]));
  let state = { params: arrays(start), m: arrays(zeros), v: arrays(zeros) };
  for (const moment of [state.m, state.v]) {
    for (const name of Object.keys(moment)) moment[name]!.shape = state.params[name]!.shape;
  }
  for (const [index, reference] of steps.entries()) {
    const numbers = adamWScalars(index + 1, reference.learningRate, adamWHyper);
    const { norm, ...next } = await program.run({
      ...state,
      grads: arrays(reference.gradients),
      scalars: {
        learningRate: scalar(numbers.learningRate),
        biasCorrection1: scalar(numbers.biasCorrection1),
        biasCorrection2: scalar(numbers.biasCorrection2),
      },
    });
    state = next;
    expect(norm.data[0]).toBeCloseTo(reference.norm, 6);
    for (const [name, table] of Object.entries(reference.params)) {
      expect(maxDifference(state.params[name]!.data, table.flat()), name).toBeLessThan(1e-6);
    }
  }
  await program.dispose();
});
