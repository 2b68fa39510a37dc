import { type ElementType, ONNX_TYPES, type Value } from './values.ts';

/** The graph that casts are recorded into. */
interface Recorder {
  node(op: 'Cast', inputs: Value[], attributes: { to: number }): Value;
}

type Attributes = Readonly<Record<string, unknown>>;

/** Which of its inputs' types an operation computes in. `inputs`: those that are numbers like its result (default: all). */
interface Rule {
  type: 'narrowest' | 'widest' | 'first';
  inputs?: readonly number[];
}

const product: Rule = { type: 'narrowest' };
const pointwise: Rule = { type: 'widest' };
const moves: Rule = { type: 'first', inputs: [0] };

/** Operations that may compute in float16. All others (softmax, sums, exponentials, roots, scatters) take and return float32. */
const RULES: Readonly<Record<string, Rule>> = {
  MatMul: product,
  Gemm: product,

  Add: pointwise,
  Mul: pointwise,
  Neg: pointwise,
  QuickGelu: pointwise,
  Sigmoid: pointwise,
  Sub: pointwise,
  Concat: pointwise,

  Expand: moves,
  Gather: moves,
  Identity: moves,
  Pad: { type: 'first', inputs: [0, 2] },
  Reshape: moves,
  Slice: moves,
  Split: moves,
  Tile: moves,
  Transpose: moves,
  RotaryEmbedding: { type: 'first', inputs: [0, 2, 3] },
  SimplifiedLayerNormalization: { type: 'first' },
};
/** They do not read the numbers, or determine types themselves. */
const UNTOUCHED = new Set(['Shape', 'Cast']);

/**
 * ONNX Runtime's WebGPU shaders accumulate products in the type of the operands: in float16, 1024 + ¼ + ¼ + … stays 1024, and random sums
 * of 576, 1536 and 4096 terms are off by 0.35, 0.6 and 1.0 %. A weight's gradient, the only product whose first operand is transposed, is a
 * sum over the whole batch: it stays in float32. So does a square, which overflows float16 from 256 on.
 */
const staysWide = (op: string, inputs: readonly Value[], { transA }: Attributes): boolean =>
  (op === 'Gemm' && transA === 1) || (op === 'Mul' && inputs[0] === inputs[1]);

/** The largest number of float16, and the smallest normal one. */
const [LARGEST, SMALLEST] = [65504, 2 ** -14];

/**
 * Mixed precision as in `torch.autocast`: programs see float32 everywhere, while this class tracks which values of a graph are float16, and
 * records casts where the types meet. A graph without float16 inputs is unchanged.
 */
export class Autocast {
  readonly #halves = new Set<Value>();
  /** float32 values that float16 represents as well (0, 1 …): they take the type of the other operands. */
  readonly #neutral = new Set<Value>();
  readonly #casts = new Map<string, Value>();

  isHalf(value: Value): boolean {
    return this.#halves.has(value);
  }

  /** Notes the type of a value that did not pass through `operands` and `results`. */
  note(value: Value, type: ElementType): void {
    if (type === 'float16') this.#halves.add(value);
  }

  noteNeutral(value: Value): void {
    this.#neutral.add(value);
  }

  noteConstant(value: Value, type: ElementType, bytes: Uint8Array): void {
    if (type !== 'float32' || bytes.length !== 4) return;
    const size = Math.abs(new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true));
    if (size === 0 || (size <= LARGEST && size >= SMALLEST)) this.noteNeutral(value);
  }

  /** The inputs of a node that is about to be recorded, cast to the type that it computes in. */
  operands(graph: Recorder, op: string, inputs: Value[], attributes: Attributes): Value[] {
    if (UNTOUCHED.has(op) || !inputs.some((input) => this.isHalf(input))) return inputs;
    const rule = RULES[op];
    if (!rule || staysWide(op, inputs, attributes) || !this.#computesHalf(rule, inputs))
      return inputs.map((input) => (this.isHalf(input) ? this.#cast(graph, input, 'float32') : input));
    const isNumber = (index: number) => rule.inputs?.includes(index) ?? true;
    return inputs.map((input, index) =>
      this.isHalf(input) || !isNumber(index) ? input : this.#cast(graph, input, 'float16'),
    );
  }

  /** Notes the types of a node's outputs, given its inputs. */
  results(op: string, inputs: readonly Value[], outputs: readonly Value[]): void {
    const rule = RULES[op];
    if (!rule) return;
    const kind = [this.#halves, rule === moves ? this.#neutral : undefined].find((set) => set?.has(inputs[0]!));
    for (const output of outputs) kind?.add(output);
  }

  #computesHalf({ type, inputs: numbers }: Rule, inputs: readonly Value[]): boolean {
    if (type === 'first') return this.isHalf(inputs[0]!);
    const counted = numbers ? numbers.map((index) => inputs[index]!) : inputs;
    if (type === 'narrowest') return counted.some((input) => this.isHalf(input));
    return counted.every((input) => this.isHalf(input) || this.#neutral.has(input));
  }

  /** Casts each value once. */
  #cast(graph: Recorder, value: Value, type: 'float16' | 'float32'): Value {
    const key = `${value} ${type}`;
    const cast = this.#casts.get(key) ?? graph.node('Cast', [value], { to: ONNX_TYPES[type] });
    this.#casts.set(key, cast);
    this.note(cast, type);
    return cast;
  }
}
