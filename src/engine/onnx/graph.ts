import type { NdArray } from '../tree.ts';
import type { Autocast } from './autocast.ts';
import { isOpen, OpenSizes } from './open-sizes.ts';
import type { Provider } from './providers.ts';
import type { ElementType, Value } from './values.ts';

/** An attribute. Numbers are integers unless wrapped as `{ float }`; strings, lists of integers and subgraphs are as they are. */
export type Attribute = number | string | number[] | { float: number } | Graph;

export interface Node {
  op: string;
  domain: string;
  inputs: Value[];
  outputs: Value[];
  attributes: Record<string, Attribute>;
}
export interface Port {
  name: Value;
  type: ElementType;
  /** A string is the name of a size known only when the graph runs: sizes of one name are equal. null: nothing is known of it. */
  shape: readonly (number | string | null)[] | undefined;
}
export interface Constant {
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
  /** What will run it: providers may want the same operation recorded differently. */
  readonly provider: Provider;
  /** Defined if some values may be float16. */
  readonly autocast: Autocast | undefined;
  readonly #root: Graph;
  /** Of the root graph. */
  readonly constants: Constant[] = [];
  /** Constants of the root graph whose bytes are not in the model. */
  readonly externals: Constant[] = [];
  readonly #frozen = new Map<Value, NdArray>();
  readonly #constantNames = new Map<string, Value>();
  readonly openSizes: OpenSizes;
  /** The axis of an input that has the open size of this name; of the root graph. */
  readonly #sizes = new Map<string, { input: Value; axis: number }>();
  /** Outputs of this graph's nodes. */
  readonly #made = new Set<Value>();
  /** Their types and shapes, where `describe` was told. */
  readonly descriptions = new Map<Value, Port>();
  #values = 0;

  constructor(parent: Graph | Provider, autocast?: Autocast, openSizes = new OpenSizes()) {
    this.#root = typeof parent === 'string' ? this : parent.#root;
    this.provider = typeof parent === 'string' ? parent : parent.provider;
    this.autocast = typeof parent === 'string' ? autocast : parent.autocast;
    this.openSizes = typeof parent === 'string' ? openSizes : parent.openSizes;
  }

  /** A name no other value of this graph or its relatives has. */
  fresh(prefix = 'v'): Value {
    return `${prefix}${this.#root.#values++}`;
  }

  input(name: Value, type: ElementType, shape?: Port['shape']): Value {
    this.inputs.push({ name, type, shape });
    this.autocast?.note(name, type);
    return name;
  }

  /** Says that an input never changes: operations that pack a matrix for their products may take it from `packed`. */
  freeze(input: Value, array: NdArray): void {
    this.#root.#frozen.set(input, array);
  }

  isFrozen(value: Value): boolean {
    return this.#root.#frozen.has(value);
  }

  /** A frozen input as a constant of another shape. */
  packed(value: Value, shape: readonly number[]): Value {
    const root = this.#root;
    const { data, dtype } = root.#frozen.get(value)!;
    const name = `${value}[${shape}]`;
    if (!root.externals.some((external) => external.name === name))
      root.externals.push({ name, type: dtype, shape, bytes: bytesOf(data) });
    return name;
  }

  /** Says which open size an input's axis has. */
  noteSize(name: string, input: Value, axis: number): void {
    this.#root.#sizes.set(name, { input, axis });
  }

  /**
   * Makes a value an output. One that no node of this graph computes (an input) or that is an output already is copied: ONNX requires
   * outputs to be distinct and computed.
   */
  output(value: Value, type: ElementType): void {
    const isOwn = this.#made.has(value) && !this.outputs.some(({ name }) => name === value);
    this.outputs.push({ name: isOwn ? value : this.node('Identity', [value]), type, shape: undefined });
  }

  /**
   * Says what type and shape a node's output has. ONNX Runtime infers few shapes that depend on open sizes. Where it knows that two are equal
   * it computes in place and reuses buffers; where it does not, it compares each with all that are free, which took four fifths of the
   * time that the gradient of 30 layers takes to compile.
   */
  describe(name: Value, type: ElementType, shape: readonly number[]): void {
    // With autocast, types are known only per operation; in a loop, sizes differ from step to step.
    if (this.autocast || this !== this.#root || !this.#made.has(name)) return;
    this.descriptions.set(name, { name, type, shape: shape.map((size) => this.openSizes.nameOf(size)) });
  }

  /** Records a node with one output. */
  node(op: string, inputs: Value[], attributes: Record<string, Attribute> = {}, domain = ''): Value {
    return this.multi(op, inputs, 1, attributes, domain)[0]!;
  }

  /** Records a node with `count` outputs. An empty input name omits an optional input. */
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
    root.constants.push({ name, type, shape, bytes });
    if (key !== undefined) root.#constantNames.set(key, name);
    this.autocast?.noteConstant(name, type, bytes);
    return name;
  }

  /** A constant list of int64, as ONNX wants axes and bounds. */
  ints(values: readonly number[]): Value {
    if (values.some(isOpen)) throw unknownSize();
    return this.constant('int64', [values.length], bytesOf(BigInt64Array.from(values, BigInt)));
  }

  /** A list of int64 in which open sizes are computed when the graph runs. */
  sizes(values: readonly number[]): Value {
    if (!values.some(isOpen)) return this.ints(values);
    return this.node(
      'Concat',
      values.map((value) => (isOpen(value) ? this.#size(value) : this.ints([value]))),
      { axis: 0 },
    );
  }

  /** An open size: int64 [1]. */
  #size(value: number): Value {
    const { factors, rest } = this.openSizes.factorsOf(value) ?? {};
    if (!factors) throw unknownSize();
    const sizes = factors.map((name) => {
      const { input, axis } = this.#root.#sizes.get(name) ?? {};
      if (input === undefined) throw unknownSize();
      return this.node('Shape', [input], { start: axis!, end: axis! + 1 });
    });
    return sizes.reduce((product, size) => this.node('Mul', [product, size]), this.ints([rest!]));
  }

  float(value: number): Value {
    return this.constant('float32', [], bytesOf(Float32Array.of(value)));
  }
}

const unknownSize = () => new Error('this operation needs a size that is known only when the graph runs');

/** The bytes behind a typed array, without copying. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
