import { engine, type GradFunc, getBackend, getKernel, registerGradient, type Tensor } from '@tensorflow/tfjs-core';

/** An operation worth fusing: a tfjs kernel of ours where the backend has one, else a composition of tfjs operations. */
export interface FusedOp<A> {
  name: string;
  /** The same result out of ordinary operations; tfjs differentiates it by itself. */
  compose(inputs: Record<string, Tensor>, attributes: A): Tensor;
  /** Which inputs the gradient of the fused kernel needs. */
  saves: string[];
  /** Gradients of the fused kernel, one thunk per input, from the output's gradient and what was saved. */
  gradient(dy: Tensor, saved: Record<string, Tensor>, attributes: A): Record<string, () => Tensor>;
}

/** Makes the operation callable and registers its gradient. */
export function fusedOp<A extends object>(op: FusedOp<A>): (inputs: Record<string, Tensor>, attributes: A) => Tensor {
  const gradFunc: GradFunc = (dy, saved, attributes) => {
    const inputs = Object.fromEntries(op.saves.map((name, index) => [name, saved[index]!]));
    return op.gradient(dy as Tensor, inputs, attributes as unknown as A);
  };
  registerGradient({ kernelName: op.name, inputsToSave: op.saves, gradFunc });
  return (inputs, attributes) =>
    getKernel(op.name, getBackend())
      ? engine().runKernel(op.name, inputs, attributes as never)
      : op.compose(inputs, attributes);
}
