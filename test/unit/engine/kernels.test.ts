import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { uniforms } from '../../../src/data/random.ts';
import { after } from '../../../src/engine/fused/after.ts';
import { addToColumn, pickColumn } from '../../../src/engine/fused/column.ts';
import { gatherRows } from '../../../src/engine/fused/gather-rows.ts';
import { halfRows } from '../../../src/engine/fused/half-rows.ts';
import { jointSoftmax } from '../../../src/engine/fused/joint-softmax.ts';
import { layerNorm } from '../../../src/engine/fused/layer-norm.ts';
import { matrixRecurrence } from '../../../src/engine/fused/matrix-recurrence.ts';
import { entropy, pickLogProb } from '../../../src/engine/fused/pick-log-prob.ts';
import { quantizedMatMul } from '../../../src/engine/fused/quantized-matmul.ts';
import { rmsNorm } from '../../../src/engine/fused/rms-norm.ts';
import { rotate } from '../../../src/engine/fused/rotary.ts';
import { swiglu } from '../../../src/engine/fused/swiglu.ts';
import { OnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { bytesOf } from '../../../src/engine/onnx/graph.ts';
import type { Provider } from '../../../src/engine/onnx/providers.ts';
import { type ArrayTree, leaves, type NdArray, type TensorTree } from '../../../src/engine/tree.ts';
import { runEagerly } from '../../helpers/eager.ts';

/** What a case is given: random shapes, and random tensors that become the program's inputs. */
interface Draw {
  /** A random size: from 1 to 5, and in the last round so large that ONNX Runtime shares the work out among threads. */
  size(): number;
  /** A random size from 1 to 5 in every round. */
  small(): number;
  /** Which of `count` alternatives to take. */
  pick(count: number): number;
  float(shape: number[], low?: number, high?: number): NdArray;
  int(shape: number[], below: number): NdArray;
  bool(shape: number[]): NdArray;
}
interface Case {
  inputs: Record<string, NdArray>;
  // biome-ignore lint/suspicious/noExplicitAny: a case knows the ranks of its own tensors
  program(inputs: any): tf.Tensor | tf.Tensor[];
  /** Comparisons and integer results have no gradient. */
  gradient?: false;
  /** The inputs that have a gradient; all floats unless given. */
  learned?: string[];
}

const unary =
  (f: (x: tf.Tensor) => tf.Tensor, low = -2, high = 2, gradient?: false) =>
  (draw: Draw): Case => ({
    inputs: { x: draw.float([draw.size(), draw.size(), draw.small()], low, high) },
    program: ({ x }) => f(x),
    ...(gradient === false && { gradient }),
  });
/** Two operands whose shapes broadcast in one of the ways there are. */
const binary =
  (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, low = -2, gradient?: false) =>
  (draw: Draw): Case => {
    const [m, n] = [draw.size(), draw.size()];
    const other = [[m, n], [n], [m, 1], [], [1, n], [2, m, n]][draw.pick(6)]!;
    return {
      inputs: { a: draw.float([m, n], low), b: draw.float(other, low) },
      program: ({ a, b }) => f(a, b),
      ...(gradient === false && { gradient }),
    };
  };
const logical =
  (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
  (draw: Draw): Case => {
    const shape = [draw.size(), draw.size()];
    return { inputs: { a: draw.bool(shape), b: draw.bool(shape) }, program: ({ a, b }) => f(a, b), gradient: false };
  };
const reduction =
  (f: (x: tf.Tensor, axis?: number | number[], keep?: boolean) => tf.Tensor, gradient?: false) =>
  (draw: Draw): Case => {
    const axis = [undefined, 0, -1, [0, 2], [1]][draw.pick(5)];
    const keep = draw.pick(2) === 1;
    return { ...unary((x) => f(x, axis, keep))(draw), ...(gradient === false && { gradient }) };
  };
const flags =
  (f: (x: tf.Tensor, axis?: number) => tf.Tensor) =>
  (draw: Draw): Case => ({
    inputs: { x: draw.bool([draw.size(), draw.size()]) },
    program: (
      (axis) =>
      ({ x }) =>
        f(x, axis)
    )([undefined, 0, 1][draw.pick(3)]),
    gradient: false,
  });

/** One or more cases for every kernel that the backend has; a test below fails for a kernel that none reaches. */
const cases: Record<string, (draw: Draw) => Case> = {
  Abs: unary(tf.abs),
  Ceil: unary(tf.ceil),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  Floor: unary(tf.floor),
  Log: unary(tf.log, 0.1, 3),
  Neg: unary(tf.neg),
  Reciprocal: unary(tf.reciprocal, 0.2, 2),
  Relu: unary(tf.relu),
  Round: unary(tf.round),
  Sigmoid: unary(tf.sigmoid, -20, 20),
  Sign: unary(tf.sign),
  Softplus: unary(tf.softplus, -20, 20),
  Sqrt: unary(tf.sqrt, 0.1, 3),
  Tanh: unary(tf.tanh),
  Square: unary(tf.square),
  Rsqrt: unary(tf.rsqrt, 0.1, 3),
  Log1p: unary(tf.log1p, -0.5, 3),
  Step: unary((x) => tf.step(x, 0.5)),
  Identity: unary((x) => tf.clone(x)),
  ClipByValue: unary((x) => tf.clipByValue(x, -0.5, 1)),
  Cast: unary((x) => tf.cast(tf.cast(tf.mul(x, 3), 'int32'), 'float32'), -2, 2, false),
  'Cast to bool': unary((x) => tf.cast(tf.floor(x), 'bool'), -2, 2, false),
  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Multiply: binary(tf.mul),
  RealDiv: binary(tf.div, 0.3),
  Pow: binary(tf.pow, 0.3),
  // tfjs's own gradients of these three do not undo broadcasting: equal shapes there, all shapes forward.
  Maximum: binary(tf.maximum, -2, false),
  'Maximum, gradient': unary((x) => tf.maximum(x, tf.neg(x))),
  Minimum: binary(tf.minimum, -2, false),
  SquaredDifference: binary(tf.squaredDifference, -2, false),
  'SquaredDifference, gradient': unary((x) => tf.squaredDifference(x, tf.neg(x))),
  'Minimum, gradient': unary((x) => tf.minimum(x, tf.neg(x))),
  FloorDiv: binary(
    (a, b) => tf.floorDiv(tf.cast(tf.mul(a, 9), 'int32'), tf.cast(tf.add(tf.abs(tf.mul(b, 3)), 1), 'int32')),
    -2,
    false,
  ),
  Equal: binary((a, b) => tf.equal(tf.round(a), tf.round(b)), -2, false),
  NotEqual: binary((a, b) => tf.notEqual(tf.round(a), tf.round(b)), -2, false),
  Greater: binary(tf.greater, -2, false),
  GreaterEqual: binary((a, b) => tf.greaterEqual(tf.round(a), tf.round(b)), -2, false),
  Less: binary(tf.less, -2, false),
  LessEqual: binary((a, b) => tf.lessEqual(tf.round(a), tf.round(b)), -2, false),
  LogicalAnd: logical(tf.logicalAnd),
  LogicalOr: logical(tf.logicalOr),
  LogicalNot: logical((a) => tf.logicalNot(a)),
  Select: (draw) => {
    const shape = [draw.size(), draw.size()];
    const inputs = { c: draw.bool(shape), a: draw.float(shape), b: draw.float(shape) };
    return { inputs, program: ({ c, a, b }) => tf.where(c, a, b) };
  },
  Sum: reduction(tf.sum),
  Mean: reduction(tf.mean),
  Prod: reduction(tf.prod, false),
  Max: reduction(tf.max),
  Min: reduction(tf.min),
  All: flags(tf.all),
  Any: flags(tf.any),
  ArgMax: unary((x) => tf.argMax(x, 1), -2, 2, false),
  TopK: (draw) => {
    const n = draw.size() + 1;
    const program = ({ x }: { x: tf.Tensor }) => Object.values(tf.topk(x, n - 1));
    return { inputs: { x: draw.float([draw.size(), n]) }, program, gradient: false };
  },
  Softmax: unary((x) => tf.softmax(x)),
  Cumsum: (draw) => {
    const [axis, exclusive, reverse] = [draw.pick(3), draw.pick(2) === 1, draw.pick(2) === 1];
    // tfjs's own gradient is right for the last axis only.
    return unary((x) => tf.cumsum(x, axis, exclusive, reverse), -2, 2, axis === 2 ? undefined : false)(draw);
  },
  Reshape: unary((x) => tf.reshape(x, [-1, x.shape[1]!])),
  ExpandDims: (draw) => {
    const axis = [0, 1, -1][draw.pick(3)]!;
    return unary((x) => tf.expandDims(x, axis))(draw);
  },
  Transpose: unary((x) => tf.transpose(x, [2, 0, 1])),
  Concat: (draw) => {
    const [m, n] = [draw.size(), draw.size()];
    const inputs = { a: draw.float([m, n]), b: draw.float([m, 2]), c: draw.float([m, 0]) };
    return { inputs, program: ({ a, b, c }) => tf.concat([a, b, c], -1) };
  },
  Slice: (draw) => {
    const start = draw.pick(2);
    return { inputs: { x: draw.float([3, draw.size() + 2]) }, program: ({ x }) => tf.slice(x, [1, start], [-1, 2]) };
  },
  SplitV: (draw) => ({
    inputs: { x: draw.float([draw.size(), 6]) },
    program: ({ x }) => tf.split(x, [1, 3, 2], -1),
  }),
  Pack: (draw) => {
    const shape = [draw.size(), draw.size()];
    const axis = draw.pick(3);
    return {
      inputs: { a: draw.float(shape), b: draw.float(shape) },
      program: ({ a, b }) => tf.stack([a, b], axis),
    };
  },
  Unpack: (draw) => {
    const axis = draw.pick(2);
    return { inputs: { x: draw.float([draw.size() + 1, draw.size() + 1]) }, program: ({ x }) => tf.unstack(x, axis) };
  },
  Tile: (draw) => {
    // tfjs's gradient is an addition for each repetition.
    const reps = [draw.small(), 1, draw.small()];
    const n = draw.size();
    return {
      inputs: {
        x: draw.float(
          [
            [1, n, 1],
            [2, n, 2],
          ][draw.pick(2)]!,
        ),
      },
      program: ({ x }) => tf.tile(x, reps),
    };
  },
  PadV2: (draw) => ({
    inputs: { x: draw.float([draw.size(), draw.size()]) },
    program: ({ x }) =>
      tf.pad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        7,
      ),
  }),
  Reverse: (draw) => {
    const axes = [[0], [1], [0, 1]][draw.pick(3)]!;
    return { inputs: { x: draw.float([draw.size(), draw.size()]) }, program: ({ x }) => tf.reverse(x, axes) };
  },
  Fill: unary((x) => tf.mul(x, tf.fill(x.shape, 3))),
  ZerosLike: unary((x) => tf.add(x, tf.zerosLike(x))),
  OnesLike: unary((x) => tf.add(x, tf.onesLike(x))),
  Range: (draw) => ({ inputs: { x: draw.float([4]) }, program: ({ x }) => tf.mul(x, tf.range(7, -1, -2)) }),
  GatherV2: (draw) => {
    const axis = draw.pick(2);
    const inputs = { x: draw.float([4, 4, draw.size()]), i: draw.int([draw.size(), draw.small()], 4) };
    return { inputs, program: ({ x, i }) => tf.gather(x, i, axis) };
  },
  UnsortedSegmentSum: (draw) => {
    const n = draw.size();
    const inputs = { x: draw.float([n, draw.size()]), i: draw.int([n], 4) };
    return { inputs, program: ({ x, i }) => tf.unsortedSegmentSum(x, i, 4) };
  },
  OneHot: (draw) => ({
    inputs: { i: draw.int([draw.size()], 5) },
    program: ({ i }) => tf.oneHot(i, 5, 2, -1),
    gradient: false,
  }),
  BatchMatMul: (draw) => {
    const [m, k, n] = [draw.size(), draw.size(), draw.size()];
    const [transA, transB] = [draw.pick(2) === 1, draw.pick(2) === 1];
    const batch = [[], [2], [2, 3]][draw.pick(3)]!;
    const inputs = {
      a: draw.float([...batch, ...(transA ? [k, m] : [m, k])]),
      b: draw.float([...batch, ...(transB ? [n, k] : [k, n])]),
    };
    return { inputs, program: ({ a, b }) => tf.matMul(a, b, transA, transB) };
  },
  RmsNorm: (draw) => {
    const [m, n] = [draw.size(), draw.size() + 1];
    const inputs = { x: draw.float([m, 2, n]), weight: draw.float([n], 0.5, 1.5) };
    return { inputs, program: ({ x, weight }) => rmsNorm(x, weight, 1e-5) };
  },
  LayerNorm: (draw) => {
    const [m, n] = [draw.size(), draw.size() + 2];
    const inputs = {
      x: draw.float([m, 2, n], -1, 3),
      weight: draw.float([n], 0.5, 1.5),
      bias: draw.float([n]),
    };
    return { inputs, program: ({ x, weight, bias }) => layerNorm(x, weight, bias, 1e-2) };
  },
  Rotary: (draw) => {
    const [tokens, heads, half] = [draw.size(), draw.small(), draw.size()];
    const inputs = {
      x: draw.float([tokens, heads, 2 * half]),
      at: draw.int([tokens], 6),
      cos: draw.float([6, half]),
      sin: draw.float([6, half]),
    };
    return { inputs, program: ({ x, at, cos, sin }) => rotate(x, at, { cos, sin }), learned: ['x'] };
  },
  Entropy: (draw) => ({
    inputs: { logits: draw.float([draw.size(), draw.size() + 1], -5, 5) },
    program: ({ logits }) => entropy(logits),
  }),
  After: (draw) => {
    const shape = [draw.size(), draw.size()];
    const inputs = { x: draw.float(shape), other: draw.float([draw.size()]) };
    return { inputs, program: ({ x, other }) => after(x, other), learned: ['x'] };
  },
  PickColumn: (draw) => {
    const [m, n] = [draw.size(), draw.size()];
    const inputs = { x: draw.float([m, n]), columns: draw.int([m], n) };
    return { inputs, program: ({ x, columns }) => pickColumn(x, columns), gradient: false };
  },
  AddToColumn: (draw) => {
    const [m, n] = [draw.size(), draw.size()];
    const inputs = { x: draw.float([m, n]), columns: draw.int([m], n), values: draw.float([m, 1]) };
    return { inputs, program: ({ x, columns, values }) => addToColumn(x, columns, values), gradient: false };
  },
  // Its gradient is the kernel GatherRowsGradient.
  GatherRows: (draw) => {
    const [m, n] = [draw.size(), draw.size()];
    return {
      inputs: { x: draw.float([m, n]), indices: draw.int([m + n], m) },
      program: ({ x, indices }) => gatherRows(x, indices),
    };
  },
  MatrixRecurrence: (draw) => {
    const [steps, batch, n, m] = [draw.small(), draw.small(), draw.small(), draw.size()];
    return {
      inputs: {
        factors: draw.float([steps, batch, n, n], -1, 1),
        terms: draw.float([steps, batch, n, m]),
        state: draw.float([batch, n, m]),
      },
      program({ factors, terms, state }) {
        const { starts, final } = matrixRecurrence(factors, terms, state);
        return [starts, final];
      },
    };
  },
  JointSoftmax: (draw) => {
    const [m, n] = [draw.size(), draw.small()];
    const part = () => draw.float([m, n, draw.size()]);
    const inputs = { a: part(), b: part(), ...(n > 1 && { c: part() }) };
    return { inputs, program: (parts) => jointSoftmax(Object.values(parts)) };
  },
  SwiGlu: (draw) => ({
    inputs: { gateUp: draw.float([draw.size(), 2 * draw.size()], -3, 3) },
    program: ({ gateUp }) => swiglu(gateUp),
  }),
  HalfRows: (draw) => {
    const [n, m] = [draw.size(), draw.size()];
    const patterns = draw.int([n, draw.size()], 2 ** 16);
    const bits: NdArray = { dtype: 'uint16', shape: patterns.shape, data: Uint16Array.from(patterns.data) };
    return {
      inputs: { bits, values: draw.float([2 ** 16]), indices: draw.int([m], n) },
      program: ({ bits, values, indices }) => halfRows(bits, values, indices),
      gradient: false,
    };
  },
  // Its gradient is the kernel QuantizedMatMulGradient.
  QuantizedMatMul: (draw) => {
    const [n, rows, blocks, packed] = [draw.size(), draw.size(), draw.small(), draw.pick(2) === 1];
    const columns = blocks * (packed ? 16 : 32);
    const bytes = draw.int([rows, columns], 256);
    const integers: NdArray = packed
      ? { dtype: 'uint8', shape: bytes.shape, data: Uint8Array.from(bytes.data) }
      : { dtype: 'int8', shape: bytes.shape, data: Int8Array.from(bytes.data, (byte) => byte - 128) };
    return {
      inputs: { x: draw.float([n, blocks * 32]), integers, scales: draw.float([rows, blocks], 0.001, 0.01) },
      program: ({ x, integers, scales }) => quantizedMatMul(x, integers, scales),
      learned: ['x'],
    };
  },
  // Its gradient is the kernel PickLogProbGradient.
  PickLogProb: (draw) => {
    const [m, n] = [draw.size(), draw.size() + 1];
    return {
      inputs: { logits: draw.float([m, n], -5, 5), ids: draw.int([m], n) },
      program: ({ logits, ids }) => pickLogProb(logits, ids),
    };
  },
};

const ROUNDS = 5;
const LARGE = ROUNDS - 1;
/** Of the large round, whose results must be the same each time. */
const REPEATS = 3;
const reached = new Set<string>();

const provider = process.env.GRPO_TEST_PROVIDER as Provider | undefined;

test.each(Object.keys(cases))('%s agrees with tfjs on the CPU, values and gradients', async (name) => {
  for (let round = 0; round < ROUNDS; round++) {
    const repeats = round === LARGE && provider !== 'webgpu' ? REPEATS : 1;
    // More threads than there are cores.
    const engine = new OnnxEngine(provider, repeats > 1 ? { session: { intraOpNumThreads: 4 } } : {});
    const { inputs, program, gradient, learned } = cases[name]!(drawer(name, round));
    const forward = (tensors: TensorTree): TensorTree => {
      const result = program(tensors);
      return Object.fromEntries([result].flat().map((tensor, index) => [`y${index}`, tensor]));
    };
    await compare(engine, forward, inputs, repeats);
    if (gradient === false) continue;
    const names = learned ?? Object.keys(inputs).filter((input) => inputs[input]!.dtype === 'float32');
    const backward = (tensors: TensorTree): TensorTree => {
      const grads = tf.grads((...floats: tf.Tensor[]) => {
        const outputs = tensorsOf(forward({ ...tensors, ...Object.fromEntries(names.map((n, i) => [n, floats[i]!])) }));
        // Uneven weights, so that no two entries' gradients can be swapped unseen.
        return outputs
          .map((y) => tf.sum(tf.mul(y, tf.reshape(tf.div(tf.range(1, y.size + 1), y.size), y.shape))))
          .reduce((total, part) => tf.add(total, part)) as tf.Scalar;
      })(names.map((n) => tensors[n] as tf.Tensor));
      return Object.fromEntries(grads.map((grad, index) => [names[index]!, grad]));
    };
    await compare(engine, backward, inputs, repeats);
  }
});

test('every kernel of the backend is reached by a case above', () => {
  // A test run of single cases says nothing about the others.
  const missing = tf
    .getKernelsForBackend('onnx')
    .map(({ kernelName }) => kernelName)
    .filter((kernel) => !reached.has(kernel));
  expect(missing).toEqual([]);
});

test('a quantized product and its gradient are kernels, which drop the matrix in float32 at once, and not compositions', () => {
  for (const name of ['QuantizedMatMul', 'QuantizedMatMulGradient'])
    expect(tf.getKernel(name, 'onnx'), name).toBeDefined();
});

test('an operation that the backend lacks is an error that names it', async () => {
  const program = ({ x }: { x: tf.Tensor }) => ({ y: tf.atan(x) });
  const run = new OnnxEngine()
    .compile('my loss', program)
    .run({ x: { dtype: 'float32', shape: [1], data: new Float32Array(1) } });
  await expect(run).rejects.toThrow(/my loss.*Atan/);
});

async function compare(
  engine: OnnxEngine,
  program: (inputs: TensorTree) => TensorTree,
  inputs: Record<string, NdArray>,
  repeats: number,
) {
  const expected = leaves(runEagerly(program, inputs as never) as ArrayTree);
  const compiled = engine.compile('case', recordingKernels(program));
  const actual = new Map(leaves((await compiled.run(inputs as never)) as ArrayTree));
  for (const [path, { shape, dtype, data }] of expected) {
    expect(actual.get(path)).toMatchObject({ shape, dtype });
    const values = actual.get(path)!.data;
    const wrong = [...data.keys()].filter((i) => !(Math.abs(values[i]! - data[i]!) <= 1e-4 * (1 + Math.abs(data[i]!))));
    expect(wrong.slice(0, 9).map((i) => `${path}[${i}]: ${values[i]} against ${data[i]}`)).toEqual([]);
  }
  for (let repeat = 1; repeat < repeats; repeat++)
    for (const [path, { data }] of leaves((await compiled.run(inputs as never)) as ArrayTree))
      expect(Buffer.compare(bytesOf(data), bytesOf(actual.get(path)!.data)), `${path}, run again`).toBe(0);
  await compiled.dispose();
}

/** The program itself, noting which kernels tfjs runs on the way. */
function recordingKernels(program: (inputs: TensorTree) => TensorTree) {
  return (inputs: TensorTree): TensorTree => {
    const engine = tf.engine();
    const runKernel = engine.runKernel;
    engine.runKernel = function noting(this: typeof engine, name: string, ...rest: [never, never?]) {
      reached.add(name);
      return runKernel.call(this, name, ...rest) as never;
    };
    try {
      return program(inputs);
    } finally {
      engine.runKernel = runKernel;
    }
  };
}

const tensorsOf = (tree: TensorTree): tf.Tensor[] => Object.values(tree) as tf.Tensor[];

function drawer(name: string, round: number): Draw {
  let draws = 0;
  const numbers = (count: number) => uniforms(7, [name, round, draws++], count);
  const pick = (count: number) => Math.floor(numbers(1)[0]! * count);
  const fill = (shape: number[]) => numbers(tf.util.sizeFromShape(shape));
  return {
    pick,
    size: () => (round === LARGE ? 160 + pick(32) : 1 + pick(5)),
    small: () => 1 + pick(5),
    float: (shape, low = -2, high = 2) => ({
      dtype: 'float32',
      shape,
      data: fill(shape).map((u) => low + u * (high - low)),
    }),
    int: (shape, below) => ({
      dtype: 'int32',
      shape,
      data: Int32Array.from(fill(shape), (u) => Math.floor(u * below)),
    }),
    bool: (shape) => ({ dtype: 'bool', shape, data: Uint8Array.from(fill(shape), (u) => (u < 0.5 ? 1 : 0)) }),
  };
}
