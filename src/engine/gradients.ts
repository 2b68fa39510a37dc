/** TensorFlow.js's gradients, one of them replaced to allow sizes that are known only when a graph runs. */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { mul, onesLike, registerGradient, reshape, type Tensor, util } from '@tensorflow/tfjs-core';

/** TensorFlow.js's own creates ones on the host, as many as x has elements. */
registerGradient({
  kernelName: 'Sum',
  inputsToSave: ['x'],
  gradFunc(dy, [x], attributes) {
    const { axis: given } = attributes as { axis?: number[] };
    const axes = util.parseAxisParam(given!, x!.shape);
    const kept = x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    return { x: () => mul(reshape(dy as Tensor, kept), onesLike(x!)) };
  },
});
