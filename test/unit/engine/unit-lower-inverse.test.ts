import * as tf from '@tensorflow/tfjs-core';
import { sum, type Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { floats } from '../../../src/engine/tree.ts';
import { unitLowerInverse } from '../../../src/engine/unit-lower-inverse.ts';
import { runEagerly } from '../../helpers/eager.ts';

const SIZE = 64;

/** Strictly lower triangular, [1, SIZE, SIZE]. */
const lower = (value: (row: number, column: number) => number) =>
  floats(
    Array.from({ length: SIZE * SIZE }, (_, at) => {
      const [row, column] = [Math.floor(at / SIZE), at % SIZE];
      return row > column ? value(row, column) : 0;
    }),
    [1, SIZE, SIZE],
  );

test('keys that are all the same: powers of the matrix reach 10^17, its inverse has ones only', () => {
  const inverse = ({ x }: { x: Tensor }) => ({ y: unitLowerInverse(x) });
  const { y } = runEagerly(inverse, { x: lower(() => 1) });
  const expected = Array.from({ length: SIZE * SIZE }, (_, at) => {
    const [row, column] = [Math.floor(at / SIZE), at % SIZE];
    return row === column ? 1 : row === column + 1 ? -1 : 0;
  });
  expect([...y.data]).toEqual(expected);
});

test('the gradient is that of differences', () => {
  const value = (row: number, column: number) => Math.sin(row * 7 + column * 3) / 4;
  const loss = (x: Tensor) => sum(tf.square(unitLowerInverse(x))) as tf.Scalar;
  const at = (move: number) =>
    runEagerly(({ x }: { x: Tensor }) => ({ y: loss(x) }), {
      x: lower((row, column) => value(row, column) + (row === 40 && column === 9 ? move : 0)),
    }).y.data[0]!;
  const { y } = runEagerly(({ x }: { x: Tensor }) => ({ y: tf.grad(loss)(x) }), { x: lower(value) });
  expect(y.data[40 * SIZE + 9]! / ((at(0.02) - at(-0.02)) / 0.04)).toBeCloseTo(1, 2);
  expect(y.data[9 * SIZE + 40]).toBeCloseTo(0, 10);
});
