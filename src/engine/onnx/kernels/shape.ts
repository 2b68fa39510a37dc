import { backend_util, type DataType, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { backend, register } from '../backend.ts';
import { isOpen } from '../open-sizes.ts';

type Unary = { x: TensorInfo };

/** A new tensor of the same value: a kernel may not return its input. */
const same = (x: TensorInfo): TensorInfo => backend.tensorInfo(backend.value(x), x.shape, x.dtype);

/** ONNX's "to the end": a slice up to the end must not bake in a size that grows while a loop runs. */
export const END = 2 ** 31 - 1;

export function reshape(x: TensorInfo, shape: number[]): TensorInfo {
  // ONNX takes 0 for sizes that stay in place, and infers one of the others (-1): here one that is no product of open sizes, if there is one,
  // else a single open size, such as that of caches, which are empty at first: their 0 would be taken for one that stays.
  const moved = [...shape.keys()].filter((axis) => isOpen(shape[axis]!) && shape[axis] !== x.shape[axis]);
  const factorsOf = (axis: number) => backend.graph.openSizes.factorsOf(shape[axis]!);
  const isPlain = (axis: number) => factorsOf(axis)?.factors.length === 1 && factorsOf(axis)?.rest === 1;
  const unknown = moved.find((axis) => !factorsOf(axis)) ?? moved.find(isPlain) ?? moved[0];
  const sizes = shape.map((size, axis) => {
    if (axis === unknown) return -1;
    return isOpen(size) && size === x.shape[axis] ? 0 : size;
  });
  return backend.record('Reshape', [backend.value(x), backend.graph.sizes(sizes)], { shape, dtype: x.dtype });
}

function slice(x: TensorInfo, begin: number[], size: number[]): TensorInfo {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => begin[axis] !== 0 || size[axis] !== x.shape[axis]);
  if (axes.length === 0) return x;
  const ends = axes.map((axis) => {
    const end = begin[axis]! + size[axis]!;
    return end === x.shape[axis] ? END : end;
  });
  const { graph } = backend;
  const bounds = [graph.ints(axes.map((axis) => begin[axis]!)), graph.ints(ends), graph.ints(axes)];
  return backend.record('Slice', [backend.value(x), ...bounds], { shape: size, dtype: x.dtype });
}

/** `size` consecutive entries along one axis. */
function sliceAxis(x: TensorInfo, axis: number, start: number, size: number): TensorInfo {
  return slice(
    x,
    x.shape.map((_, index) => (index === axis ? start : 0)),
    x.shape.map((full, index) => (index === axis ? size : full)),
  );
}

export function concat(tensors: TensorInfo[], axis: number): TensorInfo {
  const [along = 0] = util.parseAxisParam(axis, tensors[0]!.shape);
  const shape = backend_util.computeOutShape(
    tensors.map((tensor) => tensor.shape),
    along,
  );
  return backend.record('Concat', tensors, { shape, dtype: tensors[0]!.dtype }, { axis: along });
}

export function fill(shape: number[], value: number, dtype: DataType): TensorInfo {
  const number = backend.value(backend.constant([value], [], dtype));
  return backend.record('Expand', [number, backend.graph.sizes(shape)], { shape, dtype });
}

/** `value` in the shape of x, which may grow in a loop. */
export function fillLike(x: TensorInfo, value: number): TensorInfo {
  return expandLike(backend.constant([value], [], x.dtype), x);
}

/** Broadcasts `x` to the shape of `like`, which may grow in a loop. */
export function expandLike(x: TensorInfo, like: TensorInfo): TensorInfo {
  const { graph } = backend;
  const shape = like.shape.some(isOpen) ? graph.node('Shape', [backend.value(like)]) : graph.ints(like.shape);
  return backend.record('Expand', [backend.value(x), shape], { shape: like.shape, dtype: x.dtype });
}

