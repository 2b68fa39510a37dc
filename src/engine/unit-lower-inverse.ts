import {
  add,
  customGrad,
  matMul,
  mul,
  neg,
  sub,
  type Tensor,
  type Tensor2D,
  tensor2d,
  zerosLike,
} from '@tensorflow/tfjs-core';

type GradSaver = (tensors: Tensor[]) => void;

/** [size, size]: 1 where the function of row and column says so, else 0. */
export const mask = (size: number, isIn: (row: number, column: number) => boolean): Tensor2D =>
  tensor2d(
    Float32Array.from({ length: size * size }, (_, at) => (isIn(Math.floor(at / size), at % size) ? 1 : 0)),
    [size, size],
  );

/**
 * The inverse of I + `lower`, for strictly lower triangular matrices [batch, size, size] whose size is a power of two. Pairs of diagonal blocks that
 * are inverted make one of twice the size, [[A, 0], [B, D]]⁻¹ = [[A⁻¹, 0], [−D⁻¹ B A⁻¹, D⁻¹]]: as stable as substitution, which powers of the matrix
 * are not where its numbers are near 1.
 */
export function unitLowerInverse(lower: Tensor): Tensor {
  const size = lower.shape.at(-1)!;
  const operation = customGrad((x, save) => {
    let inverse: Tensor = add(
      zerosLike(x as Tensor),
      mask(size, (row, column) => row === column),
    );
    for (let block = 1; block < size; block *= 2) {
      const isPair = (row: number, column: number) =>
        Math.floor(row / block) === Math.floor(column / block) + 1 && Math.floor(row / block) % 2 === 1;
      const between = mul(x as Tensor, mask(size, isPair));
      inverse = sub(inverse, block === 1 ? between : matMul(matMul(inverse, between), inverse));
    }
    (save as GradSaver)([inverse]);
    return {
      value: inverse,
      gradFunc: (dy: Tensor, [result]: Tensor[]) => {
        const whole = neg(matMul(matMul(result!, dy, true), result!, false, true));
        return mul(
          whole,
          mask(size, (row, column) => row > column),
        );
      },
    };
  });
  return operation(lower);
}
