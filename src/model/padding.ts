/**
 * Between tokens laid end to end, which is what a decoder layer works on, and the padded grid that attention needs. Both ways are gathers,
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

/** Which token stands in which cell of a grid, and the other way round. */
export interface Places {
  /** int32 [cells]: the token in each cell, -1 where there is padding. */
  tokens: Tensor1D;
  /** int32 [tokens]: each token's cell. */
  cells: Tensor1D;
}

/** Rows of x [tokens, ...] at their cells; padding holds some token's row, which nobody may look at. */
export const spread = (x: Tensor, { tokens, cells }: Places): Tensor =>
  gatherWith(x, maximum(tokens, scalar(0, 'int32')) as Tensor1D, (dy) => gather(dy, cells));

/** Rows of the grid x [cells, ...] in the order of the tokens. */
export const collect = (x: Tensor, { tokens, cells }: Places): Tensor =>
  gatherWith(x, cells, (dy) => {
    const isToken = cast(greaterEqual(tokens, scalar(0, 'int32')), 'float32');
    const grid = gather(dy, maximum(tokens, scalar(0, 'int32')) as Tensor1D);
    return mul(grid, dy.rank === 1 ? isToken : expandDims(isToken, 1));
  });

/** `gather` along the first axis with a gradient of one's own. */
function gatherWith(x: Tensor, indices: Tensor1D, gradient: (dy: Tensor) => Tensor): Tensor {
  const operation = customGrad((input) => ({ value: gather(input as Tensor, indices), gradFunc: gradient }));
  return operation(x);
}