register<Unary, { shape: number[] }>('Reshape', ({ x }, { shape }) =>
  reshape(x, util.inferFromImplicitShape(shape, util.sizeFromShape(x.shape))),
);
register<{ input: TensorInfo }, { dim: number }>('ExpandDims', ({ input }, { dim }) => {
  const shape = [...input.shape];
  shape.splice(dim < 0 ? input.shape.length + dim + 1 : dim, 0, 1);
  return reshape(input, shape);
});
register<Unary, { perm: number[] }>('Transpose', ({ x }, { perm }) => {
  // The gradient of tfjs's gather ends with an identity transpose of the whole table, which ONNX Runtime would copy.
  if (perm.every((from, axis) => from === axis)) return same(x);
  return backend.record('Transpose', [x], { shape: perm.map((axis) => x.shape[axis]!), dtype: x.dtype }, { perm });
});
register<TensorInfo[], { axis: number }>('Concat', (tensors, { axis }) => concat(Object.values(tensors), axis));
register<Unary, { begin: number[]; size: number[] }>('Slice', ({ x }, { begin, size }) => {
  const [starts, sizes] = slice_util.parseSliceParams(x as never, begin, size);
  return slice(x, starts!, sizes!);
});
register<Unary, { numOrSizeSplits: number[] | number; axis: number }>('SplitV', ({ x }, { numOrSizeSplits, axis }) => {
  const [along = 0] = util.parseAxisParam(axis, x.shape);
  const sizes = backend_util.prepareSplitSize(x as never, numOrSizeSplits, along);
  const inputs = [backend.value(x), backend.graph.ints(sizes)];
  const parts = backend.graph.multi('Split', inputs, sizes.length, { axis: along });
  return sizes.map((size, index) => {
    const shape = x.shape.map((full, at) => (at === along ? size : full));
    return backend.tensorInfo(parts[index]!, shape, x.dtype);
  });
});
register<TensorInfo[], { axis: number }>('Pack', (tensors, { axis }) => {
  const parts = Object.values(tensors).map((tensor) => {
    const shape = [...tensor.shape];
    shape.splice(axis, 0, 1);
    return reshape(tensor, shape);
  });
  return concat(parts, axis);
});
register<{ value: TensorInfo }, { axis: number }>('Unpack', ({ value }, { axis }) => {
  const [along = 0] = util.parseAxisParam(axis, value.shape);
  const rest = value.shape.filter((_, index) => index !== along);
  return Array.from({ length: value.shape[along]! }, (_, index) => reshape(sliceAxis(value, along, index, 1), rest));
});
register<Unary, { reps: number[] }>('Tile', ({ x }, { reps }) => {
  const shape = x.shape.map((size, axis) => size * reps[axis]!);
  // If only axes of size 1 repeat, ONNX can broadcast.
  const broadcasts = reps.every((rep, axis) => rep === 1 || x.shape[axis] === 1);
  const inputs = [backend.value(x), backend.graph.ints(reps)];
  return backend.record(broadcasts ? 'Expand' : 'Tile', inputs, { shape, dtype: x.dtype });
});
register<Unary, { paddings: [number, number][]; constantValue: number }>(
  'PadV2',
  ({ x }, { paddings, constantValue }) => {
    if (paddings.every(([before, after]) => before + after === 0)) return same(x);
    const shape = x.shape.map((size, axis) => paddings[axis]![0] + size + paddings[axis]![1]);
    const bounds = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
    const padding = backend.value(backend.constant([constantValue], [], x.dtype));
    return backend.record('Pad', [backend.value(x), backend.graph.ints(bounds), padding], { shape, dtype: x.dtype });
  },
);
register<Unary, { dims: Parameters<typeof util.parseAxisParam>[0] }>('Reverse', ({ x }, { dims }) => {
  const axes = util.parseAxisParam(dims, x.shape);
  if (axes.length === 0) return x;
  const { graph } = backend;
  const bounds = [axes.map(() => -1), axes.map(() => -END), axes, axes.map(() => -1)].map((list) => graph.ints(list));
  return backend.record('Slice', [backend.value(x), ...bounds], x);
});

register<object, { shape: number[]; value: number; dtype?: DataType }>('Fill', (_, { shape, value, dtype }) =>
  fill(shape, value, dtype ?? 'float32'),
);
register<Unary>('ZerosLike', ({ x }) => fillLike(x, 0));
register<Unary>('OnesLike', ({ x }) => fillLike(x, 1));
register<object, { start: number; stop: number; step: number; dtype: 'float32' | 'int32' }>('Range', (_, range) => {
  const { start, stop, step, dtype } = range;
  const count = Math.max(0, Math.ceil((stop - start) / step));
  const values = Array.from({ length: count }, (__, index) => start + index * step);
  return backend.constant(values, [count], dtype);
});
