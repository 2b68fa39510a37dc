import type { TensorInfo } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { isOpen } from '../open-sizes.ts';
import { ONNX_TYPES, type Value } from '../values.ts';
import { concat, END, reshape } from './shape.ts';
import { transpose, transposedFrom } from './transpose.ts';
import { zeroAfter } from './zero-after.ts';

register<{ x: TensorInfo; weight: TensorInfo }, { epsilon: number }>('RmsNorm', ({ x, weight }, { epsilon }) =>
  backend.record('SimplifiedLayerNormalization', [x, weight], x, {
    axis: -1,
    epsilon: { float: epsilon },
    stash_type: 1,
  }),
);

register<{ x: TensorInfo; weight: TensorInfo; bias: TensorInfo }, { epsilon: number }>(
  'LayerNorm',
  ({ x, weight, bias }, { epsilon }) =>
    backend.record('LayerNormalization', [x, weight, bias], x, { axis: -1, epsilon: { float: epsilon } }),
);

const asColumn = (x: TensorInfo) => reshape(x, [x.shape[0]!, 1]);

/** log softmax of each row [n, classes]. Several kernels may record it: ONNX Runtime merges equal nodes. */
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
  const column = asColumn(ids); // [n, 1]
  const output = { shape: column.shape, dtype: 'float32' as const };
  const picked = backend.record('GatherElements', [logSoftmax(logits), column], output, { axis: 1 }); // [n, 1]
  return reshape(picked, ids.shape); // [n]
});

/** dy · (one-hot − softmax), written as −dy · softmax with dy added at the picked ids. */
register<{ logits: TensorInfo; ids: TensorInfo; dy: TensorInfo }>('PickLogProbGradient', ({ logits, ids, dy }) => {
  const column = asColumn(dy); // [n, 1]
  const probabilities = backend.record('Exp', [logSoftmax(logits)], logits); // [n, classes]
  const spread = backend.record('Mul', [probabilities, backend.record('Neg', [column], column)], logits); // [n, classes]
  return backend.record('ScatterElements', [spread, asColumn(ids), column], logits, { axis: 1, reduction: 'add' });
});

register<{ x: TensorInfo; columns: TensorInfo }>('PickColumn', ({ x, columns }) => {
  const column = asColumn(columns); // [n, 1]
  return backend.record('GatherElements', [x, column], { shape: column.shape, dtype: x.dtype }, { axis: 1 });
});

register<{ x: TensorInfo; columns: TensorInfo; values: TensorInfo }>('AddToColumn', ({ x, columns, values }) =>
  backend.record('ScatterElements', [x, asColumn(columns), values], x, { axis: 1, reduction: 'add' }),
);

/**
 * A reshape to the shape that x has, which costs nothing: zeros keep sizes. They are computed from the other's shape where only the graph knows
 * it, else from one of its numbers; on a GPU that number would have to come to the host.
 */
register<{ x: TensorInfo; other: TensorInfo }>('After', ({ x, other }) => {
  const { graph } = backend;
  const byShape = isOpen(other.shape[0]!) || graph.provider !== 'cpu';
  const known = byShape ? graph.node('Shape', [backend.value(other)], { start: 0, end: 1 }) : zeroAfter(other);
  const zeros = graph.node('Mul', [known, graph.ints(x.shape.map(() => 0))]);
  return backend.record('Reshape', [backend.value(x), zeros], x);
});

register<{ logits: TensorInfo }>('Entropy', ({ logits }) => {
  const logProbs = logSoftmax(logits);
  const terms = backend.record('Mul', [backend.record('Exp', [logProbs], logits), logProbs], logits);
  const output = { shape: [logits.shape[0]!], dtype: 'float32' as const };
  const sums = backend.record('ReduceSum', [backend.value(terms), backend.graph.ints([1])], output, { keepdims: 0 });
  return backend.record('Neg', [sums], sums);
});

/** To ONNX Runtime's operator each token is a sequence of its own, so that it may have any position. */
register<{ x: TensorInfo; positions: TensorInfo; cos: TensorInfo; sin: TensorInfo }>(
  'Rotary',
  ({ x, positions, cos, sin }) => {
    const [tokens, heads, headDim] = x.shape as [number, number, number];
    const rows = reshape(x, [tokens, 1, heads * headDim]);
    const at = backend.graph.node('Cast', [backend.value(asColumn(positions))], { to: ONNX_TYPES.int64 }); // [tokens, 1]
    const inputs = [backend.value(rows), at, backend.value(cos), backend.value(sin)];
    const attributes = { num_heads: heads, rotary_embedding_dim: 2 * cos.shape[1]! };
    return reshape(backend.record('RotaryEmbedding', inputs, rows, attributes, 'com.microsoft'), x.shape);
  },
);

register<{ gateUp: TensorInfo }>('SwiGlu', ({ gateUp }) => {
  const original = transposedFrom(gateUp);
  return original ? transpose(swiglu(original, 0)) : swiglu(gateUp, gateUp.shape.length - 1);
});

/** silu(gate) · up, of gate and up concatenated along `axis`, 2n → n. */
function swiglu(gateUp: TensorInfo, axis: number): TensorInfo {
  const { graph } = backend;
  const size = gateUp.shape[axis]! / 2;
  const [gate, up] = graph.multi('Split', [backend.value(gateUp), graph.ints([size, size])], 2, { axis });
  const silu = graph.node('QuickGelu', [gate!], { alpha: { float: 1 } }, 'com.microsoft');
  const shape = gateUp.shape.map((full, at) => (at === axis ? size : full));
  return backend.record('Mul', [silu, up!], { shape, dtype: gateUp.dtype });
}

/** The offsets of the parts are computed by the graph where they depend on open sizes. */
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

/** int64 [1]: the sum of the sizes of these parts' last axes. */
function endOf(parts: TensorInfo[]): Value {
  const { graph } = backend;
  return parts
    .map((part) => {
      const length = part.shape.at(-1)!;
      return isOpen(length) ? graph.node('Shape', [backend.value(part)], { start: -1 }) : graph.ints([length]);
    })
    .reduce((total, length) => graph.node('Add', [total, length]));
}
