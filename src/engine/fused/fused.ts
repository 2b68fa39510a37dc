import {
  engine,
  type GradFunc,
  getBackend,
  getKernel,
  registerGradient,
  registerKernel,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';

/** An operation worth fusing: a kernel of ours where the backend has one, else a composition of tfjs operations. */
export interface FusedOp<A, R extends Tensor | Tensor[] = Tensor> {
  name: string;
  /** The same result from ordinary operations, which tfjs differentiates automatically. */
  compose(inputs: Record<string, Tensor>, attributes: A): R;
  /** Which inputs the gradient of the fused kernel needs. */
  saves: string[];
  /** Names of all outputs, if the gradient needs them. */
  savesOutputs?: string[];
  /** Gradients of the fused kernel, one thunk per input, from the gradient of the output (or of each) and what was saved. */
  gradient(dy: R, saved: Record<string, Tensor>, attributes: A): Record<string, () => Tensor>;
}

/** Makes the operation callable and registers its gradient. */
export function fusedOp<A extends object, R extends Tensor | Tensor[] = Tensor>(
  op: FusedOp<A, R>,
): (inputs: Record<string, Tensor>, attributes: A) => R {
  const { name: kernelName, saves: inputsToSave, savesOutputs = [] } = op;
  const gradFunc: GradFunc = (dy, saved, attributes) => {
    const named = [...inputsToSave, ...savesOutputs].map((name, index) => [name, saved[index]!]);
    return op.gradient(dy as R, Object.fromEntries(named), attributes as unknown as A);
  };
  registerGradient({ kernelName, inputsToSave, outputsToSave: savesOutputs.map(() => true), gradFunc });
  return (inputs, attributes) =>
    getKernel(op.name, getBackend())
      ? engine().runKernel(op.name, inputs, attributes as never)
      : op.compose(inputs, attributes);
}

/** An operation that is its composition on every backend, but is not differentiated as one. */
export function composedOp<A extends object>(
  op: FusedOp<A>,
): (inputs: Record<string, Tensor>, attributes: A) => Tensor {
  const run = fusedOp(op);
  return (inputs, attributes) => {
    const [kernelName, backendName] = [op.name, getBackend()];
    if (!getKernel(kernelName, backendName))
      registerKernel({
        ...{ kernelName, backendName },
        kernelFunc: ({ inputs, attrs }) =>
          tidy(() => op.compose(inputs as Record<string, Tensor>, attrs as unknown as A)),
      });
    return run(inputs, attributes);
  };
}
