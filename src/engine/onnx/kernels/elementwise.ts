import { backend_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import { backend, elementType, register } from '../backend.ts';
import { ONNX_TYPES } from '../values.ts';

type Unary = { x: TensorInfo };
type Binary = { a: TensorInfo; b: TensorInfo };

/** tfjs kernels that are one ONNX node of one argument. */
const UNARY = {
  Abs: 'Abs',
  Ceil: 'Ceil',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Log: 'Log',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tanh: 'Tanh',
} as const;
for (const [kernel, op] of Object.entries(UNARY)) register<Unary>(kernel, ({ x }) => backend.record(op, [x], x));

/** Kernels of two arguments that broadcast; comparisons return bool. */
const BINARY = { Add: 'Add', Sub: 'Sub', Multiply: 'Mul', RealDiv: 'Div', Pow: 'Pow', Maximum: 'Max', Minimum: 'Min' };
const COMPARISONS = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
};
function broadcast(op: string, { a, b }: Binary, dtype: DataType): TensorInfo {
  return backend.record(op, [a, b], { shape: backend_util.assertAndGetBroadcastShape(a.shape, b.shape), dtype });
}
for (const [kernel, op] of Object.entries(BINARY)) register<Binary>(kernel, (ab) => broadcast(op, ab, ab.a.dtype));
for (const [kernel, op] of Object.entries(COMPARISONS)) register<Binary>(kernel, (ab) => broadcast(op, ab, 'bool'));
register<Binary>('NotEqual', (ab) => {
  const equal = broadcast('Equal', ab, 'bool');
  return backend.record('Not', [equal], equal);
});
/** By De Morgan: WebGPU's provider has no Or. */
register<Binary>('LogicalOr', ({ a, b }) => {
  const neither = broadcast('And', { a: backend.record('Not', [a], a), b: backend.record('Not', [b], b) }, 'bool');
  return backend.record('Not', [neither], neither);
});
register<Binary>('SquaredDifference', (ab) => {
  const difference = broadcast('Sub', ab, ab.a.dtype);
  return backend.record('Mul', [difference, difference], difference);
});
/** Rounds towards minus infinity, as in tfjs; ONNX rounds integer division towards zero, so this divides floats. */
register<Binary>('FloorDiv', (ab) => {
  const quotient = broadcast('Div', { a: cast(ab.a, 'float32'), b: cast(ab.b, 'float32') }, 'float32');
  return cast(backend.record('Floor', [quotient], quotient), ab.a.dtype);
});

register<Unary>('Square', ({ x }) => backend.record('Mul', [x, x], x));
register<Unary>('Rsqrt', ({ x }) => backend.record('Reciprocal', [backend.record('Sqrt', [x], x)], x));
register<Unary>('Log1p', ({ x }) => backend.record('Log', [backend.record('Add', [x, scalar(1)], x)], x));
register<Unary>('LogicalNot', ({ x }) => backend.record('Not', [x], x));
register<Unary>('Identity', ({ x }) => backend.tensorInfo(backend.value(x), x.shape, x.dtype));
register<Unary, { alpha: number }>('Step', ({ x }, { alpha }) => {
  const positive = backend.record('Greater', [x, scalar(0)], { shape: x.shape, dtype: 'bool' });
  const step = backend.record('Where', [positive, scalar(1), scalar(alpha)], x);
  const isNan = backend.record('IsNaN', [x], { shape: x.shape, dtype: 'bool' });
  return backend.record('Where', [isNan, x, step], x);
});
register<Unary, { clipValueMin: number; clipValueMax: number }>('ClipByValue', ({ x }, bounds) =>
  backend.record('Clip', [x, scalar(bounds.clipValueMin), scalar(bounds.clipValueMax)], x),
);
register<{ condition: TensorInfo; t: TensorInfo; e: TensorInfo }>('Select', ({ condition, t, e }) =>
  backend.record('Where', [condition, t, e], t),
);
register<Unary, { dtype: DataType }>('Cast', ({ x }, { dtype }) => cast(x, dtype));

export function cast(x: TensorInfo, dtype: DataType): TensorInfo {
  const to = ONNX_TYPES[elementType(dtype)];
  if (x.dtype === dtype) return x;
  const result = backend.record('Cast', [x], { shape: x.shape, dtype }, { to });
  // 0 and 1 are the same in float16.
  if (x.dtype === 'bool') backend.graph.autocast?.noteNeutral(backend.value(result));
  return result;
}

function scalar(value: number): string {
  return backend.graph.float(value);
}
