import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { Graph } from '../graph.ts';

/** An ONNX `Loop` over the steps: its last state, then the one before each, as `fused/matrix-recurrence.ts` wants them. */
register<{ factors: TensorInfo; terms: TensorInfo; state: TensorInfo }>(
  'MatrixRecurrence',
  ({ factors, terms, state }) => {
    const outer = backend.graph;
    const [factorsOf, termsOf, first] = [factors, terms, state].map((x) => backend.value(x)) as [
      string,
      string,
      string,
    ];
    const body = new Graph(outer);
    const iteration = body.input(body.fresh(), 'int64', []);
    const proceed = body.input(body.fresh(), 'bool', []);
    const before = body.input(
      body.fresh(),
      'float32',
      state.shape.map(() => null),
    );
    const at = (x: string) => body.node('Gather', [x, iteration], { axis: 0 });
    const after = body.node('Add', [body.node('MatMul', [at(factorsOf), before]), at(termsOf)]);
    body.output(proceed, 'bool');
    body.output(after, 'float32');
    body.output(before, 'float32');
    const steps = outer.node('Squeeze', [outer.node('Shape', [factorsOf], { start: 0, end: 1 })]);
    const [final, starts] = outer.multi('Loop', [steps, '', first], 2, { body }) as [string, string];
    const states = [outer.node('Unsqueeze', [final, outer.ints([0])]), starts];
    const [count, ...rest] = terms.shape as [number, ...number[]];
    return backend.record('Concat', states, { shape: [count + 1, ...rest], dtype: 'float32' }, { axis: 0 });
  },
);
