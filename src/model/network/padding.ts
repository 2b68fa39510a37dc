/**
 * Between tokens laid end to end, which is what a decoder layer works on, and the padded grids that attention needs. Both ways are gathers,
 * and so are their gradients: a scatter would add where nothing is ever added twice.
 */
import {
  cast,
  customGrad,
  expandDims,
  gather,
  greaterEqual,
  maximum,
  mul,
  scalar,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';

type GradSaver = (tensors: Tensor[]) => void;

/** Which token is in which cell of a grid, and the other way round. */
export interface Places {
  /** int32 [cells]: the token in each cell, -1 where there is padding. */
  tokens: Tensor1D;
  /** int32 [tokens]: each token's cell, -1 for a token that is not in this grid. */
  cells: Tensor1D;
}

/** Rows of x [tokens, ...] at their cells; padding holds the row of some token, and must not be used. */
export function spread(x: Tensor, { tokens, cells }: Places): Tensor {
  return withGradient(x, (input) => gather(input, orFirst(tokens)), cells);
}

/** Rows of the grid x [cells, ...] in the order of the tokens, 0 for those that are not in it. */
export function collect(x: Tensor, { tokens, cells }: Places): Tensor {
  return withGradient(x, (input) => rowsOrZero(input, cells), tokens);
}

/** A gather whose gradient is another one: of these rows of the gradient. */
function withGradient(x: Tensor, forward: (x: Tensor) => Tensor, back: Tensor1D): Tensor {
  const operation = customGrad((input, save) => {
    // Saved, because an eager engine frees what the forward pass made before it goes back.
    (save as GradSaver)([back]);
    return {
      value: forward(input as Tensor),
      gradFunc: (dy: Tensor, [rows]: Tensor[]) => rowsOrZero(dy, rows as Tensor1D),
    };
  });
  return operation(x);
}

/** Rows of x by their indices, 0 for -1. */
function rowsOrZero(x: Tensor, indices: Tensor1D): Tensor {
  const isThere = cast(greaterEqual(indices, scalar(0, 'int32')), 'float32');
  return mul(gather(x, orFirst(indices)), x.rank === 1 ? isThere : expandDims(isThere, 1));
}

const orFirst = (indices: Tensor1D): Tensor1D => maximum(indices, scalar(0, 'int32'));
