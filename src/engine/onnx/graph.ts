import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Autocast } from './autocast.ts';
import type { Provider } from './providers.ts';

/** ONNX element types that TensorFlow.js programs use, with int64 for ONNX's own shapes and counters. */
export type ElementType = 'float32' | 'float16' | 'int32' | 'int64' | 'bool';
export const ONNX_FLOATS = { float32: 1, float16: 10 } as const;
const ELEMENT_CODES: Record<ElementType, number> = { ...ONNX_FLOATS, int32: 6, int64: 7, bool: 9 };

/** The name of a value in a graph: a node's output, an input or an initializer. */
export type Value = string;
/** An attribute. Whole numbers are integers unless wrapped as `{ float }`; strings, lists of integers and subgraphs are as they are. */
export type Attribute = number | string | number[] | { float: number } | Graph;

/**
 * Sizes that are known only when the graph runs have these nominal values while it is traced: large primes, so that a shape or bound
 * computed from one, which would be wrong at run time, is recognised when it enters the graph. `growing` is the axis along which a
 * loop's state grows; the others are those of `NdArray.open`.
 */
export const NOMINAL_SIZES = {
  growing: 1_000_003,
  tokens: 1_000_033,
  targets: 1_000_037,
  slots: 1_000_039,
  caches: 1_000_081,
  past: 1_000_099,
  positions: 1_000_117,
  // Smaller, because scores have both lengths and rows and heads as well: their number must be exact.
  promptLength: 200_003,
  completionLength: 200_009,
} as const;
const primes = Object.values(NOMINAL_SIZES);
/** Whether a number was computed from a size that the graph does not know; the one after it is what a loop's state grows to. */
export const isOpen = (value: number): boolean =>
  value > 0 && primes.some((prime) => value % prime === 0 || value % (prime + 1) === 0);

interface Node {
  op: string;
  domain: string;
  inputs: Value[];
  outputs: Value[];
  attributes: Record<string, Attribute>;
}
interface Port {
  name: Value;
  type: ElementType;
  /** null: a size known only when the graph runs. */
  shape: readonly (number | null)[] | undefined;
}
interface Constant {
  name: Value;
  type: ElementType;
  shape: readonly number[];
  bytes: Uint8Array;
}

/**
 * An ONNX graph under construction. A child graph (the body of a `Loop`) sees the values of its parents by name; constants
 * go to the root, so that equal ones are stored once.
 *
 * Source: https://github.com/onnx/onnx/blob/main/docs/IR.md
 */
export class Graph {
  readonly inputs: Port[] = [];
  readonly outputs: Port[] = [];
  readonly nodes: Node[] = [];
  /** What will run it: the same operation may be written down in other ways for another provider. */
  readonly provider: Provider;
  /** Where some values may be float16. */
  readonly autocast: Autocast | undefined;
  readonly #root: Graph;
  readonly #constants: Constant[] = [];
  readonly #constantNames = new Map<string, Value>();
  /** Outputs of its nodes. */
  readonly #made = new Set<Value>();
  #values = 0;

  constructor(parent: Graph | Provider, autocast?: Autocast) {
    this.#root = typeof parent === 'string' ? this : parent.#root;
    this.provider = typeof parent === 'string' ? parent : parent.provider;
    this.autocast = typeof parent === 'string' ? autocast : parent.autocast;
  }

  /** A name no other value of this graph or its relatives has. */
  fresh(prefix = 'v'): Value {
    return `${prefix}${this.#root.#values++}`;
  }

  input(name: Value, type: ElementType, shape?: readonly (number | null)[]): Value {
    this.inputs.push({ name, type, shape });
    this.autocast?.note(name, type);
    return name;
  }

  /**
   * Makes a value an output. One that the graph has not made itself, an input handed back, or has given already comes as a copy, because
   * ONNX allows no other way.
   */
  output(value: Value, type: ElementType): void {
    const isOwn = this.#made.has(value) && !this.outputs.some(({ name }) => name === value);
    this.outputs.push({ name: isOwn ? value : this.node('Identity', [value]), type, shape: undefined });
  }

  /** Records a node with one output. */
  node(op: string, inputs: Value[], attributes: Record<string, Attribute> = {}, domain = ''): Value {
    return this.multi(op, inputs, 1, attributes, domain)[0]!;
  }

  /** Records a node with `count` outputs. An empty input name stands for an optional input left out. */
  multi(op: string, inputs: Value[], count: number, attributes: Record<string, Attribute> = {}, domain = ''): Value[] {
    const operands = this.autocast?.operands(this, op, inputs, attributes) ?? inputs;
    const outputs = Array.from({ length: count }, () => this.fresh());
    for (const output of outputs) this.#made.add(output);
    this.nodes.push({ op, domain, inputs: operands, outputs, attributes });
    this.autocast?.results(op, operands, outputs);
    return outputs;
  }

