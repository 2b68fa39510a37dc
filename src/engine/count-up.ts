import { cast, cumsum, onesLike, type Tensor1D } from '@tensorflow/tfjs-core';

/** int32 [n]: 0, 1, 2 … for floats [n], where n may be an open size, which `range` would make a constant. */
export const countUp = (floats: Tensor1D): Tensor1D => cast(cumsum(onesLike(floats), 0, true), 'int32');
