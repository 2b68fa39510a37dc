import { cast, cumsum, onesLike, type Tensor1D } from '@tensorflow/tfjs-core';

/** 0, 1, 2 …, int32, one for each of some floats: a range would bake in how many they are, which may be an open size. */
export const countUp = (floats: Tensor1D): Tensor1D => cast(cumsum(onesLike(floats), 0, true), 'int32');
