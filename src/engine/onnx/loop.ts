import { engine, expandDims, scalar, type Tensor } from '@tensorflow/tfjs-core';
import { type LoopResult, type LoopSpec, type LoopState, registerLoop } from '../loop.ts';
import { BACKEND_NAME, backend, elementType } from './backend.ts';
import { Graph } from './graph.ts';
import { GROWING, isOpen } from './open-sizes.ts';
import { PROVIDERS } from './providers.ts';
import { ONNX_TYPES } from './values.ts';

registerLoop(BACKEND_NAME, recordLoop);

/**
 * Records an ONNX `Loop`. The body becomes a graph of its own that sees the outer values by name, so what does not change from step to
 * step is captured, not carried.
 *
 * Source: https://onnx.ai/onnx/operators/onnx__Loop.html
 */
function recordLoop<S extends LoopState, E extends LoopState>(spec: LoopSpec<S, E>): LoopResult<S, E> {
  const outer = backend.graph;
  if (PROVIDERS[outer.provider].stepsPerRun === 1) return recordStep(spec);
  const body = new Graph(outer);
  const names = Object.keys(spec.state);
  let emittedTensors: [string, Tensor][] = [];

  backend.recordInto(body, () => {
    const iteration = body.input(body.fresh(), 'int64', []);
    body.input(body.fresh(), 'bool', []);
    const step = tensor(body.node('Cast', [iteration], { to: ONNX_TYPES.int32 }), [], 'int32');
    const before = names.map((name): [string, Tensor] => {
      const { shape, dtype } = spec.state[name]!;
      const axis = spec.growing[name];
      const dims = shape.map((size, index) => (index === axis ? GROWING : size));
      const port = dims.map((size) => (isOpen(size) ? null : size));
      return [name, tensor(body.input(body.fresh(), elementType(dtype), port), dims, dtype)];
    });
    const { state, emit, proceed } = spec.body(step, Object.fromEntries(before) as S);
    emittedTensors = Object.entries(emit);
    const give = (value: Tensor) => body.output(backend.value(value), elementType(value.dtype));
    give(proceed);
    for (const name of names) give(state[name]!);
    for (const [, value] of emittedTensors) give(value);
  });

  const limit = outer.node('Cast', [backend.value(spec.maxSteps)], { to: ONNX_TYPES.int64 });
  const initial = names.map((name) => backend.value(spec.state[name]!));
  const results = outer.multi('Loop', [limit, '', ...initial], names.length + emittedTensors.length, { body });
  const state = names.map((name, index) => {
    const { shape, dtype } = spec.state[name]!;
    const grown = shape.map((size, axis) => (axis === spec.growing[name] ? GROWING : size));
    return [name, tensor(results[index]!, grown, dtype)];
  });
  const emitted = emittedTensors.map(([name, { shape, dtype }], index) => [
    name,
    tensor(results[names.length + index]!, [GROWING, ...shape], dtype),
  ]);
  return { state: Object.fromEntries(state) as S, emitted: Object.fromEntries(emitted) as E };
}

/** The first step alone, in the graph itself. */
function recordStep<S extends LoopState, E extends LoopState>(spec: LoopSpec<S, E>): LoopResult<S, E> {
  const { state, emit } = spec.body(scalar(0, 'int32'), spec.state);
  const emitted = Object.entries(emit).map(([name, value]) => [name, expandDims(value, 0)]);
  return { state, emitted: Object.fromEntries(emitted) as E };
}

function tensor(value: string, shape: number[], dtype: Tensor['dtype']): Tensor {
  return engine().makeTensorFromTensorInfo(backend.tensorInfo(value, shape, dtype));
}