  /** A constant of the root graph; equal small constants share one name. */
  constant(type: ElementType, shape: readonly number[], bytes: Uint8Array): Value {
    const root = this.#root;
    const key = bytes.length <= 256 ? `${type}[${shape}]${Buffer.from(bytes).toString('base64')}` : undefined;
    const known = key === undefined ? undefined : root.#constantNames.get(key);
    if (known) return known;
    const name = root.fresh('c');
    root.#constants.push({ name, type, shape, bytes });
    if (key !== undefined) root.#constantNames.set(key, name);
    this.autocast?.noteConstant(name, type, bytes);
    return name;
  }

  /** A constant list of int64, as ONNX wants shapes, axes and bounds. */
  ints(values: readonly number[]): Value {
    if (values.some(isOpen)) throw new Error('this operation needs a size that is known only when the graph runs');
    return this.constant('int64', [values.length], bytesOf(BigInt64Array.from(values, BigInt)));
  }

  float(value: number): Value {
    return this.constant('float32', [], bytesOf(Float32Array.of(value)));
  }

  /** The serialised ModelProto. */
  toModel(): Uint8Array {
    const model = new BinaryWriter();
    model.tag(1, WireType.Varint).int64(10); // ir_version
    model.tag(2, WireType.LengthDelimited).string('grpo-lab');
    message(model, 7, (w) => writeGraph(w, this, this.#constants));
    for (const [domain, version] of Object.entries({ '': 21, 'com.microsoft': 1 })) {
      message(model, 8, (w) => {
        w.tag(1, WireType.LengthDelimited).string(domain);
        w.tag(2, WireType.Varint).int64(version);
      });
    }
    return model.finish();
  }
}

/** The bytes behind a typed array, without copying. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

// Field numbers below are those of onnx.proto3.

function message(writer: BinaryWriter, field: number, write: (w: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

function writeGraph(w: BinaryWriter, graph: Graph, constants: readonly Constant[]): void {
  for (const node of neededNodes(graph)) message(w, 1, () => writeNode(w, node));
  w.tag(2, WireType.LengthDelimited).string('g');
  for (const { name, type, shape, bytes } of constants) {
    message(w, 5, () => {
      for (const size of shape) w.tag(1, WireType.Varint).int64(size);
      w.tag(2, WireType.Varint).int32(ELEMENT_CODES[type]);
      w.tag(8, WireType.LengthDelimited).string(name);
      w.tag(9, WireType.LengthDelimited).bytes(bytes);
    });
  }
  for (const port of graph.inputs) message(w, 11, () => writePort(w, port));
  for (const port of graph.outputs) message(w, 12, () => writePort(w, port));
}

/** Those that an output depends on: ONNX Runtime would run the others too. */
function neededNodes(graph: Graph): Node[] {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const value of valuesRead(node)) needed.add(value);
  }
  return nodes.reverse();
}

/** A node's inputs, and what the graphs in it see of those around them. */
function valuesRead({ inputs, attributes }: Node): Value[] {
  const inner = Object.values(attributes).filter((attribute) => attribute instanceof Graph);
  const seen = inner.flatMap((graph) => [...graph.nodes.flatMap(valuesRead), ...graph.outputs.map(({ name }) => name)]);
  return [...inputs, ...seen];
}

function writeNode(w: BinaryWriter, { op, domain, inputs, outputs, attributes }: Node): void {
  for (const name of inputs) w.tag(1, WireType.LengthDelimited).string(name);
  for (const name of outputs) w.tag(2, WireType.LengthDelimited).string(name);
  w.tag(4, WireType.LengthDelimited).string(op);
  for (const [name, value] of Object.entries(attributes)) message(w, 5, () => writeAttribute(w, name, value));
  if (domain) w.tag(7, WireType.LengthDelimited).string(domain);
}

function writeAttribute(w: BinaryWriter, name: string, value: Attribute): void {
  w.tag(1, WireType.LengthDelimited).string(name);
  const type = (code: number) => w.tag(20, WireType.Varint).int32(code);
  if (typeof value === 'number') {
    w.tag(3, WireType.Varint).int64(value);
    type(2);
  } else if (typeof value === 'string') {
    w.tag(4, WireType.LengthDelimited).string(value);
    type(3);
  } else if (Array.isArray(value)) {
    for (const item of value) w.tag(8, WireType.Varint).int64(item);
    type(7);
  } else if (value instanceof Graph) {
    message(w, 6, () => writeGraph(w, value, []));
    type(5);
  } else {
    w.tag(2, WireType.Bit32).float(value.float);
    type(1);
  }
}

function writePort(w: BinaryWriter, { name, type, shape }: Port): void {
  w.tag(1, WireType.LengthDelimited).string(name);
  message(w, 2, () =>
    message(w, 1, () => {
      w.tag(1, WireType.Varint).int32(ELEMENT_CODES[type]);
      if (!shape) return;
      message(w, 2, () => {
        shape.forEach((size, axis) => {
          message(w, 1, () => {
            if (size === null) w.tag(2, WireType.LengthDelimited).string(`${name}_${axis}`);
            else w.tag(1, WireType.Varint).int64(size);
          });
        });
      });
    }),
  );
}
