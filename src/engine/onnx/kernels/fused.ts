import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { isOpen } from '../open-sizes.ts';
import type { Value } from '../values.ts';
import { concat, END, reshape } from './shape.ts';
import { lyingSideways, upright } from './sideways.ts';

register<{ x: TensorInfo; weight: TensorInfo }, { epsilon: number }>('RmsNorm', ({ x, weight }, { epsilon }) =>
  backend.record('SimplifiedLayerNormalization', [x, weight], x, {
    axis: -1,
    epsilon: { float: epsilon },
    stash_type: 1,
  }),
);

const asColumn = (x: TensorInfo) => reshape(x, [x.shape[0]!, 1]);

/** ONNX Runtime computes equal nodes once, so that several kernels may ask for it. */
function logSoftmax(logits: TensorInfo): TensorInfo {
  if (backend.graph.provider !== 'webgpu') return backend.record('LogSoftmax', [logits], logits, { axis: 1 });
  // WebGPU's provider has no LogSoftmax.
  const perRow = { shape: [logits.shape[0]!, 1], dtype: logits.dtype };
  const axis = backend.graph.ints([1]);
  const largest = backend.record('ReduceMax', [backend.value(logits), axis], perRow);
  const shifted = backend.record('Sub', [logits, largest], logits);
  const exponentials = backend.record('Exp', [shifted], logits);
  const total = backend.record('ReduceSum', [backend.value(exponentials), axis], perRow);
  return backend.record('Sub', [shifted, backend.record('Log', [total], perRow)], logits);
}

register<{ logits: TensorInfo; ids: TensorInfo }>('PickLogProb', ({ logits, ids }) => {
  const column = asColumn(ids);
  const output = { shape: column.shape, dtype: 'float32' as const };
  const picked = backend.record('GatherElements', [logSoftmax(logits), column], output, { axis: 1 });
  return reshape(picked, ids.shape);
});

/** dy · (one-hot − softmax), written as −dy · softmax with dy added at the picked tokens. */
register<{ logits: TensorInfo; ids: TensorInfo; dy: TensorInfo }>('PickLogProbGradient', ({ logits, ids, dy }) => {
  const column = asColumn(dy);
  const probabilities = backend.record('Exp', [logSoftmax(logits)], logits);
  const spread = backend.record('Mul', [probabilities, backend.record('Neg', [column], column)], logits);
  return backend.record('ScatterElements', [spread, asColumn(ids), column], logits, { axis: 1, reduction: 'add' });
});

register<{ logits: TensorInfo }>('Entropy', ({ logits }) => {
  const logProbs = logSoftmax(logits);
  const terms = backend.record('Mul', [backend.record('Exp', [logProbs], logits), logProbs], logits);
  const output = { shape: [logits.shape[0]!], dtype: 'float32' as const };
  const sums = backend.record('ReduceSum', [backend.value(terms), backend.graph.ints([1])], output, { keepdims: 0 });
  return backend.record('Neg', [sums], sums);
});

/** Each token is a row of its own to ONNX Runtime's operator, so that it may have any position. */
register<{ x: TensorInfo; positions: TensorInfo; cos: TensorInfo; sin: TensorInfo }>(
  'Rotary',
  ({ x, positions, cos, sin }) => {
    const [tokens, heads, headDim] = x.shape as [number, number, number];
    const rows = reshape(x, [tokens, 1, heads * headDim]);
    const at = backend.graph.node('Cast', [backend.value(asColumn(positions))], { to: 7 });
    const inputs = [backend.value(rows), at, backend.value(cos), backend.value(sin)];
    const attributes = { num_heads: heads, rotary_embedding_dim: headDim };
    return reshape(backend.record('RotaryEmbedding', inputs, rows, attributes, 'com.microsoft'), x.shape);
  },
);

register<{ gateUp: TensorInfo }>('SwiGlu', ({ gateUp }) => {
  const sideways = lyingSideways(gateUp);
  return sideways ? upright(swiglu(sideways, 0)) : swiglu(gateUp, gateUp.shape.length - 1);
});

/** With gate and up side by side along `axis`. */
function swiglu(gateUp: TensorInfo, axis: number): TensorInfo {
  const { graph } = backend;
  const size = gateUp.shape[axis]! / 2;
  const [gate, up] = graph.multi('Split', [backend.value(gateUp), graph.ints([size, size])], 2, { axis });
  const silu = graph.node('QuickGelu', [gate!], { alpha: { float: 1 } }, 'com.microsoft');
  const shape = gateUp.shape.map((full, at) => (at === axis ? size : full));
  return backend.record('Mul', [silu, up!], { shape, dtype: gateUp.dtype });
}

/** The places between the parts are worked out by the graph where they depend on open sizes. */
register<Record<string, TensorInfo>>('JointSoftmax', (inputs) => {
  const { graph } = backend;
  const parts = Object.values(inputs);
  const weights = graph.node('Softmax', [backend.value(concat(parts, -1))], { axis: -1 });
  const axes = graph.ints([-1]);
  let start = graph.ints([0]);
  return parts.map((part, index) => {
    const end = index === parts.length - 1 ? graph.ints([END]) : endOf(parts.slice(0, index + 1));
    const share = backend.record('Slice', [weights, start, end, axes], part);
    start = end;
    return share;
  });
});

/** int64 [1]: how long the last axes of these are together. */
function endOf(parts: TensorInfo[]): Value {
  const { graph } = backend;
  return parts
    .map((part) => {
      const length = part.shape.at(-1)!;
      return isOpen(length) ? graph.node('Shape', [backend.value(part)], { start: -1 }) : graph.ints([length]);
    })
    .reduce((total, length) => graph.node('Add', [total, length]));
}
