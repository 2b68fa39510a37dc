import { add, matMul, reshape, reverse, slice, stack, type Tensor, tensor1d, transpose } from '@tensorflow/tfjs-core';
import { fusedOp } from './fused.ts';
import { gatherRows } from './gather-rows.ts';

/** [steps + 1, ...]: first the state after all steps, then that before each. One tensor, because tfjs makes up gradients for outputs that are not used. */
const recurrenceOp: ReturnType<typeof fusedOp<Record<string, never>>> = fusedOp<Record<string, never>>({
  name: 'MatrixRecurrence',
  compose({ factors, terms, state }) {
    // Not unstacked: tfjs has no gradient of that for a single step.
    const at = (x: Tensor, step: number) => reshape(slice(x, [step, 0, 0, 0], [1, -1, -1, -1]), x.shape.slice(1));
    const states = [state!];
    for (let step = 0; step < factors!.shape[0]!; step++)
      states.push(add(matMul(at(factors!, step), states.at(-1)!), at(terms!, step)));
    return stack([states.pop()!, ...states]);
  },
  saves: ['factors'],
  savesOutputs: ['states'],
  /** The gradient of the state before a step is its own and that of the state after it, through the factor: the same recurrence, backwards. */
  gradient(dy, { factors, states }) {
    const { starts: ofBefore, final: ofAfter } = parts(dy);
    const backwards = recurrenceOp(
      { factors: reverse(swapped(factors!), 0), terms: reverse(ofBefore, 0), state: ofAfter },
      {},
    );
    const { starts, final } = parts(backwards);
    const afterEach = reverse(starts, 0);
    return {
      factors: () => matMul(afterEach, parts(states!).starts, false, true),
      terms: () => afterEach,
      state: () => final,
    };
  },
});

const swapped = (x: Tensor): Tensor => transpose(x, [0, 1, 3, 2]);

function parts(states: Tensor): { starts: Tensor; final: Tensor } {
  const [, ...shape] = states.shape;
  const first = gatherRows(states, tensor1d([0], 'int32'));
  return {
    starts: slice(states, [1, ...shape.map(() => 0)], [-1, ...shape.map(() => -1)]),
    final: reshape(first, shape),
  };
}

/**
 * The states of a recurrence of matrices, stateₙ₊₁ = factorₙ · stateₙ + termₙ, for factors [steps, batch, n, n], terms [steps, batch, n, m] and the first
 * state [batch, n, m]: that before each step, [steps, batch, n, m], and that after the last one. Sizes may be open, the number of steps too.
 */
export const matrixRecurrence = (factors: Tensor, terms: Tensor, state: Tensor): { starts: Tensor; final: Tensor } =>
  parts(recurrenceOp({ factors, terms, state }, {}));
